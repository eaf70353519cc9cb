/// The parts of a data set.
public enum Split: String, Codable, Sendable, CaseIterable {
  case train, validation, test
}

/// What one position of a sample is.
public enum InputKind: String, Codable, Sendable {
  /// A token id of a vocabulary.
  case tokens
  /// Levels 0 … 255, one per colour channel, of an image, row by row.
  case pixels
  /// A sample of sound.
  case audio
  /// Measurements of a time series.
  case series
}

/// What a label is.
public struct TargetDescription: Codable, Sendable, Equatable {
  /// The kinds of labels.
  public enum Kind: String, Codable, Sendable {
    /// A class, stored as `I64`.
    case `class`
    /// A number to be predicted, stored as `F32`.
    case value
  }

  /// The kind.
  public var kind: Kind
  /// How many classes there are; nil for values.
  public var classes: Int?
  /// What the classes are called, in class order; nil where they have no names.
  public var names: [String]?

  /// Labels that name one of `count` classes.
  public static func classes(_ count: Int, names: [String]? = nil) -> Self {
    Self(kind: .class, classes: count, names: names)
  }
  /// Labels that are numbers.
  public static let value = Self(kind: .value)
}

/// The tokens of a data set, in id order.
public struct VocabularyDescription: Codable, Sendable, Equatable {
  /// "character", "byte", "words" or "listops".
  public var tokenizer: String
  /// Every token; the position is the id.
  public var tokens: [String]
  /// How often each token stands in the cut training split; 0 for specials.
  public var counts: [Int]
  /// Tokens rarer than this in the training split became `<unk>`.
  public var minimumFrequency: Int
  /// The id that replaces a masked token in the network's input; nil where there is none.
  public var maskID: Int?
  /// The id that pads a batch.
  public var padID: Int
  /// The id of tokens outside the vocabulary.
  public var unknownID: Int
  /// The id that ends every sample.
  public var endID: Int
}

/// How stored values become a network's numbers: (v / divisor - mean) / standardDeviation, every
/// step rounded to Float32.
public struct Normalization: Codable, Sendable, Equatable {
  /// What a stored value is divided by first: 255 for pixels.
  public var divisor: Float
  /// The mean of each channel after that.
  public var mean: [Float]
  /// The deviation of each channel after that.
  public var standardDeviation: [Float]

  /// A normalization with one mean and one deviation per channel.
  public init(divisor: Float, mean: [Float], standardDeviation: [Float]) {
    self.divisor = divisor
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Bytes as numbers from -1 to 1.
  public static let signed = Normalization(divisor: 255, mean: [0.5], standardDeviation: [0.5])

  /// Grey levels of CIFAR-10 by their own mean and deviation, as published.
  public static let cifarGrey = Normalization(
    divisor: 255,
    mean: [Float(122.6 / 255.0 as Double)],
    standardDeviation: [Float(61.0 / 255.0 as Double)]
  )

  /// Whether there are usable numbers for so many channels.
  func fits(channels: Int) -> Bool {
    mean.count == channels && standardDeviation.count == channels
      && (mean + standardDeviation + [divisor]).allSatisfy(\.isFinite)
      && (standardDeviation + [divisor]).allSatisfy { $0 != 0 }
  }
}

/// One shard or mask shard of a data set.
public struct ShardEntry: Codable, Sendable, Equatable {
  /// The file's name inside the data set's folder.
  public var file: String
  /// The samples it holds.
  public var samples: Int
  /// The positions of all its sequences together.
  public var elements: Int
  /// Size and checksums.
  public var digest: FileDigest
}

/// A file of a data set that holds no samples.
public struct AttachmentEntry: Codable, Sendable, Equatable {
  /// The file's name inside the data set's folder.
  public var file: String
  /// Size and checksums.
  public var digest: FileDigest
}

/// One split of a data set.
public struct SplitDescription: Codable, Sendable, Equatable {
  /// How many samples it has.
  public var samples: Int
  /// The positions of all sequences together.
  public var elements: Int
  /// The length of the shortest sequence, in positions.
  public var minimumLength: Int
  /// The mean length of a sequence, in positions.
  public var meanLength: Double
  /// The length of the longest sequence, in positions.
  public var maximumLength: Int
  /// How many samples carry each class, in class order; empty when labels are values.
  public var labelCounts: [Int]
  /// The least label, when labels are values.
  public var minimumLabel: Float?
  /// The greatest label, when labels are values.
  public var maximumLabel: Float?
  /// The shards, in order.
  public var shards: [ShardEntry]
}

/// One mask set of a data set; the causal one has no files.
public struct MaskSetDescription: Codable, Sendable, Equatable {
  /// The name in file names.
  public var name: String
  /// "token", "span" or "causal".
  public var policy: String
  /// The share of masked positions; absent for causal.
  public var ratio: Double?
  /// The length of a span; only for span masks.
  public var spanLength: Int?
  /// The seed of the generator.
  public var seed: UInt64
  /// How many variants are stored.
  public var variants: Int
  /// The mask shards of each split, one per shard, in order.
  public var shards: [String: [ShardEntry]]
}

/// Nested subsets of the training split, for studies of how results depend on the amount of data.
public struct FractionSet: Codable, Sendable, Equatable {
  /// One subset.
  public struct Fraction: Codable, Sendable, Equatable {
    /// The share of the training split, over 0 and at most 1.
    public var fraction: Double
    /// How many samples that is.
    public var samples: Int
  }

  /// The file with one index tensor per subset, named as ``tensorName(_:)`` says.
  public var file: String
  /// Size and checksums of the file.
  public var digest: FileDigest
  /// The seed of the order in which samples join.
  public var seed: UInt64
  /// The subsets, ascending; each holds the one before it.
  public var fractions: [Fraction]

  /// The name of a subset's tensor, `I64 [samples]`: positions in the training split, ascending.
  public static func tensorName(_ fraction: Double) -> String { "fraction.\(fraction)" }
}

/// Where a data set comes from.
public struct Provenance: Codable, Sendable, Equatable {
  /// An archive that was read.
  public struct Input: Codable, Sendable, Equatable {
    /// The file's name without folders, or "standard input".
    public var name: String
    /// Its size in bytes.
    public var byteCount: Int
    /// Its SHA-256 in hexadecimal.
    public var sha256: String

    enum CodingKeys: String, CodingKey {
      case name
      case byteCount = "bytes"
      case sha256
    }
  }

  /// Something that was wrong and left out because the user allowed it.
  public struct Rejection: Codable, Sendable, Equatable {
    /// The member's path inside the archive.
    public var member: String
    /// The line inside the member, counted from 1.
    public var line: Int?
    /// What is wrong with it.
    public var reason: String
  }

  /// What was read, in order.
  public var inputs: [Input]
  /// The folder inside the archive that the members came from.
  public var prefix: String
  /// How many members became samples or metadata.
  public var membersRead: Int
  /// How many members or rows were left out, by reason.
  public var skipped: [String: Int]
  /// The first of the things left out by `--on-error`; `skipped` counts all.
  public var rejected: [Rejection]
}
