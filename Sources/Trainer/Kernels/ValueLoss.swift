/// The value of a target that does not count.
let ignoredValue: Float = -10_000

/// How an output is compared with the value that it should have been.
public enum ValueLoss: Sendable {
  /// |x - target|
  case absolute
  /// (x - target)^2
  case squared
}

/// The mean error of values, with the gradient written over the outputs.
///
/// absolute: loss = mean over counted values of |x - target|, dx = sign(x - target) / counted
///
/// squared: loss = mean of (x - target)^2, dx = 2 (x - target) / counted
///
/// Where the target is -10000 nothing counts and the gradient is 0; sign(0) = 0.
///
/// - Parameters:
///   - outputs: x, one per target; overwritten with dx when `computesGradient`.
///   - targets: the values, or -10000.
///   - kind: absolute or squared.
///   - computesGradient: whether the gradient is wanted.
///   - total: the counted values of the whole batch when these are a part of it; those here when nil.
///   - pool: the threads that share the work.
/// - Returns: the sum over the counted values and their number.
func maskedError(
  _ outputs: UnsafeMutableBufferPointer<Float>,
  targets: [Float],
  _ kind: ValueLoss,
  computesGradient: Bool,
  of total: Int? = nil,
  _ pool: WorkerPool
) -> LossResult {
  precondition(
    outputs.count == targets.count,
    "maskedError: \(outputs.count) outputs, \(targets.count) targets"
  )
  let counted = targets.count { $0 != ignoredValue }
  let step = 1 / Float(max(total ?? counted, 1))
  let tiles = Tiles(of: targets.count, size: 4096)
  let sums = collect(tiles.count, pool) { index in
    var sum = 0.0
    for element in tiles[index] {
      var gradient: Float = 0
      if targets[element] != ignoredValue {
        let error = outputs[element] - targets[element]
        switch kind {
        case .absolute:
          sum += Double(abs(error))
          gradient = error > 0 ? step : error < 0 ? -step : 0
        case .squared:
          sum += Double(error) * Double(error)
          gradient = 2 * error * step
        }
      }
      if computesGradient { outputs[element] = gradient }
    }
    return sum
  }
  return LossResult(lossSum: sums.reduce(0, +), counted: counted, correct: 0)
}
