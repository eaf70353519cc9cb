/// How denoising targets are chosen.
///
/// Which elements are masked is a pure function of (seed, variant, sample id, position), so a mask
/// can be stored or computed, on any machine and in any order, with the same bits.
public enum MaskPolicy: Sendable, Equatable {
  /// Every position is masked independently with probability `ratio` (0 < ratio <= 1).
  ///
  /// Position p takes bits 16 (p mod 8) … 16 (p mod 8) + 15 of the Philox block with key
  /// (seed, "TOKN") and counter (p / 8, variant, sample id low, sample id high), and is masked when
  /// that number is below ratio * 65536, rounded.
  case token(ratio: Double)
  /// Spans of `length` positions that do not overlap cover about `ratio` of the sample.
  ///
  /// The sample is treated as a circle: of all arrangements of the spans one is drawn with equal
  /// chance and turned by a uniform offset. Every position, the ends included, is therefore masked
  /// with the same probability; at most one span is cut in two by the end.
  case span(ratio: Double, length: Int)
  /// Nothing is masked; the target of a position is the next element.
  case causal
}

/// A mask policy with a seed and a number of stored variants: what `--mask` names.
public struct MaskSet: Sendable, Equatable {
  /// How positions are chosen.
  public let policy: MaskPolicy
  /// The seed; 0 … 2^63 - 1.
  public let seed: UInt64
  /// How many variants are stored, at most ``variantLimit``; variant k serves epoch k, and any later
  /// one is computed.
  public let variants: Int

  /// The most variants that are stored.
  public static let variantLimit = 10_000

  /// A mask set.
  public init(policy: MaskPolicy, seed: UInt64 = 0, variants: Int = 1) {
    self.policy = policy
    self.seed = seed
    self.variants = variants
  }

  /// The name used in file names and manifests, such as `token-0.50-seed-0`.
  public var name: String {
    switch policy {
    case .token(let ratio): "token-\(Self.text(of: ratio))-seed-\(seed)"
    case .span(let ratio, let length):
      "span-\(Self.text(of: ratio))-length-\(length)-seed-\(seed)"
    case .causal: "causal"
    }
  }

  /// The ratio with at least two decimals, so that names sort and look alike.
  private static func text(of ratio: Double) -> String {
    let text = "\(ratio)"
    return text.count < 4 ? text + "0" : text
  }
}

/// A mask specification that cannot be understood.
public struct MaskSpecificationError: Error, CustomStringConvertible, Sendable {
  /// The text as given.
  public let text: String
  /// What is wrong with it.
  public let reason: String

  /// One sentence with the text, the reason and the accepted forms.
  public var description: String {
    "mask '\(text)': \(reason)\nhint: use token:RATIO, span:RATIO:length=N or causal, "
      + "with :seed=N and :variants=N as needed"
  }
}

extension MaskSet {
  /// Reads `token:0.5:seed=0:variants=4`, `span:0.5:length=8:seed=0`, or `causal`.
  ///
  /// - Throws: ``MaskSpecificationError`` when the text is none of these.
  public init(parsing text: String) throws(MaskSpecificationError) {
    func refuse(_ reason: String) -> MaskSpecificationError {
      MaskSpecificationError(text: text, reason: reason)
    }
    var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let kind = parts.removeFirst()
    if kind == "causal" {
      guard parts.isEmpty else { throw refuse("causal takes no settings") }
      self.init(policy: .causal, variants: 0)
      return
    }
    guard kind == "token" || kind == "span" else {
      throw refuse("'\(kind)' is not a mask policy")
    }
    guard let first = parts.first, let ratio = Double(first), ratio > 0, ratio <= 1 else {
      throw refuse("the ratio must be a number over 0 and at most 1")
    }
    var settings = ["seed": 0, "variants": 1]
    if kind == "span" { settings["length"] = 8 }
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2, settings[pair[0]] != nil else {
        throw refuse("'\(part)' is not a setting of a \(kind) mask")
      }
      let range =
        pair[0] == "seed" ? 0...1 << 31 : 1...(pair[0] == "variants" ? Self.variantLimit : 1 << 31)
      guard let value = Int(pair[1]), range.contains(value) else {
        throw refuse(
          "'\(part)' is not a whole number from \(range.lowerBound) to \(range.upperBound)"
        )
      }
      settings[pair[0]] = value
    }
    let policy: MaskPolicy =
      kind == "token"
      ? .token(ratio: ratio) : .span(ratio: ratio, length: settings["length"] ?? 8)
    self.init(
      policy: policy,
      seed: UInt64(settings["seed"] ?? 0),
      variants: settings["variants"] ?? 1
    )
  }
}
