import TestSupport
import Testing

@testable import DataKit

/// Texts with more different words than 16 bits can number.
struct VocabularyLimitTests {
  private let own = OwnData()

  /// Rows of a few words each: some are in every row, one in this row and the next but 40,000, and
  /// one in no other.
  private let table =
    "text\tlabel\n"
    + (0..<80_000).map { "all \($0 % 7) w\($0 % 40_000) v\($0)\t\($0 % 2)\n" }.joined()

  private func expected(_ row: Int) -> String { "all \(row % 7) w\(row % 40_000) <unk>" }

  @Test func `rare words beyond 16 bits are counted and left out`() throws {
    let path = try own.file("words.tsv", table)
    let dataSet = try own.build("tsv", [path]) {
      $0.tokenizer = .words
      $0.minimumFrequency = 2
      $0.split = SplitShares(train: 0.9, validation: 0.05, test: 0.05)
    }
    let vocabulary = try #require(dataSet.manifest.vocabulary)
    #expect(vocabulary.tokens[4] == "all")
    #expect(vocabulary.counts[4] == 72_000)
    #expect(dataSet.manifest.elementType == .uint16)
    let kept = Set(vocabulary.tokens)
    for (row, text) in try own.texts(dataSet, separator: " ").enumerated() {
      // A word of two rows is known when both train.
      let isKnown = kept.contains("w\(row % 40_000)")
      #expect(text == (isKnown ? expected(row) : "all \(row % 7) <unk> <unk>"))
    }
    #expect(vocabulary.tokens.count > 30_000)
    #expect(try Verification(folder: dataSet.folder).run().faults.isEmpty)
  }

  @Test func `a vocabulary that is too large is refused with what would fit`() throws {
    let path = try own.file("words.tsv", table)
    let text = own.message { _ = try own.build("tsv", [path]) { $0.tokenizer = .words } }
    #expect(text.contains("words.tsv: the vocabulary would have 1"), "\(text)")
    #expect(
      text.contains("ids of 16 bits can number 65536\nhint: --min-frequency 2 keeps "),
      "\(text)"
    )
  }

  @Test func `words that are called like specials are told`() throws {
    let rows = (0..<10).map { "<pad> a\($0) <unk>\t0\n" }.joined()
    let result = try own.results("tsv", [try own.file("pad.tsv", "text\tlabel\n" + rows)]) {
      $0.tokenizer = .words
    }
    #expect(result.notes.count == 1)
    #expect(result.notes[0].contains("the words <pad>, which are names of special tokens"))
    let train = try DataSet(opening: result.folder).split(.train)
    let values = try train.values(at: 0)
    #expect([values[0], values[2], values[3]] == [2, 2, 3])
  }
}
