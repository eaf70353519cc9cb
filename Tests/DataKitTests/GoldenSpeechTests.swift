import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Speech Commands against the digests of `fixtures/golden-data`.
@Suite(
  .serialized,
  .enabled(if: Fixtures.archives != nil, "the published archives are not on this machine")
)
struct GoldenSpeechTests {
  private let folder = TemporaryFolder()
  private static let archive = "speech_commands_v0.02.tar.gz"

  @Test func `35 words give the reference's clips, labels and splits`() throws {
    let golden = try Golden("speech_commands_v0_02.speech")
    let dataSet = try GoldenBuild.run("speech", from: Self.archive, into: folder)
    #expect(dataSet.manifest.target.names == golden.top["classes"]?.value as? [String])
    let collected = try GoldenBuild.collected("speech", from: Self.archive, into: folder)
    let path = try #require(collected.memberPath)
    for (split, name) in Golden.splits {
      let expected = try golden.top.node("splits").node(name)
      let samples = try dataSet.split(split)
      #expect(samples.count == expected["n"]?.integer)
      let (clips, labels) = (GoldenDigest(), GoldenDigest())
      for index in 0..<samples.count {
        clips.add(try samples.values(at: index).map { Int16($0) })
        labels.add(Int32(samples.label(at: index)))
      }
      #expect(clips.finish() == expected["padded_pcm16_sha256"]?.text)
      #expect(labels.finish() == expected["labels_i4_sha256"]?.text)
      let names = collected.splits.first { $0.split == split }?.samples.map(path)
      #expect(GoldenDigest.of(names: names ?? []) == expected["names_sha256"]?.text)
    }
    #expect(golden.unread.isEmpty, "not compared: \(golden.unread.sorted())")
  }

  @Test func `the statistics of each time step are the reference's`() throws {
    let golden = try Golden("speech_commands_v0_02.speech").top.node("normalisation")
    let dataSet = try GoldenBuild.run("speech", from: Self.archive, into: folder)
    let file = try SafetensorsFile(path: dataSet.folder + "/normalization.safetensors")
    let mean: [Double] = try file.elements(of: "reference.mean")
    let deviation: [Double] = try file.elements(of: "reference.deviation")
    let divisor: [Double] = try file.elements(of: "reference.divisor")
    for (index, step) in [0, 1, 8000].enumerated() {
      let expectedMean = try #require(golden["mean_t_0_1_8000"]?.doubles)[index]
      let expected = try #require(golden["std_t_0_1_8000"]?.doubles)[index]
      #expect(abs(mean[step] - expectedMean) <= 1e-4 * abs(expectedMean))
      #expect(abs(deviation[step] - 1e-5 - expected) <= 1e-4 * expected)
    }
    let first = try dataSet.split(.train).values(at: 0)
    let clip = try #require(golden["first_train_clip_t_8000_8004"]?.doubles)
    for (offset, expected) in clip.enumerated() {
      let value = Double(first[8000 + offset]) / divisor[0]
      let input = (value - mean[8000 + offset]) / deviation[8000 + offset]
      #expect(abs(input - expected) <= 1e-4 * abs(expected))
    }
    let unit: [Double] = try file.elements(of: "unit.deviation")
    #expect(abs(unit[8000] - 1e-5 - (deviation[8000] - 1e-5) * 32_768) < 1e-9)
  }

  @Test func `ten words cannot be shared out when there are four clips of each`() throws {
    let error = #expect(throws: ArchiveError.self) {
      try GoldenBuild.run("speech10", from: Self.archive, into: folder)
    }
    #expect(error?.reason.contains("too few clips") == true)
  }
}
