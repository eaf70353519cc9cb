import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Users' own tables.
struct TableTaskTests {
  private let own = OwnData()

  private let table =
    "id\ttext\tlabel\n"
    + (0..<20).map { "\($0)\tword\($0 % 3) the end\t\($0 % 2 == 0 ? "no" : "yes")\n" }.joined()

  @Test func `one table is split by shares and seed, its vocabulary from what trains`() throws {
    let path = try own.file("reviews.tsv", table)
    let dataSet = try own.build("tsv", [path]) {
      $0.tokenizer = .words
      $0.split = SplitShares(train: 0.5, validation: 0.25, test: 0.25)
      $0.splitSeed = 7
    }
    #expect(own.counts(dataSet) == [10, 5, 5])
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
      try own.file("my_train.tsv", header + "10\tabc\n9\tb\n10\ta\n"),
      try own.file("my_dev.tsv", header + "9\tzz\n"),
      try own.file("my_test.tsv", header + "10\t\u{e9}\n"),
    ]
    let dataSet = try own.build("tsv", inputs)
    #expect(own.counts(dataSet) == [3, 1, 1])
    #expect(dataSet.manifest.target.names == ["9", "10"])
    let train = try dataSet.split(.train)
    #expect((0..<3).map { train.label(at: $0) } == [1, 0, 1])
    #expect(try dataSet.split(.test).values(at: 0) == [2, 3])
    let without = try own.build("tsv", [inputs[0], inputs[2]])
    #expect(without.manifest.validationSplit == .test)
  }

  @Test func `columns by number are those of a table without a header`() throws {
    let path = try own.file("plain.tsv", (0..<10).map { "a\($0)\t\t\($0 % 2)\n" }.joined())
    let dataSet = try own.build("tsv", [path]) {
      $0.textColumn = "1"
      $0.labelColumn = "3"
      $0.tokenizer = .byte
      $0.maximumLength = 2
    }
    #expect(own.counts(dataSet) == [8, 1, 1])
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
      let inputs = try tables.enumerated().map { try own.file("\(name)/part\($0).tsv", $1) }
      let text = own.message { _ = try own.build("tsv", inputs, set) }
      #expect(text.contains(expected), "\(name): \(text)")
    }
  }

  // MARK: Odd, but legal

  private let head = "text\tlabel\n"
  private let rows = (0..<10).map { "t\($0)\t\($0 % 2)\n" }.joined()
  private let texts = (0..<10).map { "t\($0)" }

  @Test func `blank lines are passed over and counted wherever they stand`() throws {
    let blanks = "\n" + head + "\r\n" + rows.replacing("t5", with: "\n  \nt5") + "\n\n"
    let dataSet = try own.build("tsv", [try own.file("blank.tsv", blanks)]) { $0.tokenizer = .byte }
    #expect(try own.texts(dataSet) == texts)
    #expect(dataSet.manifest.provenance.skipped == ["blank lines of tables": 6])
    let plain = try own.build("tsv", [try own.file("plain.tsv", "\n\n" + rows + "\n")]) {
      ($0.textColumn, $0.labelColumn, $0.tokenizer) = ("1", "2", .byte)
    }
    #expect(try own.texts(plain) == texts)
    #expect(plain.manifest.provenance.skipped == ["blank lines of tables": 3])
    let short = try own.file("short.tsv", head + "\n\nalone\n")
    let text = own.message { _ = try own.build("tsv", [short]) }
    #expect(text.contains("short.tsv:4: expected 2 tab-separated fields, found 1"), "\(text)")
  }

  @Test func `quotes are undone, also in the header, or are text where the user says so`() throws {
    let table = "\"text\"\t\"label\"\n\"a\tb \"\"c\"\"\"\t\"0\"\n" + rows
    let quoted = try own.build("tsv", [try own.file("quoted.tsv", table)]) { $0.tokenizer = .byte }
    #expect(try own.texts(quoted) == ["a<0x09>b \"c\""] + texts)
    #expect(quoted.manifest.target.names == ["0", "1"])

    let path = try own.file("raw.tsv", head + "\"This\" is it\t\"0\n" + rows)
    let text = own.message { _ = try own.build("tsv", [path]) }
    #expect(text.contains("raw.tsv:2: a field begins with a double quote"), "\(text)")
    #expect(text.contains("hint: --quoting none"), "\(text)")
    let raw = try own.build("tsv", [path]) {
      ($0.quoting, $0.tokenizer) = (TableQuoting.none, .byte)
    }
    #expect(try own.texts(raw) == ["\"This\" is it"] + texts)
    #expect(raw.manifest.target.names == ["\"0", "0", "1"])
    #expect(raw.manifest.options["quoting"] == "none")
  }

  @Test func `marks, line ends, empty texts and labels of any kind are read`() throws {
    let labels = ["zwei Wörter", "e\u{301}", "\u{E9}", " a"]
    let lines = (0..<40).map { "\($0 == 7 ? "" : "é\($0)")\t\(labels[$0 % 4])" }
    let table = "\u{FEFF}text\tlabel\r\n" + lines.joined(separator: "\r\n")
    let dataSet = try own.build("tsv", [try own.file("odd.tsv", table)])
    #expect(own.counts(dataSet) == [32, 4, 4])
    #expect(dataSet.manifest.target.names == [" a", "e\u{301}", "zwei Wörter", "\u{E9}"])
    #expect(try own.texts(dataSet) == (0..<40).map { $0 == 7 ? "" : "é\($0)" })
    let samples = try CanonicalSamples(dataSet, Split.allCases)
    #expect((0..<4).map { samples.label($0) } == [2, 1, 3, 0])
  }

  @Test func `shares are kept as they were given, and counted as decimals`() throws {
    let rows = (0..<100).map { "a\t\($0 % 2)\n" }.joined()
    let path = try own.file("many.tsv", head + rows)
    let dataSet = try own.build("tsv", [path]) {
      $0.split = SplitShares(train: 0.42, validation: 0.29, test: 0.29)
    }
    #expect(own.counts(dataSet) == [42, 29, 29])
    #expect(dataSet.manifest.options["split"] == "0.42,0.29,0.29")
    let none = try own.build("tsv", [path]) {
      $0.split = SplitShares(train: 0.7, validation: 0, test: 0.3)
    }
    #expect(none.manifest.splits.keys.sorted() == ["test", "train"])
    let one = try own.file("one.tsv", head + "a\tb\n")
    let text = own.message { _ = try own.build("tsv", [one]) }
    #expect(text.contains("would be empty: the shares are 0.8,0.1,0.1, the number of samples is 1"))
    #expect(text.contains("hint: bring more samples, or give other shares with --split"), "\(text)")
  }

  // MARK: Which tables

  @Test func `tables in sibling folders are all read`() throws {
    let folders = try own.archive(texts: [
      ("set/train/a.tsv", head + rows), ("set/test/a.tsv", head + "z\t1\n"),
    ])
    #expect(own.counts(try own.build("tsv", [folders])) == [10, 0, 1])
    let parts = ["a", "b"].flatMap { folder in
      ["train", "test"].map { ("\(folder)/\($0).tsv", head + rows + "\(folder)\t1\n") }
    }
    let copies = try own.archive(texts: parts)
    let text = own.message { _ = try own.build("tsv", [copies]) }
    #expect(text.contains("b/train.tsv: a second table for the train split"), "\(text)")
    #expect(text.contains("the first is 'a/train.tsv'") && text.contains("--prefix"), "\(text)")
    let chosen = try own.build("tsv", [copies], prefix: "./b/")
    #expect(own.counts(chosen) == [11, 0, 11])
    #expect(try own.texts(chosen)[0..<11] == texts[...] + ["b"])
    #expect(chosen.manifest.provenance.prefix == "b")
    let plain = try own.archive(texts: [("a/x.tsv", head + rows), ("b/y.tsv", head + rows)])
    let untold = own.message { _ = try own.build("tsv", [plain]) }
    #expect(untold.contains("a/x.tsv: the name tells no split"), "\(untold)")
  }

  @Test func `a prefix that does not stand there is answered with those that do`() throws {
    let path = try own.archive(texts: [("a/b/x.tsv", head + rows), ("top.tsv", head + rows)])
    let text = own.message { _ = try own.build("tsv", [path], prefix: "b") }
    #expect(text.contains("nothing asked for stands under the prefix 'b'"), "\(text)")
    #expect(text.contains("only under '' (no folder), 'a/b'"), "\(text)")
    #expect(own.counts(try own.build("tsv", [path], prefix: "a")) == [8, 1, 1])
  }

  @Test func `ends of names are told apart whatever their case, and others are answered`() throws {
    #expect(own.counts(try own.build("tsv", [try own.file("R.TSV", head + rows)])) == [8, 1, 1])
    #expect(own.counts(try own.build("tsv", [try own.file("r.txt", head + rows)])) == [8, 1, 1])
    #expect(own.counts(try own.build("tsv", [try own.file("r", head + rows)])) == [8, 1, 1])
    let inside = try own.archive(texts: [("a/R.Tsv", head + rows), ("a/README.txt", "hello")])
    #expect(own.counts(try own.build("tsv", [inside])) == [8, 1, 1])
    let other = own.message { _ = try own.build("tsv", [try own.file("r.csv", head + rows)]) }
    #expect(other.contains("end in .tsv, .tab or .txt"), "\(other)")
    let archive = try own.archive(texts: [("a/r.csv", head + rows)])
    let absent = own.message { _ = try own.build("tsv", [archive]) }
    #expect(absent.contains("one .tsv file") && absent.contains("there is 'a/r.csv'"), "\(absent)")
  }

  @Test func `a header without the columns, and one of another encoding, is told so`() throws {
    let comma = own.message {
      _ = try own.build("tsv", [try own.file("c.tsv", "text,label\na,b\n")])
    }
    #expect(
      comma.contains("no 'text' among its cells, separated by tabs: 'text,label'"),
      "\(comma)"
    )
    #expect(comma.contains("hint: --text-column and --label-column"), "\(comma)")
    let double = try own.file("d.tsv", "text\tlabel\ttext\na\tb\tc\n")
    let twice = own.message { _ = try own.build("tsv", [double]) }
    #expect(twice.contains("the header names the column 'text' 2 times"), "\(twice)")
    for mark in [[0xFF, 0xFE], [0xFE, 0xFF]] as [[UInt8]] {
      let path = try own.file("wide.tsv", mark + (head + rows).utf16.flatMap { [UInt8($0), 0] })
      let wide = own.message { _ = try own.build("tsv", [path]) }
      #expect(wide.contains("wide.tsv: the file is UTF-16: save it as UTF-8"), "\(wide)")
    }
    let same = own.message { _ = try own.build("tsv", []) { $0.labelColumn = "text" } }
    #expect(same.contains("are the same column, 'text'"), "\(same)")
  }
}
