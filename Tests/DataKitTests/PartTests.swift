import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Builds in parts, and what merging them gives or refuses.
struct PartTests {
  private let folder = TemporaryFolder()

  /// An archive of ListOps samples or of Pathfinder images, generated.
  private func archive(_ task: String, seed: UInt64 = 3) throws -> String {
    let path = folder.file("\(task)-\(seed).tar.gz")
    guard !FileManager.default.fileExists(atPath: path) else { return path }
    let writer = try ArchiveWriter(path: path)
    if task == "listops" {
      var parameters = ListOpsParameters()
      parameters.minimumLength = 10
      parameters.maximumLength = 60
      let archive = try ListOpsArchive(
        generator: ListOpsGenerator(parameters: parameters, seed: seed),
        trainCount: 120,
        validationCount: 20,
        testCount: 20,
        threads: 1
      )
      try archive.write(to: writer, spoolFolder: folder.path)
    } else {
      let parameters = try #require(PathfinderParameters.published(resolution: 32))
      let archive = try PathfinderArchive(
        model: PathfinderModel(parameters: parameters),
        seed: seed,
        sampleCount: 40,
        batchSize: 20,
        threads: 1
      )
      try archive.write(to: writer)
    }
    try writer.finish()
    return path
  }

  private static let masks = [
    MaskSet(policy: .token(ratio: 0.5)), MaskSet(policy: .span(ratio: 0.3, length: 3), variants: 2),
    MaskSet(policy: .causal),
  ]

