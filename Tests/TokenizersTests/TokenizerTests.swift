import Foundation
import TestSupport
import Testing

@testable import Tokenizers

/// The tokenizers against small cases worked out by the reference rules
/// (`fixtures/golden/data_vocab.json`).
struct TokenizerTests {
  private static func golden(_ key: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: Fixtures.path("golden/data_vocab.json")))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try #require(object[key] as? [String: Any])
  }

  /// Final ids of every text of a batch, whose tokens `table` has numbered, with the end token.
  private func ids(
    _ batch: TokenBatch,
    _ table: TokenTable,
    _ vocabulary: Vocabulary
  ) throws -> [[Int]] {
    var table = table
    let numbers = Self.plain(try batch.numbers(by: &table, counting: false))
    var start = 0
    return batch.ends.map { end in
      defer { start = end }
      return numbers[start..<end].map {
        $0 < vocabulary.ids.count ? Int(vocabulary.ids[$0]) : SpecialTokens.standard.unknownID
      } + [SpecialTokens.standard.endID]
    }
  }

  private static func plain(_ numbers: TokenNumbers) -> [Int] {
    switch numbers {
    case .narrow(let numbers): numbers.map { Int($0) }
    case .wide(let numbers): numbers.map { Int($0) }
    }
  }

  private func characters(_ texts: [String], limit: Int) throws -> TokenBatch {
    var tokenizer = CharacterTokenizer(limit: limit)
    for text in texts {
      try Array(text.utf8).withUnsafeBufferPointer { try tokenizer.append($0) }
    }
    return tokenizer.finish()
  }

  private func listOps(_ sources: [String], limit: Int) throws -> TokenBatch {
    var tokenizer = ListOpsTokenizer(limit: limit)
    for source in sources {
      try Array(source.utf8).withUnsafeBufferPointer { try tokenizer.append($0) }
    }
    return tokenizer.finish()
  }

  /// The golden vocabulary counts whole texts, only the ids are cut.
  private func goldenCharacters() throws -> (table: TokenTable, limit: Int, golden: [String: Any]) {
    let golden = try Self.golden("chars")
    let whole = try characters(try #require(golden["texts"] as? [String]), limit: 1000)
    var table = TokenTable()
    _ = try whole.numbers(by: &table, counting: true)
    return (table, try #require(golden["l_max"] as? Int) - 1, golden)
  }

  @Test func `characters are code points, the rare ones unknown, the end cut`() throws {
    let (table, limit, golden) = try goldenCharacters()
    let batch = try characters(try #require(golden["texts"] as? [String]), limit: limit)
    let vocabulary = try Vocabulary(
      table,
      minimumFrequency: try #require(golden["min_freq"] as? Int)
    )
    #expect(vocabulary.tokens == golden["vocab"] as? [String])
    #expect(try ids(batch, table, vocabulary) == golden["ids"] as? [[Int]])
  }

  @Test func `tokens of another split do not enter the vocabulary`() throws {
    let (table, limit, golden) = try goldenCharacters()
    let unseen = try #require(golden["unseen"] as? [String: Any])
    let test = try characters([try #require(unseen["text"] as? String)], limit: limit)
    let vocabulary = try Vocabulary(table, minimumFrequency: 2)
    #expect(try ids(test, table, vocabulary)[0] == unseen["ids"] as? [Int])
  }

  @Test(arguments: [("ids", 2047), ("ids_short", 7)])
  func `ListOps drops parentheses and renames the closer`(key: String, limit: Int) throws {
    let golden = try Self.golden("listops")
    let sources = try #require(golden["sources"] as? [String])
    let whole = try listOps(sources, limit: 2047)
    var table = TokenTable()
    _ = try whole.numbers(by: &table, counting: true)
    let vocabulary = try Vocabulary(table, minimumFrequency: 1)
    #expect(vocabulary.tokens == golden["vocab"] as? [String])
    let batch = try listOps(sources, limit: limit)
    #expect(try ids(batch, table, vocabulary) == golden[key] as? [[Int]])
  }

  @Test(
    arguments: [
      ([0xC0, 0xAF], 0), ([0xED, 0xA0, 0x80], 1), ([0xF4, 0x90, 0x80, 0x80], 1), ([0x61, 0xE2], 1),
      ([0x80], 0), ([0xFF], 0), ([0xE2, 0x28, 0xA1], 1),
    ] as [([UInt8], Int)]
  )
  func `bytes that are not UTF-8 are refused with their place`(bytes: [UInt8], offset: Int) {
    var tokenizer = CharacterTokenizer(limit: 8)
    #expect(throws: TokenizerError.invalidUTF8(byte: bytes[offset], offset: offset)) {
      try bytes.withUnsafeBufferPointer { try tokenizer.append($0) }
    }
  }

  @Test func `line ends and accents are tokens of their own`() throws {
    let batch = try characters(["\r\n\u{85}\u{2028}e\u{301}\0"], limit: 100)
    #expect(batch.numbers.count == 7)
    #expect(batch.tokens.count == 7)
  }

  @Test func `code points that are canonically equal stay different tokens`() throws {
    let batch = try characters(["K\u{212A};\u{37E}\u{E5}\u{212B}"], limit: 100)
    var table = TokenTable()
    _ = try batch.numbers(by: &table, counting: true)
    #expect(table.counts == [1, 1, 1, 1, 1, 1])
    #expect(try Vocabulary(table, minimumFrequency: 1).tokens.count == 10)
  }

  @Test func `an expression without tokens is refused`() {
    #expect(throws: TokenizerError.emptyExpression) { _ = try listOps(["( )"], limit: 10) }
  }

  @Test func `ListOps words of any length are told apart`() throws {
    let long = String(repeating: "A", count: 9)
    let source = "[MAX 1 [M(A)X [MAXIMU [MAXIMUM \(long) \(long)A [MAXIMUM A]\t] 11"
    let batch = try listOps([source], limit: 100)
    let words = ["[MAX", "1", "[MAXIMU", "[MAXIMUM", long, long + "A", "AX", "X", "11"]
    #expect(batch.tokens == words)
    #expect(batch.numbers == [0, 1, 0, 2, 3, 4, 5, 3, 6, 7, 8])
  }

  @Test func `words are what white space separates`() throws {
    var tokenizer = WordTokenizer(limit: 5)
    let texts = [
      "  a bb\u{A0}a\u{2028}b\u{301}b\r\n", "", "one two three\tfour five six seven", "\u{1F}",
    ]
    for text in texts {
      try Array(text.utf8).withUnsafeBufferPointer { try tokenizer.append($0) }
    }
    let batch = tokenizer.finish()
    #expect(batch.tokens == ["a", "bb", "b\u{301}b", "one", "two", "three", "four", "five"])
    #expect(batch.numbers == [0, 1, 0, 2, 3, 4, 5, 6, 7])
    #expect(batch.ends == [4, 4, 9, 9])
    #expect(throws: TokenizerError.invalidUTF8(byte: 0xFF, offset: 2)) {
      try [0x61, 0x20, 0xFF].withUnsafeBufferPointer { try tokenizer.append($0) }
    }
  }

  @Test func `bytes are their own numbers, after the specials`() throws {
    var tokenizer = ByteTokenizer(limit: 4)
    [0xFF, 0x00, 0x41].withUnsafeBufferPointer { tokenizer.append($0) }
    [1, 2, 3, 4, 5].withUnsafeBufferPointer { tokenizer.append($0) }
    let batch = tokenizer.finish()
    var table = TokenTable()
    let numbers = try batch.numbers(by: &table, counting: true)
    #expect(numbers == .narrow([0xFF, 0, 0x41, 1, 2, 3, 4]))
    #expect(batch.ends == [3, 7])
    let vocabulary = Vocabulary(fixed: table)
    #expect(vocabulary.tokens.count == 260)
    #expect(vocabulary.tokens[4] == "<0x00>")
    #expect(vocabulary.tokens[4 + 0x41] == "A")
    #expect(vocabulary.tokens[4 + 0xFF] == "<0xFF>")
    #expect(vocabulary.ids == (0..<256).map { UInt16($0 + 4) })
    #expect(vocabulary.counts.reduce(0, +) == 7)
    #expect(Set(vocabulary.tokens).count == 260)
  }

  // MARK: Many tokens

  /// A batch of the words `w<first>` … .
  private func words(_ range: Range<Int>) throws -> TokenBatch {
    var tokenizer = WordTokenizer(limit: range.count)
    let text = range.map { "w\($0)" }.joined(separator: " ")
    try Array(text.utf8).withUnsafeBufferPointer { try tokenizer.append($0) }
    return tokenizer.finish()
  }

  @Test func `numbers widen with the first token that 16 bits cannot number`() throws {
    var table = TokenTable()
    let first = try words(0..<65_536)
    guard case .narrow(let numbers) = try first.numbers(by: &table, counting: true) else {
      return #expect(Bool(false), "65,536 tokens fit 16 bits")
    }
    #expect(numbers == (0...UInt16.max).map { $0 })
    let next = try words(65_535..<65_537)
    #expect(try next.numbers(by: &table, counting: true) == .wide([65_535, 65_536]))
    #expect(table.counts[65_535] == 2 && table.counts[65_536] == 1)
    #expect(try words(9..<10).numbers(by: &table, counting: false) == .wide([9]))
  }

  @Test func `only the final vocabulary is limited, and the error tells what fits`() throws {
    var table = TokenTable()
    for range in [0..<70_000, 0..<40_000, 0..<100] {
      _ = try words(range).numbers(by: &table, counting: true)
    }
    let error = TokenizerError.vocabularyTooLarge(count: 70_004, fitting: 2, keeping: 40_000)
    #expect(throws: error) { try Vocabulary(table, minimumFrequency: 1) }
    let vocabulary = try Vocabulary(table, minimumFrequency: 2)
    #expect(vocabulary.tokens.count == 40_004)
    #expect(vocabulary.ids[69_999] == UInt16(SpecialTokens.standard.unknownID))
    _ = try words(40_000..<65_532).numbers(by: &table, counting: true)
    let full = try Vocabulary(table, minimumFrequency: 2)
    #expect(full.tokens.count == 65_536)
    #expect(full.ids.max() == 65_535)
  }

  @Test func `words that are called like specials are none`() throws {
    var tokenizer = WordTokenizer(limit: 9)
    try Array("<pad> a <unk> <cls> <pad>".utf8).withUnsafeBufferPointer {
      try tokenizer.append($0)
    }
    let batch = tokenizer.finish()
    var table = TokenTable()
    _ = try batch.numbers(by: &table, counting: true)
    for (specials, expected) in [
      (SpecialTokens.standard, [2, 5, 2, 4, 2]), (.classToken, [2, 5, 2, 2, 2]),
      (.noMask, [1, 4, 1, 3, 1]),
    ] {
      let vocabulary = try Vocabulary(table, minimumFrequency: 1, specials: specials)
      #expect(batch.numbers.map { Int(vocabulary.ids[Int($0)]) } == expected)
      #expect(Set(vocabulary.tokens).count == vocabulary.tokens.count)
    }
  }
}
