/// The gated linear unit: y = a sigmoid(b) (+ r), for the two halves a and b of every row.
///
/// Source: Dauphin, Fan, Auli and Grangier, "Language modeling with gated convolutional
/// networks", 2017.
///
/// - Parameters:
///   - input: (a, b), [rows, 2 width].
///   - residual: r, [rows, width]; nil adds nothing.
///   - output: y, [rows, width]; overwritten.
func gateForward(_ input: Matrix, adding residual: Matrix?, into output: Matrix) {
  let width = output.columns
  for row in 0..<output.rows {
    let (a, b, y) = (input.row(row), input.row(row) + width, output.row(row))
    let r = residual?.row(row)
    forLanes(width) { start in
      var value = Lanes(a + start) * sigmoid(Lanes(b + start))
      if let r { value += Lanes(r + start) }
      value.store(to: y + start)
    } rest: { start, count in
      var value = load(a + start, count) * sigmoid(load(b + start, count))
      if let r { value += load(r + start, count) }
      value.store(to: y + start, count: count)
    }
  }
}

/// The backward pass of y = a sigmoid(b).
///
/// da = dy sigmoid(b); db = dy a sigmoid(b) (1 - sigmoid(b))
///
/// - Parameters:
///   - outputGradient: dy, [rows, width].
///   - input: (a, b), [rows, 2 width].
///   - inputGradient: (da, db), [rows, 2 width]; overwritten.
func gateBackward(_ outputGradient: Matrix, input: Matrix, into inputGradient: Matrix) {
  let width = outputGradient.columns
  for row in 0..<outputGradient.rows {
    let (a, b, dy) = (input.row(row), input.row(row) + width, outputGradient.row(row))
    let (da, db) = (inputGradient.row(row), inputGradient.row(row) + width)
    forLanes(width) { start in
      let gate = sigmoid(Lanes(b + start))
      let first = Lanes(dy + start) * gate
      first.store(to: da + start)
      (first * Lanes(a + start) * (1 - gate)).store(to: db + start)
    } rest: { start, count in
      let gate = sigmoid(load(b + start, count))
      let first = load(dy + start, count) * gate
      first.store(to: da + start, count: count)
      (first * load(a + start, count) * (1 - gate)).store(to: db + start, count: count)
    }
  }
}

@inline(__always)
private func load(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) -> Lanes {
  Lanes(pointer, count: count, filler: 0)
}

/// 1 / (1 + e^-x) in every lane.
@inline(__always)
func sigmoid(_ x: Lanes) -> Lanes {
  let floor = Lanes(repeating: -87)
  return 1 / (1 + exponential(-x.larger(floor)))
}
