import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Builds from tiny archives made here, and what happens when something is wrong with them.
struct BuildTests {
  private let folder = TemporaryFolder()

  /// A gzip'ed tar of the given members, in order.
  private func archive(_ members: [(String, [UInt8])]) throws -> String {
    let path = folder.file("archive.tar.gz")
    let root = folder.file("tree-\(UUID())")
    for (name, bytes) in members {
      let url = URL(filePath: root + "/" + name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(bytes).write(to: url)
    }
    let tar = Process()
    tar.executableURL = URL(filePath: "/usr/bin/env")
    tar.arguments = ["tar", "-czf", path, "-C", root] + members.map(\.0)
    try tar.run()
    tar.waitUntilExit()
    #expect(tar.terminationStatus == 0)
    return path
  }

  private static let row = "( ( ( [MAX 2 ) 9 ) ] )"

  private func listOps(
    train: String,
    prefix: String = "lra_release"
  ) -> [(String, [UInt8])] {
    let good = "Source\tTarget\r\n\(Self.row)\t9\r\n"
    return [
      ("\(prefix)/listops-1000/basic_train.tsv", Array(train.utf8)),
      ("\(prefix)/listops-1000/basic_val.tsv", Array(good.utf8)),
      ("\(prefix)/listops-1000/basic_test.tsv", Array(good.utf8)),
    ]
  }

  private func build(
    _ task: String,
    _ archive: String,
    masks: [MaskSet] = [],
    shardBytes: Int = 1 << 20,
    prefix: String? = nil,
    threads: Int = 2
  ) throws -> [BuildResult] {
    let definition = try #require(TaskDefinition.named(task))
    return try Build(
      BuildPlan(
        inputs: [.file(archive)],
        tasks: [definition],
        folders: [folder.file("out")],
        masks: masks,
        shardByteCount: shardBytes,
        threads: threads,
        prefix: prefix
      )
    ).run()
  }

  private func expectNothingFinished() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.file("out"))) ?? []
    #expect(!names.contains(Manifest.fileName))
    #expect(!names.contains { $0.hasSuffix(".partial") })
  }

  @Test(arguments: [
    ("Source\tTarget\r\n\(row)\tx\r\n", ":2: label 'x', expected 0 to 9"),
    ("Source\tTarget\n\(row)\t9\n\(row)\n", ":3: expected 2 tab-separated fields, found 1"),
    ("Source\tTarget\n\(row)\t9\t1\n", ":2: expected 2 tab-separated fields, found 3"),
    ("Source\tTarget\n\t9\n", ":2: Source: the expression has no tokens"),
    ("Source\tTarget\n( \u{e9} )\t9\n", ":2: Source: byte 0xc3"),
    ("\(row)\t9\n", ":1: the header must name the columns Source and Target"),
    ("", "the file is empty"),
    ("Source\tTarget\n", "there are no rows: the train split is empty"),
  ])
  func `a faulty ListOps table is refused with its line`(train: String, reason: String) throws {
    let path = try archive(listOps(train: train))
    let error = #expect(throws: ArchiveError.self) { try build("listops", path) }
    let text = error?.description ?? ""
    #expect(text.contains(reason), "\(text)")
    #expect(text.hasPrefix(path + ":lra_release/listops-1000/basic_train.tsv"), "\(text)")
    expectNothingFinished()
  }

  @Test(arguments: [
    "Source\tTarget\r\n\(row)\t9\r\n", "Source\tTarget\n\(row)\t9",
    "\u{FEFF}Source\tTarget\n\(row)\t9\n", "Target\tSource\n9\t\(row)\n",
    "Source\tTarget\n\"\(row)\"\t9\n",
  ])
  func `line ends, marks, quotes and the order of columns do not matter`(train: String) throws {
    _ = try build("listops", try archive(listOps(train: train)))
    let dataSet = try DataSet(opening: folder.file("out"))
    let samples = try dataSet.split(.train)
    let tokens = try #require(dataSet.manifest.vocabulary).tokens
    #expect(try samples.values(at: 0).map { tokens[Int($0)] } == ["[MAX", "2", "9", "X", "<eos>"])
    #expect(samples.label(at: 0) == 9)
  }

  @Test func `a missing table is named`() throws {
    let path = try archive(Array(listOps(train: "Source\tTarget\n\(Self.row)\t9\n").dropLast()))
    let error = #expect(throws: ArchiveError.self) { try build("listops", path) }
    #expect(error?.reason == "the member listops-1000/basic_test.tsv is missing")
    expectNothingFinished()
  }

  @Test func `of two copies the deeper one is taken, unless a prefix says otherwise`() throws {
    let outer = listOps(train: "Source\tTarget\n\(Self.row)\t1\n", prefix: "a")
    let inner = listOps(train: "Source\tTarget\n\(Self.row)\t2\n", prefix: "a/a")
    for members in [outer + inner, inner + outer] {
      let result = try build("listops", try archive(members))
      #expect(try DataSet(opening: folder.file("out")).split(.train).label(at: 0) == 2)
      #expect(
        result[0].notes == [
          "the archive holds the data set under 2 folders: taken from 'a/a', not from 'a' "
            + "(--prefix chooses)"
        ]
      )
      try FileManager.default.removeItem(atPath: folder.file("out"))
    }
    let third = listOps(train: "Source\tTarget\n\(Self.row)\t3\n", prefix: "b")
    let three = try archive(outer + inner + third)
    let notes = try build("listops", three)[0].notes
    #expect(
      notes.contains { $0.contains("under 3 folders: taken from 'a/a', not from 'a', 'b' (") }
    )
    try FileManager.default.removeItem(atPath: folder.file("out"))
    let error = #expect(throws: ArchiveError.self) { try build("listops", three, prefix: "c") }
    #expect(error?.reason.contains("under the prefix 'c', only under 'a', 'a/a', 'b'") == true)
    _ = try build("listops", try archive(outer + inner), prefix: "a")
    #expect(try DataSet(opening: folder.file("out")).split(.train).label(at: 0) == 1)
  }

  @Test func `an archive cut at any place leaves nothing that looks finished`() throws {
    let path = try archive(listOps(train: "Source\tTarget\n\(Self.row)\t9\n"))
    let whole = try Data(contentsOf: URL(filePath: path))
    for count in stride(from: 0, to: whole.count - 8, by: 7) {
      let cut = folder.file("cut.tar.gz")
      try whole.prefix(count).write(to: URL(filePath: cut))
      #expect(throws: ArchiveError.self, "\(count) bytes") { try build("listops", cut) }
      expectNothingFinished()
    }
  }

  @Test(arguments: [1, 2, 4])
  func `of a faulty row and damage behind it the row is named`(threads: Int) throws {
    let row = "\(Self.row)\t9\n"
    let table = "Source\tTarget\n\(Self.row)\tx\n" + String(repeating: row, count: 100_000)
    let tar = TarBlocks.member("listops-1000/basic_train.tsv", Array(table.utf8)).dropLast(4096)
    let path = folder.file("cut.tar")
    try Data(tar).write(to: URL(filePath: path))
    let error = #expect(throws: ArchiveError.self) {
      try build("listops", path, threads: threads)
    }
    #expect(error?.line == 2 && error?.reason.hasPrefix("label 'x'") == true, "\(error as Any)")
  }

  @Test func `samples are cut into shards by bytes, masks follow, and a flipped bit is named`()
    throws
  {
    // 20 samples of 5 tokens come with 32 bytes each: id, label, offset and hash.
    let rows = (0..<200).map { "( ( ( [MAX \($0 % 10) ) \($0 / 10 % 10) ) ] )\t\($0 % 10)\n" }
    let path = try archive(listOps(train: "Source\tTarget\n" + rows.joined()))
    let set = MaskSet(policy: .token(ratio: 0.5), variants: 2)
    _ = try build("listops", path, masks: [set], shardBytes: 640)
    let dataSet = try DataSet(opening: folder.file("out"))
    let description = try #require(dataSet.manifest.splits["train"])
    #expect(description.shards.count == 10)
    #expect(description.shards[3].file == "train-00003-of-00010.safetensors")
    #expect(description.shards.allSatisfy { $0.elements <= 100 })
    let samples = try dataSet.split(.train)
    #expect((0..<200).map { samples.sampleID(at: $0) } == (0..<200).map { Int64($0) })
    try expectMasks(samples, set)
    try expectMasks(samples, MaskSet(policy: set.policy, seed: set.seed, variants: 9))
    #expect(try Verification(folder: dataSet.folder).run().faults.isEmpty)

    let place = samples.location(at: 57)
    var bytes = try Data(contentsOf: URL(filePath: place.file))
    bytes[place.bytes.lowerBound + 1] ^= 4
    try bytes.write(to: URL(filePath: place.file))
    let faults = try Verification(folder: dataSet.folder).run().faults.map(\.description)
    #expect(faults.count == 1)
    #expect(faults[0].contains("train-00002-of-00010.safetensors: sample 17 (id 57)"), "\(faults)")
    let error = #expect(throws: DataSetError.self) {
      try DataSet(opening: dataSet.folder).split(.train).values(at: 57)
    }
    #expect(error?.reason.contains("sample 17 (id 57)") == true)
  }

  private func expectMasks(_ samples: DataSplit, _ set: MaskSet) throws {
    let reader = samples.maskReader(set)
    for index in [0, 19, 20, 199] {
      for variant in 0..<3 {
        let count = samples.length(at: index)
        var stored = [UInt8](repeating: 9, count: count)
        var computed = stored
        stored.withUnsafeMutableBufferPointer {
          reader.copyMask(at: index, variant: variant, into: $0)
        }
        computed.withUnsafeMutableBufferPointer {
          MaskGenerator(set).fill($0, sampleID: samples.sampleID(at: index), variant: variant)
        }
        #expect(stored == computed)
      }
    }
  }

  @Test(
    arguments: [
      { $0.fixedLength = 0 }, { $0.target.classes = 0 }, { $0.elementType = .int64 },
      { $0.splits["train"]?.shards[0].file = "../outside.safetensors" },
      { $0.masks[0].variants = -1 }, { $0.masks[0].ratio = 3 },
    ] as [@Sendable (inout Manifest) -> Void]
  )
  func `a manifest with impossible values is refused`(
    damage: @Sendable (inout Manifest) -> Void
  ) throws {
    try TinyDataSet.write(.pixels, to: folder.file("out"))
    var manifest = try Manifest.read(from: folder.file("out"))
    damage(&manifest)
    try AtomicFile.write(manifest.encoded(), to: folder.file("out/manifest.json"))
    #expect(throws: DataSetError.self) { try Manifest.read(from: folder.file("out")) }
  }

  @Test func `a finished data set is not overwritten, and masks are not added twice`() throws {
    let path = try archive(listOps(train: "Source\tTarget\n\(Self.row)\t9\n"))
    _ = try build("listops", path)
    #expect(throws: DataSetError.self) { try build("listops", path, shardBytes: 1 << 21) }
    let set = MaskSet(policy: .span(ratio: 0.5, length: 2))
    #expect(try MaskWriter.add([set], to: folder.file("out")).masks.count == 1)
    #expect(throws: DataSetError.self) { try MaskWriter.add([set], to: folder.file("out")) }
  }

  @Test(arguments: [
    MaskSet(policy: .token(ratio: 0.3), seed: 4, variants: 3),
    MaskSet(policy: .span(ratio: 0.5, length: 3), seed: 4, variants: 3),
  ])
  func `mask files are the same for any number of threads and hold the drawn bits`(
    set: MaskSet
  ) throws {
    // Long enough for several pieces, whose ends fall inside bytes.
    let digits = (0..<2001).map { "\($0 % 10)" }.joined(separator: " ")
    let rows = (0..<700).map { "( ( [MAX \(digits.dropLast(2 * ($0 % 17))) ) ] )\t9\n" }
    let path = try archive(listOps(train: "Source\tTarget\n" + rows.joined()))
    var digests: [[FileDigest]] = []
    for threads in [1, 3] {
      _ = try build("listops", path)
      let manifest = try MaskWriter.add([set], to: folder.file("out"), threads: threads)
      digests.append(
        manifest.masks[0].shards.sorted { $0.key < $1.key }.flatMap { $0.value.map(\.digest) }
      )
      #expect(try Verification(folder: folder.file("out")).run().faults.isEmpty)
      let split = try DataSet(opening: folder.file("out")).split(.train)
      let reader = split.maskReader(set)
      for (index, variant) in [(0, 0), (1, 2), (350, 1), (699, 2)] {
        var (stored, drawn) = ([UInt8](), [UInt8]())
        stored = [UInt8](repeating: 7, count: split.length(at: index))
        drawn = stored
        stored.withUnsafeMutableBufferPointer {
          reader.copyMask(at: index, variant: variant, into: $0)
        }
        drawn.withUnsafeMutableBufferPointer {
          MaskGenerator(set).fill($0, sampleID: split.sampleID(at: index), variant: variant)
        }
        #expect(stored == drawn)
      }
      try FileManager.default.removeItem(atPath: folder.file("out"))
    }
    #expect(digests[0] == digests[1])
  }

  @Test func `reviews keep the archive's order and unlabelled ones are counted`() throws {
    let path = try archive([
      ("aclImdb/test/neg/1_1.txt", Array("bad".utf8)),
      ("aclImdb/train/neg/127_4.txt", Array("a".utf8)),
      ("aclImdb/train/pos/5_9.txt", Array("bb".utf8)),
      ("aclImdb/train/neg/3_2.txt", []),
      ("aclImdb/train/unsup/0_0.txt", Array("c".utf8)),
      ("aclImdb/train/pos/notes.txt", Array("d".utf8)),
    ])
    let result = try build("text", path)
    let samples = try DataSet(opening: folder.file("out")).split(.train)
    #expect((0..<3).map { samples.label(at: $0) } == [0, 1, 0])
    #expect((0..<3).map { samples.length(at: $0) } == [2, 3, 1])
    let skipped = try #require(result[0].manifest).provenance.skipped
    #expect(skipped["unlabelled reviews (unsup)"] == 1)
    #expect(skipped["files that are not labelled reviews"] == 1)
  }

  @Test func `batches are the padded samples, and damage is found at the first reading`() throws {
    let rows = (1...40).map { count in
      "( ( [MAX \((0..<count).map { "\($0 % 10)" }.joined(separator: " ")) ) ] )\t9\n"
    }
    _ = try build("listops", try archive(listOps(train: "Source\tTarget\n" + rows.joined())))
    let split = try DataSet(opening: folder.file("out")).split(.train)
    let (indices, rowLength) = ([39, 0, 17, 17, 3], 45)
    var output = [Int32](repeating: -7, count: indices.count * rowLength)
    var lengths = [Int32](repeating: -7, count: indices.count)
    func read(_ split: DataSplit) throws {
      try output.withUnsafeMutableBufferPointer { output in
        try lengths.withUnsafeMutableBufferPointer { lengths in
          try split.copyBatch(
            indices,
            into: output,
            rowLength: rowLength,
            padding: 1,
            lengths: lengths
          )
        }
      }
    }
    try read(split)
    for (row, index) in indices.enumerated() {
      var sample = [Int32](repeating: -1, count: split.length(at: index))
      #expect(sample.count == index + 4)
      try sample.withUnsafeMutableBufferPointer { _ = try split.copyValues(at: index, into: $0) }
      let padded = sample + [Int32](repeating: 1, count: rowLength - sample.count)
      #expect(Array(output[row * rowLength..<(row + 1) * rowLength]) == padded)
      #expect(lengths[row] == Int32(sample.count))
    }
    // A sample that is damaged is found by the next who opens the data set, every time.
    let (file, bytes) = split.location(at: 17)
    let handle = try FileHandle(forUpdating: URL(filePath: file))
    try handle.seek(toOffset: UInt64(bytes.lowerBound))
    try handle.write(contentsOf: [0xEE])
    try handle.close()
    let damaged = try DataSet(opening: folder.file("out")).split(.train)
    for _ in 0..<2 { #expect(throws: DataSetError.self) { try read(damaged) } }
    var whole = [Int32](repeating: 0, count: damaged.length(at: 3))
    try whole.withUnsafeMutableBufferPointer { _ = try damaged.copyValues(at: 3, into: $0) }
  }
}
