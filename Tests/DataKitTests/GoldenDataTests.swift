import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Digests of what the paper's loaders produce from the archives, under `fixtures/golden-data`.
///
/// The archives are other people's data and not part of the repository: `LRA_TEST_DATA` names
/// their folder, and the tests are skipped where there is none.
@Suite(
  .serialized,
  .enabled(if: Fixtures.archives != nil, "the published archives are not on this machine")
)
struct GoldenDataTests {
  private static let goldenNames = [Split.train: "train", .validation: "val", .test: "test"]

  private func golden(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: Fixtures.path("golden-data/\(name).json")))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func build(
    _ task: String,
    from archive: String,
    threads: Int = 2,
    into folder: TemporaryFolder
  ) throws -> DataSet {
    let definition = try #require(TaskDefinition.named(task))
    let plan = BuildPlan(
      inputs: [.file(try #require(Fixtures.archives) + "/" + archive)],
      tasks: [definition],
      folders: [folder.file(task)],
      threads: threads
    )
    _ = try Build(plan).run()
    return try DataSet(opening: folder.file(task))
  }

  /// Checks a token split against its golden entry.
  private func expect(_ split: Split, of dataSet: DataSet, equals golden: [String: Any]) throws {
    let samples = try dataSet.split(split)
    #expect(samples.count == golden["n"] as? Int)
    let tokens = SHA256Digester()
    let labels = SHA256Digester()
    let lengths = SHA256Digester()
    for index in 0..<samples.count {
      let ids = try samples.values(at: index)
      add(UInt32(ids.count), to: tokens)
      ids.map { UInt16($0) }.withUnsafeBytes { tokens.update($0) }
      add(Int32(samples.label(at: index)), to: labels)
      add(UInt32(ids.count), to: lengths)
    }
    #expect(tokens.finish() == golden["tokens_sha256"] as? String)
    #expect(labels.finish() == golden["labels_sha256"] as? String)
    #expect(lengths.finish() == golden["lengths_sha256"] as? String)
    #expect(try samples.values(at: 0).map { Int($0) } == golden["first_full"] as? [Int])
  }

  private func expectVocabulary(_ dataSet: DataSet, equals golden: [String: Any]) throws {
    let vocabulary = try #require(dataSet.manifest.vocabulary)
    let expected = try #require(golden["vocab"] as? [String: Any])
    #expect(vocabulary.tokens == expected["tokens"] as? [String])
    #expect(vocabulary.tokens.count == expected["size"] as? Int)
    let joined = Array(vocabulary.tokens.joined(separator: "\n").utf8)
    let digest = joined.withUnsafeBytes { SHA256Digester.digest($0) }
    #expect(digest == expected["sha256_utf8_joined_by_LF"] as? String)
    let counts = try #require(expected["counts"] as? [Any]).map { $0 as? Int ?? 0 }
    #expect(vocabulary.counts == counts)
  }

  @Test(arguments: [
    ("lra_release.gz", "lra_release.listops"),
    ("metadata-last/lra_release.gz", "metadata-last.lra_release.listops"),
  ])
  func `ListOps gives the reference's ids, vocabulary and labels`(
    archive: String,
    name: String
  ) throws {
    let folder = TemporaryFolder()
    let dataSet = try build("listops", from: archive, into: folder)
    let golden = try golden(name)
    try expectVocabulary(dataSet, equals: golden)
    let splits = try #require(golden["splits"] as? [String: [String: Any]])
    for (split, name) in Self.goldenNames {
      try expect(split, of: dataSet, equals: try #require(splits[name]))
    }
  }

  @Test func `Text gives the reference's ids, vocabulary and labels`() throws {
    let folder = TemporaryFolder()
    let dataSet = try build("text", from: "aclImdb_v1.tar.gz", into: folder)
    let golden = try golden("aclImdb_v1.text")
    try expectVocabulary(dataSet, equals: golden)
    let splits = try #require(golden["splits"] as? [String: [String: Any]])
    for split in [Split.train, .test] {
      let name = try #require(Self.goldenNames[split])
      try expect(split, of: dataSet, equals: try #require(splits[name]))
    }
    #expect(dataSet.manifest.validationSplit == .test)
    #expect(try dataSet.split(.validation).count == 25_000)
  }

  @Test func `Image gives the reference's grey levels, labels and splits`() throws {
    let folder = TemporaryFolder()
    let dataSet = try build("image", from: "cifar-10-binary.tar.gz", into: folder)
    let golden = try golden("cifar-10-binary.image")
    let train = try #require(golden["train"] as? [String: Any])
    let splits = try #require(train["splits"] as? [String: [String: Any]])
    for split in [Split.train, .validation] {
      let name = try #require(Self.goldenNames[split])
      let expected = try #require(splits[name])
      try expectImages(
        try dataSet.split(split),
        expected,
        pixels: "grey_sha256",
        labels: "labels_u8_sha256",
        firstID: 0
      )
    }
    try expectImages(
      try dataSet.split(.test),
      try #require(golden["test"] as? [String: Any]),
      pixels: "grey_sha256",
      labels: "labels_u8_sha256",
      firstID: 10_000
    )
    let normalization = try #require(dataSet.manifest.normalization)
    let head = try #require(
      (golden["test"] as? [String: Any])?["first_grey_normalised_head"] as? [Double]
    )
    let first = try dataSet.split(.test).values(at: 0).prefix(head.count).map {
      (Float($0) / 255 - normalization.mean[0]) / normalization.standardDeviation[0]
    }
    #expect(first == head.map { Float($0) })
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
    let golden = try #require(try golden(name)["resolutions"] as? [String: [String: Any]])
    for side in sides {
      let folder = TemporaryFolder()
      let dataSet = try build("pathfinder\(side)", from: archive, into: folder)
      let expected = try #require(golden["pathfinder\(side)"])
      let splits = try #require(expected["splits"] as? [String: [String: Any]])
      for (split, name) in Self.goldenNames {
        try expectImages(
          try dataSet.split(split),
          try #require(splits[name]),
          pixels: "pixels_sha256",
          labels: "labels_sha256",
          firstID: 0
        )
      }
    }
  }

  private func expectImages(
    _ samples: DataSplit,
    _ golden: [String: Any],
    pixels pixelsKey: String,
    labels labelsKey: String,
    firstID: Int64
  ) throws {
    #expect(samples.count == golden["n"] as? Int)
    let pixels = SHA256Digester()
    let labels = SHA256Digester()
    let indices = SHA256Digester()
    for index in 0..<samples.count {
      try samples.values(at: index).map { UInt8($0) }.withUnsafeBytes { pixels.update($0) }
      if labelsKey == "labels_sha256" {
        add(Int32(samples.label(at: index)), to: labels)
      } else {
        add(UInt8(samples.label(at: index)), to: labels)
      }
      add(UInt32(samples.sampleID(at: index) - firstID), to: indices)
    }
    #expect(pixels.finish() == golden[pixelsKey] as? String)
    #expect(labels.finish() == golden[labelsKey] as? String)
    if let expected = golden["indices_sha256"] as? String { #expect(indices.finish() == expected) }
  }

  @Test func `any number of threads writes the same bytes`() throws {
    let folder = TemporaryFolder()
    let archive = try #require(Fixtures.archives) + "/metadata-last/lra_release.gz"
    let tasks = TaskDefinition.all()
    let masks = [MaskSet(policy: .token(ratio: 0.5), variants: 2)]
    for threads in [1, 2, 3] {
      let plan = BuildPlan(
        inputs: [.file(archive)],
        tasks: tasks,
        folders: tasks.map { folder.file("\(threads)/\($0.name)") },
        skipsAbsentTasks: true,
        masks: masks,
        threads: threads
      )
      _ = try Build(plan).run()
    }
    for threads in [2, 3] {
      let difference = Process()
      difference.executableURL = URL(filePath: "/usr/bin/diff")
      difference.arguments = ["-r", folder.file("1"), folder.file("\(threads)")]
      try difference.run()
      difference.waitUntilExit()
      #expect(difference.terminationStatus == 0)
    }
  }

  private func add<Number: FixedWidthInteger>(_ number: Number, to digester: SHA256Digester) {
    withUnsafeBytes(of: number.littleEndian) { digester.update($0) }
  }
}

extension DataSplit {
  /// A sample's elements.
  func values(at index: Int) throws -> [Int32] {
    try [Int32](unsafeUninitializedCapacity: length(at: index)) { buffer, count in
      count = try copyValues(at: index, into: buffer)
    }
  }
}
