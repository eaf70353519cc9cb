internal import DataKit

/// What the samples of a task are, as the data set's manifest tells.
public struct TaskDescription: Codable, Sendable, Equatable {
  /// What is to be told of a sample, in a few words; nil for data of one's own without such words.
  public var predicts: String?
  /// The task as `lra-prep` names it.
  public var task: String
  /// What an element is: "tokens", "pixels", "audio" or "series".
  public var input: String
  /// How text became tokens; nil where elements are no tokens.
  public var tokenizer: String?
  /// How many tokens there are, special ones included.
  public var vocabulary: Int?
  /// Sequences of a sample.
  public var sequences: Int
  /// Values of a position.
  public var channels: Int
  /// The lengths of sequences, by split.
  public var lengths: [String: Lengths]
  /// How many classes there are; nil where labels are values.
  public var classes: Int?
  /// What the classes are called.
  public var classNames: [String]?
  /// Samples of each class, by split.
  public var classCounts: [String: [Int]]
  /// The program that made the data set.
  public var tool: String
  /// The command that makes the data set of the inputs again.
  public var command: String

  /// How long sequences are, in positions.
  public struct Lengths: Codable, Sendable, Equatable {
    /// The shortest.
    public var least: Int
    /// The mean.
    public var mean: Double
    /// The longest.
    public var greatest: Int
  }

  /// That of a data set.
  ///
  /// - Parameters:
  ///   - manifest: of the data set.
  ///   - words: what is to be told of a sample, by the author of a study.
  ///   - folder: where the data set is, as it was given.
  init(_ manifest: Manifest, words: String? = nil, folder: String) {
    predicts = words ?? Self.words(of: manifest.task)
    task = manifest.task
    input = manifest.input.rawValue
    tokenizer = manifest.vocabulary?.tokenizer
    vocabulary = manifest.vocabulary?.tokens.count
    (sequences, channels) = (manifest.sequences, manifest.channels)
    lengths = manifest.splits.mapValues {
      Lengths(least: $0.minimumLength, mean: $0.meanLength, greatest: $0.maximumLength)
    }
    classes = manifest.target.kind == .class ? manifest.classes : nil
    classNames = manifest.target.names
    classCounts = manifest.splits.mapValues(\.labelCounts).filter { !$0.value.isEmpty }
    tool = manifest.tool
    command = manifest.buildCommand(output: folder)
  }

  /// What the published tasks ask (docs/archives.md); nil for data of one's own.
  private static func words(of task: String) -> String? {
    switch task {
    case "listops":
      "the value, 0 to 9, of nested minima, maxima, medians and sums modulo 10 of digits"
    case "text": "whether a film review is negative or positive"
    case "retrieval": "whether one of two papers cites the other"
    case "image", "image-colour": "which of ten things a photograph of CIFAR-10 shows"
    case _ where task.hasPrefix("pathfinder"):
      "whether a dashed path joins the two dots of a drawing"
    case "speech", "speech10": "which word is spoken"
    case "bidmc-rr": "the respiratory rate of two curves of a patient"
    case "bidmc-hr": "the heart rate of two curves of a patient"
    case "bidmc-spo2": "the blood's oxygen saturation of two curves of a patient"
    default: nil
    }
  }
}
