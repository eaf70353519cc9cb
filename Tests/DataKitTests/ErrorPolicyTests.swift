import Foundation
import TestSupport
import Testing

@testable import DataKit

/// What `--on-error` leaves out, counts, names and keeps.
@Suite("Faulty members, rows and images")
struct ErrorPolicyTests {
  private let folder = TemporaryFolder()
  private var output: String { folder.file("out") }
  private static let leftOut = "faulty, left out by --on-error"

  private func build(
    _ task: String,
    _ members: [(String, [UInt8])],
    _ policy: ErrorPolicy
  ) throws -> DataSet {
    let path = folder.file("archive.tar.gz")
    let writer = try ArchiveWriter(path: path)
    for (name, bytes) in members { try writer.addMember(name, bytes) }
    try writer.finish()
    _ = try Build(
      BuildPlan(
        inputs: [.file(path)],
        tasks: [try #require(TaskDefinition.named(task))],
        folders: [output],
        threads: 2,
        errorPolicy: policy,
        replacesExisting: true
      )
    ).run()
    #expect(try Verification(folder: output).run().faults.isEmpty)
    return try DataSet(opening: output)
  }

  /// Builds under every policy, and checks what was left out: member, line and words of the reason,
  /// and the bytes kept, or nil where the fault has none.
  private func check(
    _ task: String,
    _ members: [(String, [UInt8])],
    leavesOut expected: [(member: String, line: Int?, words: String, bytes: [UInt8]?)],
    _ body: (DataSet) throws -> Void
  ) throws {
    let error = #expect(throws: ArchiveError.self) { try build(task, members, .fail) }
    #expect(expected.contains { error?.reason.contains($0.words) == true }, "\(error as Any)")
    #expect(!FileManager.default.fileExists(atPath: output + "/manifest.json"))
    for policy in [ErrorPolicy.skip, .quarantine] {
      let dataSet = try build(task, members, policy)
      let provenance = dataSet.manifest.provenance
      #expect(provenance.skipped[Self.leftOut] == expected.count)
      try #require(provenance.rejected.count == expected.count)
      for (rejected, fault) in zip(provenance.rejected, expected) {
        #expect(rejected.member == fault.member && rejected.line == fault.line)
        #expect(rejected.reason.contains(fault.words), "\(rejected.reason)")
      }
      try body(dataSet)
      let names = (try? fileNames(in: output + "/quarantine")) ?? []
      guard policy == .quarantine else {
        #expect(names.isEmpty)
        continue
      }
      try checkQuarantine(names, expected)
    }
  }

  private func checkQuarantine(
    _ names: [String],
    _ expected: [(member: String, line: Int?, words: String, bytes: [UInt8]?)]
  ) throws {
    let list = try String(
      contentsOfFile: output + "/quarantine/quarantine.jsonl",
      encoding: .utf8
    )
    let entries = try list.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    try #require(entries.count == expected.count)
    for (index, (entry, fault)) in zip(entries, expected).enumerated() {
      #expect(entry["member"] as? String == fault.member && entry["line"] as? Int == fault.line)
      #expect((entry["reason"] as? String)?.contains(fault.words) == true)
      #expect((entry["archive"] as? String)?.hasSuffix("archive.tar.gz") == true)
      let file = entry["file"] as? String
      #expect(file == (fault.bytes == nil ? nil : "00000\(index + 1).bin"))
      if let file, let bytes = fault.bytes {
        let kept = try Data(contentsOf: URL(filePath: output + "/quarantine/" + file))
        #expect([UInt8](kept) == bytes)
      }
    }
    #expect(names.count == 1 + expected.filter { $0.bytes != nil }.count)
  }

  // MARK: Rows

  private static func listOps(train: String) -> [(String, [UInt8])] {
    let sound = "Source\tTarget\n( [MAX 2 ) ]\t2\n"
    return ["train": train, "val": sound, "test": sound].sorted { $0.key < $1.key }
      .map { ("listops-1000/basic_\($0).tsv", Array($1.utf8)) }
  }

  @Test func `a faulty row of ListOps leaves nothing behind`() throws {
    let rows = ["( [MAX 1 ) ]\t1", "( [MIN 8 \u{1} ) ]\t8", "( [MAX 3 ) ]\tx", "( [MED 4 ) ]\t4"]
    let train = "Source\tTarget\n" + rows.map { $0 + "\n" }.joined()
    let member = "listops-1000/basic_train.tsv"
    try check(
      "listops",
      Self.listOps(train: train),
      leavesOut: [
        (member, 3, "byte 0x1 ", Array(rows[1].utf8)),
        (member, 4, "label 'x'", Array(rows[2].utf8)),
      ]
    ) { dataSet in
      let samples = try dataSet.split(.train)
      let tokens = try #require(dataSet.manifest.vocabulary?.tokens)
      #expect(!tokens.contains("[MIN") && !tokens.contains("8"))
      #expect(
        try (0..<samples.count).map { try samples.values(at: $0).map { tokens[Int($0)] } }
          == [["[MAX", "1", "X", "<eos>"], ["[MED", "4", "X", "<eos>"]]
      )
    }
  }

  @Test func `a split of faulty rows only is refused`() throws {
    let members = Self.listOps(train: "Source\tTarget\n( [MAX 1 ) ]\tx\n")
    let error = #expect(throws: ArchiveError.self) { try build("listops", members, .skip) }
    #expect(error?.reason.contains("there are no rows") == true)
  }

  // MARK: Reviews and records

