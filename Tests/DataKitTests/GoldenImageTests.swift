import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Image tasks against the digests of `fixtures/golden-data`.
@Suite(
  .serialized,
  .enabled(if: Fixtures.archives != nil, "the published archives are not on this machine")
)
struct GoldenImageTests {
  private let folder = TemporaryFolder()
  /// Checks pixels, labels and sample ids of a split against its golden entry.
  private func expect(
    _ samples: DataSplit,
    _ golden: Golden.Node,
    pixels pixelsKey: String,
    firstID: Int64 = 0
  ) throws {
    #expect(samples.count == golden["n"]?.integer)
    let (pixels, indices) = (GoldenDigest(), GoldenDigest())
    let (labels, narrowLabels) = (GoldenDigest(), GoldenDigest())
    for index in 0..<samples.count {
      pixels.add(try samples.values(at: index).map { UInt8($0) })
      labels.add(Int32(samples.label(at: index)))
      narrowLabels.add(UInt8(samples.label(at: index)))
      indices.add(UInt32(samples.sampleID(at: index) - firstID))
    }
    #expect(pixels.finish() == golden[pixelsKey]?.text)
    if let expected = golden["labels_sha256"] { #expect(labels.finish() == expected.text) }
    if let expected = golden["labels_u8_sha256"] { #expect(narrowLabels.finish() == expected.text) }
    if let expected = golden["indices_sha256"] { #expect(indices.finish() == expected.text) }
  }

  /// The first sample as a network would get it, in Float32 throughout.
  private func normalized(_ values: [Int32], of dataSet: DataSet) throws -> [Float] {
    let rule = try #require(dataSet.manifest.normalization)
    return values.map { (Float($0) / rule.divisor - rule.mean[0]) / rule.standardDeviation[0] }
  }

  private func digest(_ numbers: [Float]) -> String {
    let digest = GoldenDigest()
    digest.add(numbers)
    return digest.finish()
  }

  @Test(arguments: [
    ("cifar-10-binary.tar.gz", "cifar-10-binary.image"),
    ("cifar-10-python.tar.gz", "cifar-10-python.image"),
  ])
  func `CIFAR-10 gives the reference's levels, labels and splits from either archive`(
    archive: String,
    name: String
  ) throws {
    let golden = try Golden(name)
    let grey = try GoldenBuild.run("image", from: archive, into: folder)
    let colour = try GoldenBuild.run("scifar", from: archive, into: folder)
    #expect(colour.manifest.channels == 3)
    let (train, test) = (try golden.top.node("train"), try golden.top.node("test"))
    let trainCount = Int64(try #require(train["n"]?.integer))
    for (split, name) in Golden.splits where split != .test {
      let expected = try train.node("splits").node(name)
      try expect(try grey.split(split), expected, pixels: "grey_sha256")
    }
    try expect(try grey.split(.test), test, pixels: "grey_sha256", firstID: trainCount)
    try expect(try colour.split(.test), test, pixels: "rgb_hwc_sha256", firstID: trainCount)
    for (dataSet, key) in [(grey, "grey_sha256"), (colour, "rgb_hwc_sha256")] {
      let samples = try CanonicalSamples(dataSet, [.train, .validation])
      let (pixels, labels) = (GoldenDigest(), GoldenDigest())
      for index in 0..<samples.count {
        pixels.add(try samples.values(index).map { UInt8($0) })
        labels.add(UInt8(samples.label(index)))
      }
      #expect(pixels.finish() == train[key]?.text)
      #expect(labels.finish() == train["labels_u8_sha256"]?.text)
    }
    let firstTrain = try CanonicalSamples(grey, [.train, .validation]).values(0)
    for (values, part) in [(firstTrain, train), (try grey.split(.test).values(at: 0), test)] {
      let numbers = try normalized(values, of: grey)
      #expect(digest(numbers) == part["first_grey_normalised_f32_sha256"]?.text)
      let head = try #require(part["first_grey_normalised_head"]?.doubles)
      #expect(Array(numbers.prefix(head.count)) == head.map { Float($0) })
    }
    #expect(golden.unread.isEmpty, "not compared: \(golden.unread.sorted())")
  }

  @Test(arguments: [
    ("lra_release.gz", "lra_release.pathfinder", [32, 64, 128, 256]),
    ("metadata-last/lra_release.gz", "metadata-last.lra_release.pathfinder", [32, 64, 128, 256]),
    ("pathfinder-generator-style.tar.gz", "lra_release.pathfinder", [128, 256]),
  ])
  func `Pathfinder gives the reference's pixels, labels and splits`(
    archive: String,
    name: String,
    sides: [Int]
  ) throws {
    let golden = try Golden(name)
    for side in sides {
      let task = "pathfinder\(side)"
      let dataSet = try GoldenBuild.run(task, from: archive, into: folder)
      let expected = try golden.top.node("resolutions").node(task)
      for (split, name) in Golden.splits {
        let part = try expected.node("splits").node(name)
        try expect(try dataSet.split(split), part, pixels: "pixels_sha256")
      }
      let samples = try CanonicalSamples(dataSet, Split.allCases)
      let (pixels, labels) = (GoldenDigest(), GoldenDigest())
      for index in 0..<samples.count {
        pixels.add(try samples.values(index).map { UInt8($0) })
        labels.add(Int32(samples.label(index)))
      }
      #expect(pixels.finish() == expected["pixels_sha256"]?.text)
      #expect(labels.finish() == expected["labels_sha256"]?.text)
      let first = try normalized(try samples.values(0), of: dataSet)
      #expect(digest(first) == expected["first_image_normalised_f32_sha256"]?.text)
      try expectOrder(task, archive, equals: expected)
    }
    let left = golden.unread.filter { path in sides.contains { path.contains("pathfinder\($0)/") } }
    #expect(left.isEmpty, "not compared: \(left.sorted())")
  }

  /// The names of the images in canonical order, from `pathfinder<side>/` on.
  private func expectOrder(
    _ task: String,
    _ archive: String,
    equals golden: Golden.Node
  ) throws {
    let collected = try GoldenBuild.collected(task, from: archive, into: folder)
    let path = try #require(collected.memberPath)
    let names = collected.splits.flatMap(\.samples).sorted { $0.id < $1.id }.map { sample in
      let member = path(sample)
      return member.firstRange(of: task + "/").map { String(member[$0.lowerBound...]) } ?? member
    }
    #expect(GoldenDigest.of(names: names) == golden["order_sha256"]?.text)
  }

  @Test(arguments: [(6, "curv_baseline", 199), (9, "curv_contour_length_9", 100)])
  func `the other levels of Pathfinder are read on request`(
    contourLength: Int,
    level: String,
    count: Int
  ) throws {
    var options = TaskOptions()
    options.contourLength = contourLength
    let dataSet = try GoldenBuild.run(
      "pathfinder32",
      from: "lra_release.gz",
      options: options,
      into: folder
    )
    let samples = Split.allCases.compactMap { dataSet.manifest.splits[$0.rawValue]?.samples }
    #expect(samples.reduce(0, +) == count)
    #expect(dataSet.manifest.options["level"] == level)
    let empty = "the release's known empty image, with its row"
    #expect(dataSet.manifest.provenance.skipped[empty] == (contourLength == 6 ? 1 : nil))
  }
}
