internal import Tokenizers

/// How a task's vocabulary is made of the tokens of its training split.
struct VocabularyRule {
  /// The tokenizer's name in the manifest.
  var tokenizer: String
  /// Tokens counted less often become `<unk>`.
  var minimumFrequency: Int
  /// The tokens before all others.
  var specials = SpecialTokens.standard
  /// Whether all tokens are kept, in the table's order.
  var isFixed = false
  /// Whether the user may set tokenizer and minimum frequency.
  var isChosen = false

  /// The rule of a kind of text tokenizer that the user may choose.
  init(_ kind: TokenizerKind, minimumFrequency: Int, specials: SpecialTokens?) {
    tokenizer = kind.rawValue
    isFixed = kind == .byte
    isChosen = true
    self.minimumFrequency = kind == .byte ? 1 : minimumFrequency
    self.specials = specials ?? .standard
  }

  /// The rule of a tokenizer of the given name.
  init(tokenizer: String, minimumFrequency: Int) {
    self.tokenizer = tokenizer
    self.minimumFrequency = minimumFrequency
  }

  /// The vocabulary of a counted table.
  ///
  /// - Throws: ``ArchiveError`` when it would have too many tokens.
  func vocabulary(of table: TokenTable, in context: CollectorContext) throws -> Vocabulary {
    guard !isFixed else { return Vocabulary(fixed: table, specials: specials) }
    do throws(TokenizerError) {
      return try Vocabulary(table, minimumFrequency: minimumFrequency, specials: specials)
    } catch {
      guard isChosen, case .vocabularyTooLarge(_, let fitting, let keeping) = error else {
        throw context.error("\(error)")
      }
      throw context.error(
        "\(error)",
        hint: "--min-frequency \(fitting) keeps \(keeping) of them, the others become <unk>; "
          + "--tokenizer character or byte has fewer"
      )
    }
  }

  /// What to say of texts that have words which are called like specials.
  func notes(on table: TokenTable) -> [String] {
    guard !isFixed else { return [] }
    let names = specials.tokens.enumerated().compactMap { id, name in
      id != specials.unknownID && table.contains(name) ? name : nil
    }
    guard !names.isEmpty else { return [] }
    return [
      "texts have the words \(names.joined(separator: ", ")), which are names of special tokens: "
        + "there they become <unk>"
    ]
  }
}
