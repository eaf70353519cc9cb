import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Every file of `hostile` and `hostile-real` beside the published archives behaves as its list says.
@Suite(
  "Hostile archives",
  .serialized,
  .enabled(if: Fixtures.hostile != nil, "the hostile archives are not on this machine")
)
struct HostileTests {
  private let folder = TemporaryFolder()

  private static let all: [HostileCase] =
    HostileTable.framing + HostileTable.images + HostileTable.metadata + HostileTable.listOps
    + HostileTable.retrieval + HostileTable.text + HostileTable.cifar + HostileTable.speech
  private static let real = [
    HostileCase.refused(
      "aclImdb_v1-cut-off.tar.gz",
      "text",
      ":aclImdb/test/labeledBow.feat: the archive is truncated"
    )
  ]

  @Test func `every file has a row`() throws {
    let files = try fileNames(in: path("hostile")).filter { $0 != "README.md" }
    #expect(Self.all.map(\.file).sorted() == files)
    #expect(try fileNames(in: path("hostile-real")) == Self.real.map(\.file))
  }

  @Test(arguments: Self.all)
  func `a hostile archive`(_ hostile: HostileCase) throws { try check(hostile, in: "hostile") }

  @Test(arguments: Self.real)
  func `a broken download`(_ hostile: HostileCase) throws { try check(hostile, in: "hostile-real") }

  private func path(_ name: String) throws -> String {
    try #require(Fixtures.archives) + "/" + name
  }

  private func build(_ task: String, _ archive: String, into output: String) throws -> DataSet {
    let definition = try #require(TaskDefinition.named(task), "there is no task \(task)")
    _ = try Build(
      BuildPlan(
        inputs: [.file(archive)],
        tasks: [definition],
        folders: [folder.file("run/" + output)],
        threads: 2
      )
    ).run()
    return try DataSet(opening: folder.file("run/" + output))
  }

  private func check(_ hostile: HostileCase, in source: String) throws {
    let archive = try path(source) + "/" + hostile.file
    switch hostile.outcome {
    case .refused(let parts):
      let error = #expect(throws: ArchiveError.self) {
        try build(hostile.task, archive, into: "out")
      }
      let text = error?.description ?? ""
      #expect(text.hasPrefix(archive + ":"), "\(text)")
      for part in parts { #expect(text.contains(part), "\(text)") }
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }, "\(text)")
      let left = (try? fileNames(in: folder.file("run/out"))) ?? []
      #expect(!left.contains(Manifest.fileName))
      #expect(!left.contains { $0.hasSuffix(".partial") })
    case .accepted(let acceptance):
      let dataSet = try build(hostile.task, archive, into: "out")
      try check(dataSet, acceptance, archive: archive)
      #expect(try Verification(folder: dataSet.folder).run().faults.isEmpty)
    }
    // Nothing stands outside the output folder, and no pickle was obeyed.
    #expect(try fileNames(in: folder.path) == ["run"] || fileNames(in: folder.path).isEmpty)
    let temporary = FileManager.default.temporaryDirectory.path
    #expect(!FileManager.default.fileExists(atPath: temporary + "/lra_evil"))
    #expect(!FileManager.default.fileExists(atPath: "/tmp/lra_evil"))
  }

  private func check(_ dataSet: DataSet, _ acceptance: Acceptance, archive: String) throws {
    let samples = try Self.samples(of: dataSet)
    let counts = Split.allCases.map { dataSet.manifest.splits[$0.rawValue]?.samples ?? 0 }
    #expect(counts == acceptance.counts)
    #expect(dataSet.manifest.provenance.skipped == acceptance.skipped)
    if let labels = acceptance.labels { #expect(samples.map(\.label) == labels) }
    let checked = Set(acceptance.samples.map(\.id))
    if let like = acceptance.like {
      let sound = try build(dataSet.manifest.task, try path("hostile/" + like), into: "sound")
      let others = try Self.samples(of: sound).filter { !checked.contains($0.id) }
      #expect(samples.filter { !checked.contains($0.id) } == others)
    }
    let tokens = dataSet.manifest.vocabulary?.tokens ?? []
    for expected in acceptance.samples {
      let sample = try #require(samples.first { $0.id == expected.id })
      let values = sample.values[expected.sequence]
      switch expected.values {
      case .pixels(let level):
        #expect(values == (0..<1024).map { Int32(level($0 / 32, $0 % 32)) })
      case .tokens(let texts): #expect(values.map { tokens[Int($0)] } == texts)
      case .count(let count): #expect(values.count == count)
      case .silentAfter(let count):
        #expect(values.count == 16_000)
        #expect(values[..<count].contains { $0 != 0 } && values[count...].allSatisfy { $0 == 0 })
      }
    }
  }

  private struct Sample: Equatable {
    var split: Split
    var id: Int64
    var label: Int64
    var values: [[Int32]]
  }

  /// The samples of a data set in canonical order.
  private static func samples(of dataSet: DataSet) throws -> [Sample] {
    let sequences = dataSet.manifest.sequences
    return try Split.allCases.filter { dataSet.manifest.splits[$0.rawValue] != nil }
      .flatMap { split in
        let samples = try dataSet.split(split)
        return try (0..<samples.count).map { index in
          Sample(
            split: split,
            id: samples.sampleID(at: index),
            label: samples.label(at: index),
            values: try (0..<sequences).map { try values(of: samples, at: index, sequence: $0) }
          )
        }
      }
      .sorted { $0.id < $1.id }
  }

  private static func values(
    of samples: DataSplit,
    at index: Int,
    sequence: Int
  ) throws -> [Int32] {
    let length = samples.length(at: index, sequence: sequence)
    return try [Int32](unsafeUninitializedCapacity: length) { buffer, count in
      count = try samples.copyValues(at: index, sequence: sequence, into: buffer)
    }
  }
}
