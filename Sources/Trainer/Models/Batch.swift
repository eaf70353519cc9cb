/// The inputs of one pass.
public struct Batch: Sendable {
  /// Tokens or values, row after row.
  public enum Input: Sendable {
    /// [rows * length]
    case tokens([Int32])
    /// [rows * length * channels]
    case values([Float])
  }

  /// The number of sequences.
  public var rows: Int
  /// The positions of every sequence, padding included.
  public var length: Int
  /// Tokens for an embedding, values for a linear encoder.
  public var input: Input
  /// The positions that are not padding, [rows]; nil when there is none.
  public var lengths: [Int32]?

  /// A batch of `rows` sequences.
  public init(rows: Int, length: Int, input: Input, lengths: [Int32]? = nil) {
    self.rows = rows
    self.length = length
    self.input = input
    self.lengths = lengths
  }
}

/// What the outputs of a batch should have been.
public enum Target: Sendable {
  /// The class per row, or per position when every position is kept; -100 is ignored.
  case classes([Int32])
  /// The value of every output, and how they are compared; -10000 is ignored.
  case values([Float], ValueLoss)
}

/// The loss of a batch and what it was computed from.
public struct LossResult: Sendable, Equatable {
  /// The mean over the counted targets; not a number when there is none.
  public var loss: Double
  /// The sum over the counted targets.
  public var lossSum: Double
  /// Targets that are not ignored.
  public var counted: Int
  /// Counted classes that have the largest logit; 0 for values.
  public var correct: Int

  /// A result of `counted` targets.
  public init(lossSum: Double, counted: Int, correct: Int) {
    self.lossSum = lossSum
    self.counted = counted
    self.correct = correct
    self.loss = lossSum / Double(counted)
  }
}

/// An input that a network cannot take.
public struct NetworkError: Error, CustomStringConvertible, Sendable, Equatable {
  /// What is wrong, with the values found and expected.
  public let description: String

  init(_ description: String) { self.description = description }
}
