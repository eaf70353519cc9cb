/// The gates of Mega for any activation f; those of silu have kernels of their own.
extension Activation {
  /// Queries and keys as two scalings of what they share: z = f(x); q = z a_0 + b_0; k = z a_1 + b_1.
  ///
  /// The parameters are those of ``queriesAndKeysForward(_:scale:shift:queries:keys:)``.
  func queriesAndKeys(
    _ input: Matrix,
    scale: UnsafePointer<Float>,
    shift: UnsafePointer<Float>,
    queries: Matrix,
    keys: Matrix
  ) {
    guard self != .silu else {
      queriesAndKeysForward(input, scale: scale, shift: shift, queries: queries, keys: keys)
      return
    }
    let width = input.columns
    for row in 0..<input.rows {
      let (x, q, k) = (input.row(row), queries.row(row), keys.row(row))
      forLaneSpans(width) { span in
        let z = withSlope(span.load(x)).value
        span.store(span.load(shift).addingProduct(z, span.load(scale)), to: q)
        span.store(span.load(shift + width).addingProduct(z, span.load(scale + width)), to: k)
      }
    }
  }

  /// The backward pass of ``queriesAndKeys(_:scale:shift:queries:keys:)``.
  ///
  /// The parameters are those of ``queriesAndKeysBackward(_:_:input:scale:into:sums:)``.
  func queriesAndKeysGradient(
    _ queryGradient: Matrix,
    _ keyGradient: Matrix,
    input: Matrix,
    scale: UnsafePointer<Float>,
    into inputGradient: Matrix,
    sums: UnsafeMutablePointer<Float>
  ) {
    guard self != .silu else {
      queriesAndKeysBackward(
        queryGradient,
        keyGradient,
        input: input,
        scale: scale,
        into: inputGradient,
        sums: sums
      )
      return
    }
    let width = input.columns
    for row in 0..<input.rows {
      let (x, dx) = (input.row(row), inputGradient.row(row))
      let (dq, dk) = (queryGradient.row(row), keyGradient.row(row))
      forLaneSpans(width) { span in
        let (z, slope) = withSlope(span.load(x))
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

  /// y = a f(r), all [rows, width]; y is overwritten.
  func reset(_ input: Matrix, by reset: Matrix, into output: Matrix) {
    guard self != .silu else {
      resetForward(input, reset: reset, into: output)
      return
    }
    for row in 0..<input.rows {
      let (a, r, y) = (input.row(row), reset.row(row), output.row(row))
      forLaneSpans(input.columns) { span in
        span.store(span.load(a) * withSlope(span.load(r)).value, to: y)
      }
    }
  }

  /// The backward pass of y = a f(r): `gradient` dy is overwritten with da, `resetGradient` with dr.
  func resetGradient(
    _ gradient: Matrix,
    input: Matrix,
    by reset: Matrix,
    into resetGradient: Matrix
  ) {
    guard self != .silu else {
      resetBackward(gradient, input: input, reset: reset, into: resetGradient)
      return
    }
    for row in 0..<input.rows {
      let (a, r) = (input.row(row), reset.row(row))
      let (dy, dr) = (gradient.row(row), resetGradient.row(row))
      forLaneSpans(input.columns) { span in
        let (value, slope) = withSlope(span.load(r))
        let gradient = span.load(dy)
        span.store(gradient * value, to: dy)
        span.store(gradient * span.load(a) * slope, to: dr)
      }
    }
  }
}
