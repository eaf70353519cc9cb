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

  /// Final ids of every text of a batch, with the end token.
  private func ids(_ batch: TokenBatch, _ vocabulary: Vocabulary) -> [[Int]] {
    var start = 0
    return batch.ends.map { end in
      defer { start = end }
      return batch.numbers[start..<end].map { Int(vocabulary.ids[Int($0)]) } + [
        SpecialTokens.standard.endID
      ]
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
    var whole = try characters(try #require(golden["texts"] as? [String]), limit: 1000)
    var table = TokenTable()
    try whole.renumber(by: &table, counting: true)
    return (table, try #require(golden["l_max"] as? Int) - 1, golden)
  }

  @Test func `characters are code points, the rare ones unknown, the end cut`() throws {
    var (table, limit, golden) = try goldenCharacters()
    var batch = try characters(try #require(golden["texts"] as? [String]), limit: limit)
    try batch.renumber(by: &table, counting: false)
    let vocabulary = Vocabulary(
      table,
      minimumFrequency: try #require(golden["min_freq"] as? Int)
    )
    #expect(vocabulary.tokens == golden["vocab"] as? [String])
    #expect(ids(batch, vocabulary) == golden["ids"] as? [[Int]])
  }

  @Test func `tokens of another split do not enter the vocabulary`() throws {
    var (table, limit, golden) = try goldenCharacters()
    let unseen = try #require(golden["unseen"] as? [String: Any])
    var test = try characters([try #require(unseen["text"] as? String)], limit: limit)
    try test.renumber(by: &table, counting: false)
    let vocabulary = Vocabulary(table, minimumFrequency: 2)
    #expect(ids(test, vocabulary)[0] == unseen["ids"] as? [Int])
  }

  @Test(arguments: [("ids", 2047), ("ids_short", 7)])
  func `ListOps drops parentheses and renames the closer`(key: String, limit: Int) throws {
    let golden = try Self.golden("listops")
    let sources = try #require(golden["sources"] as? [String])
    var whole = try listOps(sources, limit: 2047)
    var table = TokenTable()
    try whole.renumber(by: &table, counting: true)
    let vocabulary = Vocabulary(table, minimumFrequency: 1)
    #expect(vocabulary.tokens == golden["vocab"] as? [String])
    var batch = try listOps(sources, limit: limit)
    try batch.renumber(by: &table, counting: false)
    #expect(ids(batch, vocabulary) == golden[key] as? [[Int]])
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
    var batch = try characters(["K\u{212A};\u{37E}\u{E5}\u{212B}"], limit: 100)
    var table = TokenTable()
    try batch.renumber(by: &table, counting: true)
    #expect(table.counts == [1, 1, 1, 1, 1, 1])
    #expect(Vocabulary(table, minimumFrequency: 1).tokens.count == 10)
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
    var batch = tokenizer.finish()
    var table = TokenTable()
    try batch.renumber(by: &table, counting: true)
    #expect(batch.numbers == [0xFF, 0, 0x41, 1, 2, 3, 4])
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
}
