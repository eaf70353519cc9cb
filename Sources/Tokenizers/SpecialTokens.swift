/// The tokens that stand before all others in a vocabulary, in id order.
public enum SpecialTokens: String, Sendable, CaseIterable {
  /// `<mask>`, `<pad>`, `<unk>`, `<eos>`: what the paper's experiments use.
  case standard
  /// Those and `<cls>`, for networks that append it to a batch; it is never stored.
  case classToken = "cls"
  /// `<pad>`, `<unk>`, `<eos>`: the vocabulary before there was a `<mask>`; such data cannot be
  /// used for masked pretraining.
  case noMask = "no-mask"

  /// The tokens; the position is the id.
  public var tokens: [String] {
    switch self {
    case .standard: ["<mask>", "<pad>", "<unk>", "<eos>"]
    case .classToken: ["<mask>", "<pad>", "<unk>", "<eos>", "<cls>"]
    case .noMask: ["<pad>", "<unk>", "<eos>"]
    }
  }

  /// The id that replaces a masked token; nil where there is none.
  public var maskID: Int? { self == .noMask ? nil : 0 }
  /// The id that pads a batch.
  public var padID: Int { self == .noMask ? 0 : 1 }
  /// The id of tokens outside the vocabulary.
  public var unknownID: Int { padID + 1 }
  /// The id that ends a sample.
  public var endID: Int { padID + 2 }
}
