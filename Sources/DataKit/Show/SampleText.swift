/// A token sample decoded back into text.
public enum SampleText {
  /// The text of a sample; runs of masked tokens stand in ⟦ ⟧.
  ///
  /// ListOps tokens and words are joined by spaces, with ListOps' `X` shown as `]`; characters and
  /// bytes stand as they are.
  ///
  /// - Parameters:
  ///   - ids: the sample's token ids.
  ///   - vocabulary: the tokens of the data set.
  ///   - mask: one byte per token, 1 where masked; nil marks nothing.
  /// - Returns: the text on one line.
  public static func decode(
    _ ids: [Int32],
    vocabulary: VocabularyDescription,
    mask: [UInt8]? = nil
  ) -> String {
    let isListOps = vocabulary.tokenizer == "listops"
    let isSpaced = isListOps || vocabulary.tokenizer == "words"
    var text = ""
    var isMasked = false
    for (position, id) in ids.enumerated() {
      let masked = mask.map { $0[position] == 1 } ?? false
      if isMasked, !masked { text += "⟧" }
      if isSpaced, position > 0 { text += " " }
      if masked, !isMasked { text += "⟦" }
      isMasked = masked
      let token =
        vocabulary.tokens.indices.contains(Int(id)) ? vocabulary.tokens[Int(id)] : "<id \(id)>"
      text += isListOps && token == "X" ? "]" : printable(token)
    }
    return text + (isMasked ? "⟧" : "")
  }

  /// Control characters would disturb a terminal; they are shown escaped.
  private static func printable(_ token: String) -> String {
    token.unicodeScalars.contains { $0.properties.generalCategory == .control }
      ? token.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() : token
  }
}
