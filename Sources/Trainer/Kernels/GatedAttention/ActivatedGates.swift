/// The gates of Mega for any activation f, compiled apart for silu, which Mega has mostly.
extension Activation {
  /// ``queriesAndKeysForward(_:_:scale:shift:queries:keys:)`` of this activation.
  func queriesAndKeys(
    _ input: Matrix,
    scale: UnsafePointer<Float>,
    shift: UnsafePointer<Float>,
    queries: Matrix,
    keys: Matrix
  ) {
    func run(_ function: some LaneFunction) {
      queriesAndKeysForward(
        function,
        input,
        scale: scale,
        shift: shift,
        queries: queries,
        keys: keys
      )
    }
    self == .silu ? run(Silu()) : run(self)
  }

  /// ``queriesAndKeysBackward(_:_:_:input:scale:into:sums:)`` of this activation.
  func queriesAndKeysGradient(
    _ queryGradient: Matrix,
    _ keyGradient: Matrix,
    input: Matrix,
    scale: UnsafePointer<Float>,
    into inputGradient: Matrix,
    sums: UnsafeMutablePointer<Float>
  ) {
    func run(_ function: some LaneFunction) {
      queriesAndKeysBackward(
        function,
        queryGradient,
        keyGradient,
        input: input,
        scale: scale,
        into: inputGradient,
        sums: sums
      )
    }
    self == .silu ? run(Silu()) : run(self)
  }

  /// ``resetForward(_:_:reset:into:)`` of this activation.
  func reset(_ input: Matrix, by reset: Matrix, into output: Matrix) {
    self == .silu
      ? resetForward(Silu(), input, reset: reset, into: output)
      : resetForward(self, input, reset: reset, into: output)
  }

  /// ``resetBackward(_:_:input:reset:into:)`` of this activation.
  func resetGradient(
    _ gradient: Matrix,
    input: Matrix,
    by reset: Matrix,
    into resetGradient: Matrix
  ) {
    self == .silu
      ? resetBackward(Silu(), gradient, input: input, reset: reset, into: resetGradient)
      : resetBackward(self, gradient, input: input, reset: reset, into: resetGradient)
  }
}
