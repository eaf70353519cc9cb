/// The value of a target that does not count.
let ignoredValue: Float = -10_000

/// The mean absolute error, with the gradient written over the outputs.
///
/// loss = mean over counted values of |x - target|, dx = sign(x - target) / counted
///
/// Where the target is -10000 nothing counts and the gradient is 0; sign(0) = 0.
///
/// - Parameters:
///   - outputs: x, one per target; overwritten with dx when `computesGradient`.
///   - targets: the values, or -10000.
///   - computesGradient: whether the gradient is wanted.
///   - pool: the threads that share the work.
/// - Returns: the sum over the counted values and their number.
func maskedAbsoluteError(
  _ outputs: UnsafeMutableBufferPointer<Float>,
  targets: [Float],
  computesGradient: Bool,
  _ pool: WorkerPool
) -> LossResult {
  precondition(
    outputs.count == targets.count,
    "maskedAbsoluteError: \(outputs.count) outputs, \(targets.count) targets"
  )
  let counted = targets.count { $0 != ignoredValue }
  let step = 1 / Float(max(counted, 1))
  let tiles = Tiles(of: targets.count, size: 4096)
  let sums = collect(tiles.count, pool) { index in
    var sum = 0.0
    for element in tiles[index] {
      var gradient: Float = 0
      if targets[element] != ignoredValue {
        let error = outputs[element] - targets[element]
        sum += Double(abs(error))
        gradient = error > 0 ? step : error < 0 ? -step : 0
      }
      if computesGradient { outputs[element] = gradient }
    }
    return sum
  }
  return LossResult(lossSum: sums.reduce(0, +), counted: counted, correct: 0)
}
