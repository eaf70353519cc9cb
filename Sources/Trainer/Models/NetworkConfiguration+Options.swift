extension NetworkConfiguration {
  /// Which channels of a head rotary attention turns.
  public struct Rotary: Codable, Sendable, Equatable {
    /// Which two channels make a pair, with d turned channels.
    public enum Pairing: String, Codable, Sendable {
      /// 2m and 2m + 1.
      case adjacent
      /// m and m + d / 2, as in GPT-NeoX.
      case halves
    }

    /// The share of a head's channels that are turned, the first ones; the others pass as they are.
    public var fraction: Double
    /// Which two channels make a pair.
    public var pairing: Pairing

    /// All channels in adjacent pairs, unless told otherwise.
    public init(fraction: Double = 1, pairing: Pairing = .adjacent) {
      self.fraction = fraction
      self.pairing = pairing
    }

    /// Both in one line, for messages.
    var summary: String { "\(fraction) of a head, pairs \(pairing.rawValue)" }

    /// The turned channels of a head, rounded down.
    func width(ofHead headWidth: Int) -> Int { Int(fraction * Double(headWidth)) }
  }

  /// How the layers of a round follow each other.
  public enum Residual: String, Codable, Sendable {
    /// x <- x + f(norm(x)) with every layer f in turn, or norm(x + f(x)).
    case sequential
    /// x + f1(norm1(x)) + f2(norm2(x)) + ...: all layers of a round see its input.
    case parallel
  }

  /// Whether all layers of a round see its input.
  var isParallel: Bool { residual == .parallel }

  /// The positions before a sequence's own: 1 with a class token.
  var tokensBefore: Int { classToken == true ? 1 : 0 }
}
