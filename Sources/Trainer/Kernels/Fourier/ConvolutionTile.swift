/// At most eight channels of a convolution, on their way between matrices and the buffers of a
/// transform, [transformLength, 8].
struct ConvolutionTile {
  let shape: ConvolutionShape
  let channels: Range<Int>

  /// Eight values, or as many as there are channels.
  @inline(__always)
  private func lanes(_ pointer: UnsafePointer<Float>) -> Lanes {
    channels.count == 8
      ? Lanes(pointer) : Lanes(pointer, count: channels.count, filler: 0)
  }

  @inline(__always)
  private func store(_ lanes: Lanes, to pointer: UnsafeMutablePointer<Float>) {
    if channels.count == 8 {
      lanes.store(to: pointer)
    } else {
      lanes.store(to: pointer, count: channels.count)
    }
  }

  /// The first of the channels at a position of a sequence.
  @inline(__always)
  private func place(_ matrix: Matrix, _ row: Int, _ position: Int) -> UnsafeMutablePointer<Float> {
    matrix.row(row * shape.length + position) + channels.lowerBound
  }

  /// Copies the first `count` positions of a sequence; what follows is 0.
  func load(_ matrix: Matrix, row: Int, count: Int, into buffer: UnsafeMutablePointer<Float>) {
    for position in 0..<count {
      lanes(place(matrix, row, position)).store(to: buffer + 8 * position)
    }
    (buffer + 8 * count).update(repeating: 0, count: 8 * (shape.transformLength - count))
  }

  /// Copies the positions of a sequence back; those from `count` on are 0.
  func store(
    _ buffer: UnsafeMutablePointer<Float>,
    row: Int,
    count: Int? = nil,
    into matrix: Matrix,
    adds: Bool
  ) {
    let count = count ?? shape.length
    for position in 0..<shape.length {
      let target = place(matrix, row, position)
      let value = position < count ? Lanes(buffer + 8 * position) : .zero
      store(adds ? lanes(target) + value : value, to: target)
    }
  }

  /// output += scale * input for the first `count` positions of a sequence.
  func addScaled(
    _ input: Matrix,
    by scale: UnsafePointer<Float>,
    row: Int,
    count: Int,
    to output: Matrix
  ) {
    let factors = lanes(scale + channels.lowerBound)
    for position in 0..<count {
      let target = place(output, row, position)
      let source = lanes(place(input, row, position))
      store(lanes(target).addingProduct(factors, source), to: target)
    }
  }

  /// sums += the products of two sequences, over the first `count` positions.
  func addProducts(
    _ left: Matrix,
    _ right: Matrix,
    row: Int,
    count: Int,
    to sums: UnsafeMutablePointer<Float>
  ) {
    var total = Lanes.zero
    for position in 0..<count {
      total.addProduct(lanes(place(left, row, position)), lanes(place(right, row, position)))
    }
    let target = sums + channels.lowerBound
    store(lanes(target) + total, to: target)
  }

  /// Lays the kernels out by their lags, those to the right of the position at the end.
  func loadKernel(_ kernel: UnsafePointer<Float>, into buffer: UnsafeMutablePointer<Float>) {
    buffer.update(repeating: 0, count: 8 * shape.transformLength)
    forLags { source, lag in
      let target = buffer + 8 * lag
      (Lanes(target) + lanes(kernel + source)).store(to: target)
    }
  }

  /// Takes kernels out of a buffer that is laid out by lags.
  func storeKernel(
    _ buffer: UnsafeMutablePointer<Float>,
    scale: Float,
    into kernel: UnsafeMutablePointer<Float>
  ) {
    forLags { target, lag in store(Lanes(buffer + 8 * lag) * scale, to: kernel + target) }
  }

  /// Calls `body` with the place of every kernel value and of its lag.
  @inline(__always)
  private func forLags(_ body: (_ place: Int, _ lag: Int) -> Void) {
    for j in 0..<shape.kernelLength { body(j * shape.width + channels.lowerBound, j) }
    guard shape.kernels == 2 else { return }
    let n = shape.transformLength
    for j in 0..<shape.kernelLength {
      let lag = shape.sides == .bothApart ? n - 1 - j : (n - j) % n
      body((shape.kernelLength + j) * shape.width + channels.lowerBound, lag)
    }
  }
}
