internal import DataKit
internal import Tokenizers

extension Bench {
  /// The tokenizer and the counting of its tokens, on the text of generated expressions.
  static func measureListOps() throws {
    let generator = try ListOpsGenerator(seed: 1)
    let expressions = try (0..<2000).map { try generator.expression(at: $0) }
    let texts = expressions.map { Array($0.text.utf8) }
    func tokenize(_ table: inout TokenTable) throws -> TokenBatch {
      var tokenizer = ListOpsTokenizer(limit: 2047)
      for text in texts { try text.withUnsafeBufferPointer { try tokenizer.append($0) } }
      let batch = tokenizer.finish()
      // In an empty table the tokens get the batch's own numbers.
      _ = try batch.numbers(by: &table, counting: true)
      return batch
    }
    var table = TokenTable()
    let batch = try tokenize(&table)
    try require(batch.numbers.count == expressions.reduce(0) { $0 + $1.length }, "ListOps text")
    var start = 0
    for (expression, end) in zip(expressions, batch.ends) {
      let tokens = batch.numbers[start..<end].map { table.tokens[Int($0)] }
      let words = expression.text.split(separator: " ").filter { $0 != "(" && $0 != ")" }
      try require(tokens == words.map { $0 == "]" ? "X" : String($0) }, "ListOps tokenizer")
      start = end
    }
    let bytes = texts.reduce(0) { $0 + $1.count }
    try report("ListOps generator", "rows", count: 2000) {
      for index in 0..<2000 { _ = try generator.expression(at: index).text }
    }
    try report("ListOps tokenizer", "bytes", count: bytes) {
      var table = TokenTable()
      _ = try tokenize(&table)
    }
  }

  /// The tokenizer and the counting of its tokens, on English letters with a few others.
  static func measureCharacters() throws {
    var random = PhiloxStream(Philox(seed: 1, purpose: .sample), 0)
    let letters = Array("etaoin shrdlu cmfwyp vbgkjqxz ETAOIN .,'-<br />é–".unicodeScalars)
    let texts = (0..<1000).map { _ in
      let scalars = (0..<2000).map { _ in
        // English letters are far from equally frequent; these two are rare.
        let isRare = random.next(below: 500) == 0
        return letters[
          isRare
            ? letters.count - 1 - random.next(below: 2)
            : min(random.next(below: 48), random.next(below: 48))
        ]
      }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      return Array(String(text).utf8)
    }
    func tokenize(_ table: inout TokenTable) throws -> TokenBatch {
      var tokenizer = CharacterTokenizer(limit: 4095)
      for text in texts { try text.withUnsafeBufferPointer { try tokenizer.append($0) } }
      let batch = tokenizer.finish()
      // In an empty table the tokens get the batch's own numbers.
      _ = try batch.numbers(by: &table, counting: true)
      return batch
    }
    var table = TokenTable()
    let batch = try tokenize(&table)
    let scalars = texts.map { String(decoding: $0, as: UTF8.self).unicodeScalars }
    try require(
      batch.numbers.map { table.tokens[Int($0)] } == scalars.joined().map { String($0) },
      "character tokenizer"
    )
    try require(table.counts.reduce(0, +) == batch.numbers.count, "character counts")
    try report("character tokenizer", "bytes", count: texts.reduce(0) { $0 + $1.count }) {
      var table = TokenTable()
      _ = try tokenize(&table)
    }
  }
}
