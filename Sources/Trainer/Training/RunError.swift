/// A run that cannot start, go on or be read.
public struct RunError: Error, CustomStringConvertible, Sendable {
  /// The run's folder, a file in it, or what the sentence is about.
  public let place: String
  /// What is wrong, lower case.
  public let reason: String
  /// What to do about it.
  public let hint: String?

  /// An error about `place`.
  public init(_ place: String, _ reason: String, hint: String? = nil) {
    self.place = place
    self.reason = reason
    self.hint = hint
  }

  /// One sentence, and a hint on a line of its own where there is one.
  public var description: String { "\(place): \(reason)" + (hint.map { "\nhint: \($0)" } ?? "") }
}

/// A checkpoint that cannot be read or does not fit.
public struct CheckpointError: Error, CustomStringConvertible, Sendable {
  /// The checkpoint's path.
  public let path: String
  /// What is wrong, lower case, found against expected.
  public let reason: String
  /// What to do about it.
  public let hint: String?

  /// An error about the checkpoint at `path`.
  public init(path: String, reason: String, hint: String? = nil) {
    self.path = path
    self.reason = reason
    self.hint = hint
  }

  /// One sentence, and a hint on a line of its own where there is one.
  public var description: String { "\(path): \(reason)" + (hint.map { "\nhint: \($0)" } ?? "") }
}

/// A training step whose loss or gradient is not a number.
public struct DivergenceError: Error, CustomStringConvertible, Sendable {
  /// The 1-based step.
  public let step: Int
  /// The loss of the step's batch.
  public let loss: Double
  /// The global norm of the gradients before clipping.
  public let gradientNorm: Double
  /// The learning rate that the step would have had.
  public let learningRate: Double
  /// The last checkpoint on disk, if one was written.
  public let checkpoint: String?

  /// One sentence with the numbers, and where to go on from.
  public var description: String {
    "the \(loss.isFinite ? "gradient" : "loss") is not finite at step \(step) (loss \(loss), "
      + "gradient norm \(gradientNorm), learning rate \(learningRate))\n"
      + "hint: "
      + (checkpoint.map { "the last good checkpoint is \($0); " } ?? "no checkpoint was written; ")
      + "try a smaller --learning-rate or a longer --warmup"
  }
}
