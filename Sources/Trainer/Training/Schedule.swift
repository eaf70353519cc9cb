internal import RealModule

/// What multiplies every learning rate at a step.
public struct Schedule: Codable, Sendable, Equatable {
  /// What follows the warm-up.
  public enum Shape: Codable, Sendable, Equatable {
    case constant
    /// Half a cosine from 1 down to 0 at step `total`.
    case cosine(total: Int)
  }

  /// How the multiplier rises to 1.
  public enum WarmUp: String, Codable, Sendable {
    /// step / steps, as published: the first step has rate 0.
    case fromZero
    /// (step + 1) / steps: the first step moves already.
    case fromFirstStep
  }

  /// What follows the warm-up.
  public var shape: Shape
  /// How the multiplier rises to 1.
  public var warmUp: WarmUp
  /// The optimizer steps of the warm-up; 0 for none.
  public var warmUpSteps: Int

  /// A schedule; without arguments the multiplier is always 1.
  public init(_ shape: Shape = .constant, warmup: WarmUp = .fromZero, warmUpSteps: Int = 0) {
    self.shape = shape
    self.warmUp = warmup
    self.warmUpSteps = warmUpSteps
  }

  /// The multiplier of the 0-based optimizer step.
  public func multiplier(at step: Int) -> Double {
    precondition(step >= 0, "Schedule: step is \(step)")
    if step < warmUpSteps {
      let done = warmUp == .fromZero ? step : step + 1
      return Double(done) / Double(warmUpSteps)
    }
    switch shape {
    case .constant: return 1
    case .cosine(let total):
      let fraction = Double(step - warmUpSteps) / Double(max(1, total - warmUpSteps))
      return max(0, 0.5 * (1 + Double.cos(.pi * fraction)))
    }
  }
}