  private func build(
    _ output: String,
    part: (Int, Int)? = nil,
    task: String = "listops",
    masks: [MaskSet] = masks,
    seed: UInt64 = 3,
    force: Bool = false
  ) throws {
    let definition = try #require(TaskDefinition.named(task))
    _ = try Build(
      BuildPlan(
        inputs: [.file(try archive(task, seed: seed))],
        tasks: [definition],
        folders: [folder.file(output)],
        masks: masks,
        shardByteCount: task == "listops" ? 600 : 4096,
        threads: 2,
        fractions: FractionRequest(fractions: [0.1, 0.5]),
        part: try part.map { try #require(BuildPart(index: $0.0, count: $0.1)) },
        replacesExisting: force
      )
    ).run()
  }

  private func merge(_ parts: [String], into output: String, force: Bool = false) throws {
    _ = try PartMerge(
      parts.map { folder.file($0) },
      into: folder.file(output),
      replacesExisting: force
    )
    .run()
  }

  private func expectSame(_ one: String, _ other: String) throws {
    let (one, other) = (
      try folderContents(folder.file(one)), try folderContents(folder.file(other))
    )
    #expect(one.keys.sorted() == other.keys.sorted())
    for (name, bytes) in one { #expect(bytes == other[name], "\(name)") }
  }

  private func refusal(_ body: () throws -> Void) -> String {
    let error = #expect(throws: DataSetError.self) { try body() }
    return (error?.description ?? "").replacingOccurrences(of: folder.path + "/", with: "")
  }

  /// A part more than once for each of 50, since some then have no shard at all.
  @Test(arguments: ["listops", "pathfinder32"], [1, 2, 3, 50])
  func `parts in folders of their own become the whole`(task: String, count: Int) throws {
    try build("whole", task: task)
    let parts = (0..<count).map { "part\($0)" }
    for index in 0..<count { try build(parts[index], part: (index, count), task: task) }
    try merge(parts.reversed(), into: "merged")
    try expectSame("merged", "whole")
    #expect(try Verification(folder: folder.file("merged")).run().faults.isEmpty)
  }

  @Test(arguments: [1, 2, 3], [false, true])
  func `parts in one folder become the whole, in any order`(count: Int, backwards: Bool) throws {
    try build("whole")
    let order = Array(0..<count)
    for index in backwards ? order.reversed() : order { try build("shared", part: (index, count)) }
    try merge(["shared"], into: "shared")
    try expectSame("shared", "whole")
  }

  @Test func `some parts may share a folder and others not`() throws {
    try build("whole")
    for (index, output) in ["a", "b", "a"].enumerated() { try build(output, part: (index, 3)) }
    try merge(["a", "b"], into: "b")
    try expectSame("b", "whole")
  }

  @Test func `parts share the work: each shard is written once`() throws {
    try build("whole")
    let shards = try TestSupport.fileNames(in: folder.file("whole")).filter { $0.contains("-of-") }
    let parts = try (0..<3).map { index in
      try build("part\(index)", part: (index, 3))
      return try TestSupport.fileNames(in: folder.file("part\(index)")).filter {
        $0.hasSuffix(".safetensors")
      }
      .filter { $0.contains("-of-") }
    }
    #expect(parts.flatMap { $0 }.sorted() == shards)
    #expect(parts.allSatisfy { $0.count >= shards.count / 4 })
  }

  @Test func `parts that cannot be merged are refused by name`() throws {
    try build("a", part: (0, 3))
    try build("b", part: (1, 3))
    try build("c", part: (2, 3))
    try build("copy", part: (1, 3))
    try build("half", part: (1, 2))
    try build("masked", part: (1, 3), masks: [])
    try build("other", part: (1, 3), seed: 4)
    try FileManager.default.createDirectory(
      atPath: folder.file("empty"),
      withIntermediateDirectories: true
    )
    for (parts, sentence) in [
      (["a", "c"], "merged: of 3 parts these are missing: 1"),
      (["b"], "merged: of 3 parts these are missing: 0, 2"),
      (["a", "b", "c", "copy"], "copy/part-1-of-3.json: is the same part as b/part-1-of-3.json"),
      (["a", "b", "c", "b"], "b/part-1-of-3.json: its folder is given twice"),
      (["a", "half", "c"], "half/part-1-of-2.json: is a part of another build than a/part-0-of-3"),
      (["a", "masked", "c"], "masked/part-1-of-3.json: is a part of another build than"),
      (["a", "other", "c"], "other/part-1-of-3.json: is a part of another build than"),
      (["a", "b", "c", "empty"], "empty: holds no finished part of a build"),
    ] {
      let text = refusal { try merge(parts, into: "merged") }
      #expect(text.hasPrefix(sentence), "\(text)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("merged")))
  }

  @Test func `a damaged or missing file is named and not copied; the same command mends its part`()
    throws
  {
    try build("whole")
    for index in 0..<2 { try build("part\(index)", part: (index, 2)) }
    let shard = try #require(
      try TestSupport.fileNames(in: folder.file("part1")).first { $0.hasPrefix("train") }
    )
    let url = URL(filePath: folder.file("part1/\(shard)"))
    var bytes = try Data(contentsOf: url)
    bytes[bytes.count - 3] ^= 1
    try bytes.write(to: url)
    #expect(
      refusal { try merge(["part0", "part1"], into: "merged") }
        .hasPrefix("part1/\(shard): does not have the checksum its part's record gives")
    )
    #expect(
      !(try TestSupport.fileNames(in: folder.file("merged")).contains { $0.hasPrefix(shard) })
    )
    try FileManager.default.removeItem(at: url)
    #expect(
      refusal { try merge(["part0", "part1"], into: "merged") }
        .hasPrefix("part1/\(shard): is missing, although its part's record names it")
    )
    try build("part1", part: (1, 2))
    try merge(["part0", "part1"], into: "merged")
    try expectSame("merged", "whole")
  }

  @Test(arguments: [
    #"{"#, #"{"part": {"index": 1, "count": 9000000000000000000}}"#, "",
  ])
  func `a damaged record is named`(text: String) throws {
    for index in 0..<2 { try build("shared", part: (index, 2)) }
    try Data(text.utf8).write(to: URL(filePath: folder.file("shared/part-1-of-2.json")))
    let sentence = "shared/part-1-of-2.json: the record of a part is damaged"
    #expect(refusal { try merge(["shared"], into: "shared") }.hasPrefix(sentence))
    try build("shared", part: (1, 2))
    try merge(["shared"], into: "shared")
  }

  @Test func `a finished part run again keeps its files; one of another build is refused`() throws {
    try build("part", part: (1, 2))
    let before = try folderContents(folder.file("part"))
    let numbers = try fileNumbers("part")
    try build("part", part: (1, 2))
    #expect(try folderContents(folder.file("part")) == before)
    for (name, number) in try fileNumbers("part") where name.hasSuffix(".safetensors") {
      #expect(numbers[name] == number, "\(name)")
    }
    #expect(
      refusal { try build("part", part: (1, 2), masks: []) }
        .hasPrefix("part: holds this part of another build, finished")
    )
    #expect(
      refusal { try build("part", part: (1, 3)) }
        .hasPrefix("part: holds parts of a build in 2 parts, not in 3")
    )
    #expect(try folderContents(folder.file("part")) == before)
    // Forced, the parts of another build replace it together.
    for index in 0..<3 { try build("part", part: (index, 3), masks: [], force: true) }
    try merge(["part"], into: "part")
    try build("whole", masks: [])
    try expectSame("part", "whole")
  }

  private func fileNumbers(_ name: String) throws -> [String: Int] {
    try TestSupport.fileNames(in: folder.file(name)).reduce(into: [:]) { numbers, file in
      let attributes = try FileManager.default.attributesOfItem(
        atPath: folder.file("\(name)/\(file)")
      )
      numbers[file] = attributes[.systemFileNumber] as? Int
    }
  }

  @Test func `a finished data set is neither merged nor built over, unless forced`() throws {
    for index in 0..<2 { try build("part\(index)", part: (index, 2)) }
    try merge(["part0", "part1"], into: "merged")
    let sentence = "merged: holds a finished data set already"
    #expect(refusal { try merge(["part0", "part1"], into: "merged") }.hasPrefix(sentence))
    #expect(refusal { try build("merged", part: (0, 2)) }.hasPrefix(sentence))
    try build("whole", masks: [])
    try build("other", task: "pathfinder32")
    try merge(["part0", "part1"], into: "other", force: true)
    try expectSame("other", "merged")
  }

  @Test func `a merge that was stopped right after its commit is finished`() throws {
    for index in 0..<2 { try build("shared", part: (index, 2)) }
    let record = try Data(contentsOf: URL(filePath: folder.file("shared/part-1-of-2.json")))
    try merge(["shared"], into: "shared")
    let whole = try folderContents(folder.file("shared"))
    try record.write(to: URL(filePath: folder.file("shared/part-1-of-2.json")))
    try merge(["shared"], into: "shared")
    #expect(try folderContents(folder.file("shared")) == whole)
  }

  @Test func `two processes cannot write the same part at once`() throws {
    let first = try ShardJournal("journal.jsonl", in: folder.path)
    let error = #expect(throws: DataSetError.self) {
      try ShardJournal("journal.jsonl", in: folder.path)
    }
    #expect(error?.reason.contains("another process") == true)
    try first.remove()
  }

  @Test func `nothing is merged, masked or built where another process writes`() throws {
    for index in 0..<2 { try build("part\(index)", part: (index, 2)) }
    try build("whole", masks: [])
    let set = MaskSet(policy: .token(ratio: 0.25))
    func expectRefusals(_ bodies: [() throws -> Void]) throws {
      for body in bodies {
        #expect(refusal { try body() }.contains("another process is writing this data set"))
      }
    }
    try withExtendedLifetime(try ShardJournal("journal.jsonl", in: folder.file("whole"))) {
      try expectRefusals([
        { try merge(["part0", "part1"], into: "whole", force: true) },
        { _ = try MaskWriter.add([set], to: folder.file("whole")) },
        { try build("whole", masks: []) }, { try build("whole", masks: [], force: true) },
        { try build("whole", part: (0, 2), force: true) },
      ])
    }
    let name = "part-1-of-2.journal.jsonl"
    try withExtendedLifetime(try ShardJournal(name, in: folder.file("part1"))) {
      try expectRefusals([
        { try merge(["part0", "part1"], into: "merged") },
        { try build("part1", part: (1, 2)) }, { try build("part1", force: true) },
        { try build("part1", part: (1, 3), force: true) },
      ])
      // Another part of the same build may be written beside it.
      try build("part1", part: (0, 2))
    }
    #expect(!(try TestSupport.fileNames(in: folder.file("part1"))).contains(name))
    try merge(["part0", "part1"].reversed().dropLast(), into: "merged")
    #expect(try MaskWriter.add([set], to: folder.file("whole")).masks.count == 1)
  }
}