  @Test func `a review that is not UTF-8 is left out`() throws {
    let faulty: [UInt8] = [0x61, 0xFF, 0x62]
    let members: [(String, [UInt8])] = [
      ("aclImdb/train/neg/0_1.txt", Array("bad".utf8)), ("aclImdb/train/neg/1_1.txt", faulty),
      ("aclImdb/train/pos/0_9.txt", Array("good".utf8)),
      ("aclImdb/test/neg/0_1.txt", Array("bad".utf8)),
      ("aclImdb/test/pos/0_9.txt", Array("good".utf8)),
    ]
    try check(
      "text",
      members,
      leavesOut: [("aclImdb/train/neg/1_1.txt", nil, "is not UTF-8", faulty)]
    ) { dataSet in
      let samples = try dataSet.split(.train)
      #expect((0..<samples.count).map { samples.length(at: $0) } == [4, 5])
      #expect((0..<samples.count).map { samples.label(at: $0) } == [0, 1])
    }
  }

  @Test func `a record of CIFAR-10 without a class is left out`() throws {
    func record(_ label: UInt8) -> [UInt8] { [label] + [UInt8](repeating: label, count: 3072) }
    try check(
      "image",
      [
        ("cifar-10-batches-bin/data_batch_1.bin", (0..<12).flatMap { record($0) }),
        ("cifar-10-batches-bin/test_batch.bin", record(7)),
      ],
      leavesOut: [10, 11].map {
        ("cifar-10-batches-bin/data_batch_1.bin", nil, "record \($0)", record($0))
      }
    ) { dataSet in
      let count = try dataSet.split(.train).count + dataSet.split(.validation).count
      #expect(count == 10)
    }
  }

  // MARK: Pathfinder

  private static let level = "pathfinder32/curv_contour_length_14"

  /// Images 0 to 5, and rows for them, the given lines after those.
  private static func pathfinder(
    _ images: [Int: [UInt8]] = [:],
    rows: [String] = []
  ) throws -> [(String, [UInt8])] {
    let image = try encodePNG(
      [UInt8](repeating: 9, count: 1024),
      width: 32,
      height: 32,
      channels: 1
    )
    let lines = (0..<6).map { "imgs/0 sample_\($0).png \($0) \($0 % 2)" } + rows
    return [("\(level)/metadata/0.npy", Array(lines.map { $0 + "\n" }.joined().utf8))]
      + (0..<6).map { ("\(level)/imgs/0/sample_\($0).png", images[$0] ?? image) }
  }

  @Test func `damaged and empty images are left out with their rows`() throws {
    let damaged = Array("no image".utf8)
    try check(
      "pathfinder32",
      try Self.pathfinder([2: damaged, 4: []]),
      leavesOut: [
        ("\(Self.level)/imgs/0/sample_2.png", nil, "Not a PNG file", damaged),
        ("\(Self.level)/imgs/0/sample_4.png", nil, "zero bytes", []),
      ]
    ) { dataSet in
      let count = try dataSet.split(.train).count
      #expect(count == 4)
    }
  }

  @Test func `faulty rows of the metadata are left out`() throws {
    let rows = [
      "imgs/0 sample_5.png 5 2", "imgs/0 sample_1.png", "imgs/0 sample_9.png 9 1",
      "imgs/0 sample_3.png 3 0",
    ]
    let member = "\(Self.level)/metadata/0.npy"
    try check(
      "pathfinder32",
      try Self.pathfinder(rows: rows),
      leavesOut: [
        (member, 7, "label '2'", Array(rows[0].utf8)),
        (member, 8, "expected at least 4 columns", Array(rows[1].utf8)),
        // These two are known only when the whole archive is.
        (member, 10, "label 0 for imgs/0/sample_3.png", nil),
        (member, 9, "sample_9.png is not in the archive", nil),
      ]
    ) { dataSet in
      let count = try dataSet.split(.train).count
      #expect(count == 6)
    }
  }

  // MARK: What is never left out

  @Test(arguments: [ErrorPolicy.skip, .quarantine])
  func `damage to the archive itself stops every build`(policy: ErrorPolicy) throws {
    _ = try build("pathfinder32", try Self.pathfinder(), policy)
    try FileManager.default.removeItem(atPath: output)
    let path = folder.file("archive.tar.gz")
    let whole = try Data(contentsOf: URL(filePath: path))
    let cut = folder.file("cut.tar.gz")
    for count in [whole.count / 2, whole.count - 4] {
      try whole.prefix(count).write(to: URL(filePath: cut))
      let plan = BuildPlan(
        inputs: [.file(cut)],
        tasks: [try #require(TaskDefinition.named("pathfinder32"))],
        folders: [output],
        errorPolicy: policy
      )
      #expect(throws: ArchiveError.self) { try Build(plan).run() }
      #expect(!FileManager.default.fileExists(atPath: output + "/manifest.json"))
    }
  }

  @Test func `the next build clears the quarantine, but nothing else in it`() throws {
    _ = try build("pathfinder32", try Self.pathfinder([1: [1, 2, 3]]), .quarantine)
    try Data("mine".utf8).write(to: URL(filePath: output + "/quarantine/notes.txt"))
    #expect(
      try fileNames(in: output + "/quarantine") == ["000001.bin", "notes.txt", "quarantine.jsonl"]
    )
    _ = try build("pathfinder32", try Self.pathfinder(), .fail)
    #expect(try fileNames(in: output + "/quarantine") == ["notes.txt"])
  }
}
