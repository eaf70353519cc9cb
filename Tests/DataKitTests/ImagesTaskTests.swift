import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Users' own images and the tables that label them.
struct ImagesTaskTests {
  private let own = OwnData()

  private func image(_ level: UInt8, width: Int = 3, height: Int = 2) throws -> [UInt8] {
    let pixels = [UInt8](repeating: level, count: width * height)
    return try encodePNG(pixels, width: width, height: height, channels: 1)
  }

  @Test func `an archive of images and a table of labels become a task`() throws {
    let images = try (0..<10).map { ("pictures/\($0).png", try image(UInt8($0))) }
    let labels = (0..<10).map { "./pictures/\($0).png\t\($0 % 2 == 0 ? "cat" : "ant")\n" }.joined()
    let path = try own.archive(images)
    let dataSet = try own.build("images", [try own.file("labels.tsv", labels), path])
    #expect(own.counts(dataSet) == [8, 1, 1])
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
    let path = try own.archive(images + [("l.tsv", Array(labels.utf8))])
    let dataSet = try own.build("images", [path])
    #expect(own.counts(dataSet) == [2, 1, 1])
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
      let inputs = [try own.archive(images), try own.file("\(index)/labels.tsv", labels)]
      let text = own.message { _ = try own.build("images", inputs) }
      #expect(text.contains(expected), "\(text)")
    }
  }

  /// Ten images in a folder, their labels in another.
  private func tenImages(_ folder: String = "") throws -> [(String, [UInt8])] {
    try (0..<10).map { ("\(folder)\($0).png", try image(UInt8($0))) }
  }

  private func labels(_ folder: String = "") -> String {
    (0..<10).map { "\(folder)\($0).png\tc\($0 % 2)\n" }.joined()
  }

  @Test func `the table may have a header, blank lines, quotes and any line ends`() throws {
    let images = try own.archive(try tenImages("a b/"))
    let rows = labels("a b/").replacing("\n", with: "\r\n")
    for (name, table) in [
      ("header.tsv", "\u{FEFF}file\tlabel\r\n\r\n" + rows + "\r\n"),
      (
        "quoted.txt", "\n\"path\"\t\"class\"\n" + rows.replacing("a b/3.png", with: "\"a b/3.png\"")
      ),
      ("LABELS.TSV", String(rows.dropLast())),
    ] {
      let dataSet = try own.build("images", [try own.file(name, table), images])
      #expect(own.counts(dataSet) == [8, 1, 1], "\(name)")
      #expect(dataSet.manifest.target.names == ["c0", "c1"], "\(name)")
    }
    // What might be a path is none.
    let wrong = try own.file("wrong.tsv", "a b/3.jpg\tlabel\n" + rows)
    let text = own.message { _ = try own.build("images", [wrong, images]) }
    #expect(text.contains("wrong.tsv:1: the image 'a b/3.jpg' is not in the archive"), "\(text)")
  }

  @Test func `the table named by the user stands against others in the archive`() throws {
    let notes = [("notes.tsv", Array("1.png\tnote\n".utf8)), ("table.TSV", Array("b\ta\n".utf8))]
    let images = try own.archive(notes + (try tenImages()))
    let dataSet = try own.build("images", [try own.file("labels.tsv", labels()), images])
    #expect(own.counts(dataSet) == [8, 1, 1])
    let reason = "tables in the archive, beside that of --labels"
    #expect(dataSet.manifest.provenance.skipped[reason] == 2)
    let text = own.message { _ = try own.build("images", [images]) }
    #expect(text.contains("a second table of labels; the first is 'notes.tsv'"), "\(text)")
  }

  @Test func `a prefix takes a folder, and paths are those inside it`() throws {
    let other = try (0..<10).map { ("b/x/\($0).png", try image(UInt8(100 + $0))) }
    let images = try own.archive(try tenImages("a/x/") + other)
    let table = try own.file("labels.tsv", labels("x/"))
    for (prefix, first) in [("a", Int32(0)), ("b/", 100)] {
      let dataSet = try own.build("images", [table, images], prefix: prefix)
      let samples = try CanonicalSamples(dataSet, Split.allCases)
      #expect(try samples.values(3)[0] == first + 3)
    }
    let text = own.message { _ = try own.build("images", [table, images], prefix: "c") }
    #expect(text.contains("under the prefix 'c', only under 'a/x', 'b/x'"), "\(text)")
  }

  @Test func `names that are equal by Unicode alone are those of different images`() throws {
    let (composed, decomposed) = ("\u{E9}", "e\u{301}")
    let names = [
      "\(composed).png", "\(decomposed).png", "\(composed)/1.png", "\(decomposed)/1.png",
      "\(decomposed)/2.png", "\(composed)/2.png",
    ]
    let images = try names.enumerated().map { ($1, try image(UInt8(10 * ($0 + 1)))) }
    let rows = names.enumerated().map { "\($1)\t\($0)\t\($0 == 0 ? "test" : "train")\n" }
    let table = try own.file("labels.tsv", rows.joined())
    let dataSet = try own.build("images", [table, try own.archive(images)])
    let samples = try CanonicalSamples(dataSet, [.train, .test])
    #expect(try (0..<6).map { try samples.values($0)[0] } == [10, 20, 30, 40, 50, 60])
    let half = try own.archive(images.filter { !$0.0.utf8.elementsEqual(names[1].utf8) })
    let text = own.message { _ = try own.build("images", [table, half]) }
    #expect(text.contains("labels.tsv:2: the image 'e\u{301}.png' is not in the archive, only one"))
  }

  @Test func `the first image that can be decoded decides about the size`() throws {
    let damaged = Array(try image(9, width: 7, height: 7).dropLast(20))
    let images = [("0.PNG", damaged)] + (try tenImages("x/"))
    let inputs = [
      try own.file("labels.tsv", "0.PNG\tc\ngone.png\tc\n" + labels("x/") + "x/1.png\tc\n"),
      try own.archive(images),
    ]
    let text = own.message { _ = try own.build("images", inputs) }
    #expect(text.contains("0.PNG: PNG: the file ends too early"), "\(text)")
    let dataSet = try own.build("images", inputs, policy: .skip)
    #expect(own.counts(dataSet) == [8, 1, 1])
    #expect(dataSet.manifest.fixedLength == 6)
    #expect(dataSet.manifest.provenance.rejected.map(\.line) == [nil, 2, 13])
  }
}
