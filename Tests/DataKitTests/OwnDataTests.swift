import Foundation
import TestSupport
import Testing

@testable import DataKit
@testable import Tokenizers

/// Time series in plain files, and data that users bring themselves.
struct OwnDataTests {
  private let folder = TemporaryFolder()

  private func file(_ name: String, _ content: String) throws -> String {
    let path = folder.file(name)
    let parent = URL(filePath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    try Data(content.utf8).write(to: URL(filePath: path))
    return path
  }

  private func archive(_ members: [(String, [UInt8])]) throws -> String {
    let root = folder.file("tree-\(UUID())")
    for (name, bytes) in members {
      let url = URL(filePath: root + "/" + name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(bytes).write(to: url)
    }
    let path = folder.file("\(UUID()).tar")
    let tar = Process()
    tar.executableURL = URL(filePath: "/usr/bin/env")
    tar.arguments = ["tar", "-cf", path, "-C", root] + members.map(\.0)
    try tar.run()
    tar.waitUntilExit()
    #expect(tar.terminationStatus == 0)
    return path
  }

  private func build(
    _ task: String,
    _ inputs: [String],
    policy: ErrorPolicy = .fail,
    _ set: (inout TaskOptions) -> Void = { _ in }
  ) throws -> DataSet {
    var options = TaskOptions()
    set(&options)
    let definition = try #require(TaskDefinition.named(task, options: options))
    try definition.check(options)
    let output = folder.file("out-\(UUID())")
    let plan = BuildPlan(
      inputs: inputs.map { .file($0) },
      tasks: [definition],
      folders: [output],
      threads: 2,
      errorPolicy: policy
    )
    _ = try Build(plan).run()
    return try DataSet(opening: output)
  }

  private func counts(_ dataSet: DataSet) -> [Int] {
    Split.allCases.map { dataSet.manifest.splits[$0.rawValue]?.samples ?? 0 }
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }

  // MARK: Time series

  private func series(_ cases: Int, first: Int = 0, spoilt: Int? = nil) -> String {
    let head =
      "@problemName BIDMC32HR\n@timestamps false\n@univariate false\n@dimension 2\n"
      + "@seriesLength 4000\n@targetlabel true\n@data\n"
    return head
      + (first..<first + cases).map { number in
        let channels = (0..<2).map { channel in
          (0..<4000).map { step in
            step == 7 && number == spoilt ? "?" : "\(number).\(step % 10)\(channel)"
          }.joined(separator: ",")
        }
        return channels.joined(separator: ":") + ":\(number).25\n"
      }.joined()
  }

  @Test func `two plain files become a time series task`() throws {
    let train = try file("BIDMC32HR_TRAIN.ts", series(7))
    let test = try file("BIDMC32HR_TEST.ts", series(3, first: 7))
    let dataSet = try build("bidmc-hr", [test, train])
    // scikit-learn: train_test_split(range(10), test_size=0.3, random_state=0), then 0.5 and 1.
    #expect(counts(dataSet) == [7, 1, 2])
    let samples = try dataSet.split(.train)
    #expect((0..<7).map { samples.sampleID(at: $0) } == [9, 1, 6, 7, 3, 0, 5])
    #expect((0..<7).map { samples.value(at: $0) } == [9.25, 1.25, 6.25, 7.25, 3.25, 0.25, 5.25])
    #expect(dataSet.manifest.target == .value)
    #expect(dataSet.manifest.channels == 2)
    let shard = try #require(dataSet.manifest.splits["train"]?.shards.first)
    let tensors = try SafetensorsFile(path: dataSet.folder + "/" + shard.file)
    let values: [Float] = try tensors.elements(of: "x.values")
    #expect(values.count == 7 * 4000 * 2)
    #expect(Array(values[..<4]) == [9.00, 9.01, 9.10, 9.11])
    let validation = try dataSet.split(.validation)
    let rest = try dataSet.split(.test)
    #expect([validation.sampleID(at: 0), rest.sampleID(at: 0), rest.sampleID(at: 1)] == [8, 2, 4])
  }

  @Test func `both files may stand in one archive`() throws {
    let path = try archive([
      ("BIDMC32HR/BIDMC32HR_TEST.ts", Array(series(3, first: 7).utf8)),
      ("BIDMC32HR/BIDMC32HR_TRAIN.ts", Array(series(7).utf8)),
    ])
    #expect(counts(try build("bidmc-hr", [path])) == [7, 1, 2])
  }

  @Test func `a missing value, a missing file and another kind of series are refused`() throws {
    let train = try file("BIDMC32HR_TRAIN.ts", series(7, spoilt: 2))
    let test = try file("BIDMC32HR_TEST.ts", series(3))
    let missing = message { _ = try build("bidmc-hr", [train, test]) }
    #expect(missing.contains(":10: value 8 of channel 1 is missing ('?')"), "\(missing)")
    #expect(counts(try build("bidmc-hr", [train, test], policy: .skip)) == [6, 1, 2])
    let half = message { _ = try build("bidmc-hr", [test]) }
    #expect(half.contains("the file BIDMC32HR_TRAIN.ts is missing"), "\(half)")
    let short = try file("x/BIDMC32HR_TEST.ts", "@targetlabel true\n@seriesLength 9\n@data\n")
    let other = message { _ = try build("bidmc-hr", [short]) }
    #expect(other.contains(":2: the series have 2 channels of 9 values"), "\(other)")
    let empty = try file("y/BIDMC32HR_TEST.ts", "@targetlabel true\n@data\n")
    #expect(message { _ = try build("bidmc-hr", [empty]) }.contains("there are no cases"))
  }

  // MARK: Tables

  private let table =
    "id\ttext\tlabel\n"
    + (0..<20).map { "\($0)\tword\($0 % 3) the end\t\($0 % 2 == 0 ? "no" : "yes")\n" }.joined()

  @Test func `one table is split by shares and seed, its vocabulary from what trains`() throws {
    let path = try file("reviews.tsv", table)
    let dataSet = try build("tsv", [path]) {
      $0.tokenizer = .words
      $0.split = SplitShares(train: 0.5, validation: 0.25, test: 0.25)
      $0.splitSeed = 7
    }
    #expect(counts(dataSet) == [10, 5, 5])
    #expect(dataSet.manifest.target.names == ["no", "yes"])
    let order = randomPermutation(count: 20, seed: 7).map { Int64($0) }
    let train = try dataSet.split(.train)
    #expect((0..<10).map { train.sampleID(at: $0) } == Array(order[..<10]))
    #expect((0..<10).map { train.label(at: $0) } == order[..<10].map { $0 % 2 })
    let vocabulary = try #require(dataSet.manifest.vocabulary)
    #expect(Array(vocabulary.tokens[4...5]) == ["end", "the"])
    #expect(vocabulary.counts[4] == 10)
    #expect(vocabulary.counts.reduce(0, +) == 30)
    #expect(try train.values(at: 0).count == 4)
  }

  @Test func `several tables are the splits that they are named after`() throws {
    let header = "label\ttext\n"
    let inputs = [
      try file("my_train.tsv", header + "10\tabc\n9\tb\n10\ta\n"),
      try file("my_dev.tsv", header + "9\tzz\n"), try file("my_test.tsv", header + "10\t\u{e9}\n"),
    ]
    let dataSet = try build("tsv", inputs)
    #expect(counts(dataSet) == [3, 1, 1])
    #expect(dataSet.manifest.target.names == ["9", "10"])
    let train = try dataSet.split(.train)
    #expect((0..<3).map { train.label(at: $0) } == [1, 0, 1])
    #expect(try dataSet.split(.test).values(at: 0) == [2, 3])
    let without = try build("tsv", [inputs[0], inputs[2]])
    #expect(without.manifest.validationSplit == .test)
  }

  @Test func `columns by number are those of a table without a header`() throws {
    let path = try file("plain.tsv", (0..<10).map { "a\($0)\t\t\($0 % 2)\n" }.joined())
    let dataSet = try build("tsv", [path]) {
      $0.textColumn = "1"
      $0.labelColumn = "3"
      $0.tokenizer = .byte
      $0.maximumLength = 2
    }
    #expect(counts(dataSet) == [8, 1, 1])
    #expect(try dataSet.split(.train).values(at: 0) == [4 + 97, 3])
  }

  @Test func `tables that cannot be are refused with their place`() throws {
    let cases: [(String, [String], (inout TaskOptions) -> Void, String)] = [
      ("no column", ["text\tclass\nx\ty\n"], { _ in }, ":1: the header must name the columns"),
      ("short row", ["text\tlabel\nx\ty\nz\n"], { _ in }, ":3: expected 2 tab-separated"),
      ("no label", ["text\tlabel\nx\t\n"], { _ in }, ":2: the label is empty"),
      ("not UTF-8", ["text\tlabel\n\u{FF}\ta\n"], { _ in }, ""),
      ("no rows", ["text\tlabel\n"], { _ in }, "there are no rows"),
      ("few rows", ["text\tlabel\na\tb\n"], { _ in }, "split would be empty"),
      ("mixed", ["a\tb\n"], { $0.textColumn = "1" }, "is a name, the other a number"),
      (
        "far column", ["a\tb\n"],
        {
          $0.textColumn = "1"
          $0.labelColumn = "5"
        }, ":1: there is no column 5"
      ),
      ("two tables", ["text\tlabel\na\tb\n", "text\tlabel\na\tb\n"], { _ in }, "tells no split"),
    ]
    for (name, tables, set, expected) in cases where !expected.isEmpty {
      let inputs = try tables.enumerated().map { try file("\(name)/part\($0).tsv", $1) }
      let text = message { _ = try build("tsv", inputs, set) }
      #expect(text.contains(expected), "\(name): \(text)")
    }
  }

  // MARK: Images

  private func image(_ level: UInt8, width: Int = 3, height: Int = 2) throws -> [UInt8] {
    let pixels = [UInt8](repeating: level, count: width * height)
    return try encodePNG(pixels, width: width, height: height, channels: 1)
  }

  @Test func `an archive of images and a table of labels become a task`() throws {
    let images = try (0..<10).map { ("pictures/\($0).png", try image(UInt8($0))) }
    let labels = (0..<10).map { "./pictures/\($0).png\t\($0 % 2 == 0 ? "cat" : "ant")\n" }.joined()
    let path = try archive(images)
    let dataSet = try build("images", [try file("labels.tsv", labels), path])
    #expect(counts(dataSet) == [8, 1, 1])
    #expect(dataSet.manifest.target.names == ["ant", "cat"])
    #expect(dataSet.manifest.fixedLength == 6)
    let samples = try CanonicalSamples(dataSet, Split.allCases)
    for index in 0..<10 {
      #expect(try samples.values(index) == [Int32](repeating: Int32(index), count: 6))
      #expect(samples.label(index) == (index % 2 == 0 ? 1 : 0))
    }
  }

  @Test func `the table may be in the archive and name the splits`() throws {
    let images = try (0..<4).map { ("\($0).png", try image(UInt8($0))) }
    let labels = "0.png\ta\ttrain\n1.png\ta\tval\n2.png\tb\ttest\n3.png\tb\ttrain\n"
    let dataSet = try build("images", [try archive(images + [("l.tsv", Array(labels.utf8))])])
    #expect(counts(dataSet) == [2, 1, 1])
    #expect(try dataSet.split(.test).values(at: 0)[0] == 2)
  }

  @Test func `images and tables that do not fit are refused`() throws {
    let good = try image(1)
    let cases: [([(String, [UInt8])], String, String)] = [
      ([("a.png", good)], "b.png\tx\n", ":1: the image 'b.png' is not in the archive"),
      ([("a.png", good)], "a.png\tx\na.png\ty\n", ":2: the image 'a.png' was labelled in line 1"),
      ([("a.png", good)], "a.png\n", ":1: expected a path, a label"),
      ([("a.png", good)], "a.png\tx\tsome\n", ":1: the split 'some'"),
      ([("a.png", good), ("b.png", try image(2, width: 4))], "a.png\tx\n", "b.png: PNG: "),
      ([("a.png", [1, 2, 3])], "a.png\tx\n", "a.png: not a PNG"),
    ]
    for (index, (images, labels, expected)) in cases.enumerated() {
      let inputs = [try archive(images), try file("\(index)/labels.tsv", labels)]
      let text = message { _ = try build("images", inputs) }
      #expect(text.contains(expected), "\(text)")
    }
  }

  // MARK: Options

  @Test func `options are refused by tasks that do not have them`() throws {
    var options = TaskOptions()
    options.contourLength = 9
    let text = try #require(TaskDefinition.named("text", options: options))
    let foreign = message { try text.check(options) }
    #expect(foreign.hasPrefix("--contour-length is no option of the task text: it has --tokenizer"))
    try TaskDefinition.check(options, of: TaskDefinition.suite(options: options))
    options.textColumn = "x"
    #expect(
      message { try TaskDefinition.check(options, of: TaskDefinition.suite()) }
        .hasPrefix("--text-column is no option")
    )
    options = TaskOptions()
    options.maximumLength = 1
    #expect(message { try text.check(options) }.contains("--max-length must be 2"))
  }

  @Test func `names of tasks and aliases are unique, and all have a source`() {
    let tasks = TaskDefinition.all()
    let names = tasks.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
    #expect(tasks.allSatisfy { !$0.source.isEmpty && !$0.summary.isEmpty })
    #expect(TaskDefinition.suite().map(\.name).count == 9)
  }
}
