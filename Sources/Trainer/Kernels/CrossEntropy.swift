internal import RealModule

/// The class of a target that does not count.
let ignoredClass: Int32 = -100

/// The rows of one partial sum.
private let rowTile = 64

/// What a loss found in some rows.
struct LossSum: Sendable {
  var sum = 0.0
  var correct = 0
}

/// Softmax and cross entropy in one pass, with the gradient written over the logits.
///
/// loss = mean over counted rows of log(sum_j e^(x_j)) - x_target,
/// dx_j = (e^(x_j) / sum_i e^(x_i) - [j = target]) / counted
///
/// Rows whose target is -100 do not count and get a gradient of 0.
///
/// - Parameters:
///   - logits: x, [rows, classes]; overwritten with dx when `computesGradient`.
///   - targets: a class or -100 per row.
///   - computesGradient: whether the gradient is wanted.
///   - total: the counted rows of the whole batch when these are a part of it; those here when nil.
///   - pool: the threads that share the work.
/// - Returns: the sum over the counted rows, their number, and how many have their target as the
///   first largest logit. Partial sums are in Double.
/// - Precondition: there is a target per row; every class exists.
func softmaxCrossEntropy(
  _ logits: Matrix,
  targets: [Int32],
  computesGradient: Bool,
  of total: Int? = nil,
  _ pool: WorkerPool
) -> LossResult {
  precondition(
    targets.count == logits.rows,
    "softmaxCrossEntropy: \(targets.count) targets for logits \(logits.shape)"
  )
  let counted = targets.count { $0 != ignoredClass }
  let factor: Float? = computesGradient ? 1 / Float(max(total ?? counted, 1)) : nil
  let tiles = Tiles(of: logits.rows, size: rowTile)
  let sums = collect(tiles.count, pool) { index in
    var result = LossSum()
    for row in tiles[index] {
      let target = targets[row]
      let values = UnsafeMutableBufferPointer(start: logits.row(row), count: logits.columns)
      if target == ignoredClass {
        if factor != nil { values.update(repeating: 0) }
      } else {
        let (loss, isCorrect) = crossEntropyRow(values, target: Int(target), factor: factor)
        result.sum += loss
        result.correct += isCorrect ? 1 : 0
      }
    }
    return result
  }
  return LossResult(
    lossSum: sums.reduce(0) { $0 + $1.sum },
    counted: counted,
    correct: sums.reduce(0) { $0 + $1.correct }
  )
}

private func crossEntropyRow(
  _ values: UnsafeMutableBufferPointer<Float>,
  target: Int,
  factor: Float?
) -> (loss: Double, isCorrect: Bool) {
  var best = 0
  for index in values.indices where values[index] > values[best] { best = index }
  let largest = values[best]
  let targetLogit = values[target]
  guard let base = values.baseAddress else { return (0, false) }
  let total = sumOfExponentials(base, count: values.count, minus: largest, stores: factor != nil)
  if let factor {
    let scale = factor / total
    for index in values.indices { values[index] *= scale }
    values[target] -= factor
  }
  return (Double(Float.log(total)) + Double(largest) - Double(targetLogit), best == target)
}

/// The sum of e^(x - shift), which may replace x.
@inline(__always)
func sumOfExponentials(
  _ x: UnsafeMutablePointer<Float>,
  count: Int,
  minus shift: Float,
  stores: Bool
) -> Float {
  var sums = Lanes.zero
  var rest: Float = 0
  forLanes(count) { start in
    let power = exponential(Lanes(x + start) - Lanes(repeating: shift))
    if stores { power.store(to: x + start) }
    sums += power
  } rest: { start, left in
    let lanes = Lanes(UnsafePointer(x + start), count: left, filler: shift)
    let power = exponential(lanes - Lanes(repeating: shift))
    for lane in 0..<left { rest += power[lane] }
    if stores { power.store(to: x + start, count: left) }
  }
  return sums.laneSum + rest
}

/// The results of a function of an index, computed on all threads.
func collect<Element>(
  _ count: Int,
  _ pool: WorkerPool,
  _ element: (Int) -> Element
) -> [Element] {
  [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
    let results = buffer
    pool.parallelFor(count) { results.initializeElement(at: $0, to: element($0)) }
    initialized = count
  }
}
