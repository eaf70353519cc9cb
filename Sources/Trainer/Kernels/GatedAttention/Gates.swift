/// Queries and keys as two scalings of what they share.
///
/// z = f(x); q = z a_0 + b_0; k = z a_1 + b_1
///
/// - Parameters:
///   - function: f.
///   - input: x, [rows, width].
///   - scale: a, [2, width].
///   - shift: b, [2, width].
///   - queries: q, [rows, width]; overwritten.
///   - keys: k, likewise.
func queriesAndKeysForward<Function: LaneFunction>(
  _ function: Function,
  _ input: Matrix,
  scale: UnsafePointer<Float>,
  shift: UnsafePointer<Float>,
  queries: Matrix,
  keys: Matrix
) {
  let width = input.columns
  for row in 0..<input.rows {
    let (x, q, k) = (input.row(row), queries.row(row), keys.row(row))
    forLaneSpans(width) { span in
      let z = function.withSlope(span.load(x)).value
      span.store(span.load(shift).addingProduct(z, span.load(scale)), to: q)
      span.store(span.load(shift + width).addingProduct(z, span.load(scale + width)), to: k)
    }
  }
}

/// The backward pass of ``queriesAndKeysForward(_:_:scale:shift:queries:keys:)``.
///
/// dz = dq a_0 + dk a_1; da_0 = sum(dq z), db_0 = sum(dq), and likewise for k
///
/// - Parameters:
///   - function: f.
///   - queryGradient: dq, [rows, width].
///   - keyGradient: dk, likewise.
///   - input: x.
///   - scale: a.
///   - inputGradient: dx, [rows, width]; overwritten.
///   - sums: da, [2, width], then db, [2, width]; added to.
func queriesAndKeysBackward<Function: LaneFunction>(
  _ function: Function,
  _ queryGradient: Matrix,
  _ keyGradient: Matrix,
  input: Matrix,
  scale: UnsafePointer<Float>,
  into inputGradient: Matrix,
  sums: UnsafeMutablePointer<Float>
) {
  let width = input.columns
  for row in 0..<input.rows {
    let (x, dx) = (input.row(row), inputGradient.row(row))
    let (dq, dk) = (queryGradient.row(row), keyGradient.row(row))
    forLaneSpans(width) { span in
      let (z, slope) = function.withSlope(span.load(x))
      let (dq, dk) = (span.load(dq), span.load(dk))
      let dz = (dq * span.load(scale)).addingProduct(dk, span.load(scale + width))
      span.store(dz * slope, to: dx)
      span.add(dq * z, to: sums)
      span.add(dk * z, to: sums + width)
      span.add(dq, to: sums + 2 * width)
      span.add(dk, to: sums + 3 * width)
    }
  }
}

/// y = a f(r), both [rows, width].
///
/// - Parameters:
///   - function: f.
///   - input: a.
///   - reset: r.
///   - output: y; overwritten.
func resetForward<Function: LaneFunction>(
  _ function: Function,
  _ input: Matrix,
  reset: Matrix,
  into output: Matrix
) {
  for row in 0..<input.rows {
    let (a, r, y) = (input.row(row), reset.row(row), output.row(row))
    forLaneSpans(input.columns) { span in
      span.store(span.load(a) * function.withSlope(span.load(r)).value, to: y)
    }
  }
}

/// The backward pass of y = a f(r).
///
/// - Parameters:
///   - function: f.
///   - gradient: dy; overwritten with da.
///   - input: a.
///   - reset: r.
///   - resetGradient: dr; overwritten.
func resetBackward<Function: LaneFunction>(
  _ function: Function,
  _ gradient: Matrix,
  input: Matrix,
  reset: Matrix,
  into resetGradient: Matrix
) {
  for row in 0..<input.rows {
    let (a, r) = (input.row(row), reset.row(row))
    let (dy, dr) = (gradient.row(row), resetGradient.row(row))
    forLaneSpans(input.columns) { span in
      let (value, slope) = function.withSlope(span.load(r))
      let gradient = span.load(dy)
      span.store(gradient * value, to: dy)
      span.store(gradient * span.load(a) * slope, to: dr)
    }
  }
}

/// The gate between what was and what comes: y = x + sigmoid(u) (h - x), all [rows, width].
///
/// - Parameters:
///   - input: x.
///   - update: u.
///   - candidate: h.
///   - output: y; overwritten.
func updateForward(_ input: Matrix, update: Matrix, candidate: Matrix, into output: Matrix) {
  for row in 0..<input.rows {
    let (x, u) = (input.row(row), update.row(row))
    let (h, y) = (candidate.row(row), output.row(row))
    forLaneSpans(input.columns) { span in
      let x = span.load(x)
      span.store(x.addingProduct(sigmoid(span.load(u)), span.load(h) - x), to: y)
    }
  }
}

/// The backward pass of y = x + s (h - x), s = sigmoid(u).
///
/// du = dy (h - x) s (1 - s); dh = dy s; dx = dy (1 - s)
///
/// - Parameters:
///   - gradient: dy; overwritten with dx.
///   - input: x.
///   - update: u.
///   - candidate: h.
///   - updateGradient: du; overwritten.
///   - candidateGradient: dh; overwritten.
func updateBackward(
  _ gradient: Matrix,
  input: Matrix,
  update: Matrix,
  candidate: Matrix,
  into updateGradient: Matrix,
  candidateGradient: Matrix
) {
  for row in 0..<input.rows {
    let (x, u, h) = (input.row(row), update.row(row), candidate.row(row))
    let (dy, du, dh) = (gradient.row(row), updateGradient.row(row), candidateGradient.row(row))
    forLaneSpans(input.columns) { span in
      let gate = sigmoid(span.load(u))
      let gradient = span.load(dy)
      let forward = gradient * gate
      span.store(forward * (1 - gate) * (span.load(h) - span.load(x)), to: du)
      span.store(forward, to: dh)
      span.store(gradient - forward, to: dy)
    }
  }
}
