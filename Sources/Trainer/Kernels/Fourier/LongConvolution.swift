/// The shape of a convolution with kernels that may be as long as the sequences.
struct ConvolutionShape {
  /// How the kernels lie around the position they write to.
  enum Sides: Sendable {
    /// y_t = sum_j k_j u_(t-j)
    case causal
    /// y_t = sum_j k_j u_(t-j) + sum_j r_j u_(t+1+j): only k sees the position itself.
    case bothApart
    /// y_t = sum_j k_j u_(t-j) + sum_j r_j u_(t+j): both see it.
    case bothCentered
  }

  /// The positions of a sequence.
  let length: Int
  /// The positions of a kernel.
  let kernelLength: Int
  /// Channels, each with its own kernels.
  let width: Int
  let sides: Sides

  /// 1 or 2 kernels a channel: k, and r.
  var kernels: Int { sides == .causal ? 1 : 2 }

  /// The length of the transform, which leaves room for all lags.
  var transformLength: Int {
    RealFourierTransform.goodLength(atLeast: max(2, length + kernelLength))
  }

  /// The values of one worker's buffers in the backward pass; the forward pass needs fewer.
  var scratchCount: Int { 5 * 8 * transformLength }
}

/// Convolves every channel of every sequence with its kernel.
///
/// y = k * u + d u, see ``ConvolutionShape/Sides``; by Fourier transforms, eight channels at once.
///
/// - Parameters:
///   - input: u, [rows * length, width].
///   - kernel: k (and r), [kernels, kernelLength, width].
///   - skip: d, [width], or nil for none.
///   - counts: per row the positions of u that count, the others being 0; nil if all do.
///   - output: y, [rows * length, width]; overwritten. May not overlap `input`.
///   - shape: lengths and width.
///   - transform: that of `shape.transformLength`.
///   - scratch: the buffers of a worker, ``ConvolutionShape/scratchCount`` values.
///   - pool: the threads that share the work.
func convolutionForward(
  _ input: Matrix,
  kernel: UnsafePointer<Float>,
  skip: UnsafePointer<Float>?,
  counts: [Int]?,
  into output: Matrix,
  _ shape: ConvolutionShape,
  transform: RealFourierTransform,
  scratch: (Int) -> UnsafeMutablePointer<Float>,
  _ pool: WorkerPool
) {
  let tiles = Tiles(of: shape.width, size: 8)
  let n = shape.transformLength
  pool.parallelFor(tiles.count) { index, worker in
    let tile = ConvolutionTile(shape: shape, channels: tiles[index])
    let buffers = scratch(worker)
    let spare = buffers + 16 * n
    tile.loadKernel(kernel, into: buffers)
    let kernelSpectrum = transform.packedSpectrum(buffers, scratch: buffers + 8 * n)
    scalePacked(kernelSpectrum, by: transform.inverseScale, count: 8 * n)
    let values = kernelSpectrum == buffers ? buffers + 8 * n : buffers
    for row in 0..<input.rows / shape.length {
      let count = counts?[row] ?? shape.length
      tile.load(input, row: row, count: count, into: values)
      let spectrum = transform.packedSpectrum(values, scratch: spare)
      multiplyPacked(spectrum, kernelSpectrum, into: spectrum, rows: n / 2)
      let result = transform.values(
        ofPacked: spectrum,
        scratch: spectrum == values ? spare : values
      )
      tile.store(result, row: row, into: output, adds: false)
      if let skip { tile.addScaled(input, by: skip, row: row, count: count, to: output) }
    }
  }
}

/// The backward pass of y = k * u + d u.
///
/// du_t = sum_j k_j dy_(t+j) (+ sum_j r_j dy_(t-1-j)) + d dy_t; dk_j = sum_t dy_t u_(t-j), dr_j = sum_t
/// dy_t u_(t+1+j), dd = sum_t dy_t u_t, summed over the rows in their order.
///
/// - Parameters:
///   - outputGradient: dy, with the shape of y.
///   - input: u.
///   - kernel: k (and r).
///   - skip: d, or nil for none.
///   - counts: as in the forward pass; du is 0 beyond them.
///   - inputGradient: du; overwritten, or added to when `adds`. May not overlap dy.
///   - adds: whether results are added to instead of overwritten.
///   - kernelGradient: dk (and dr), [kernels, kernelLength, width]; overwritten.
///   - skipGradient: dd, [width]; added to.
///   - shape: lengths and width.
///   - transform: that of `shape.transformLength`.
///   - scratch: the buffers of a worker, ``ConvolutionShape/scratchCount`` values.
///   - pool: the threads that share the work.
func convolutionBackward(
  _ outputGradient: Matrix,
  input: Matrix,
  kernel: UnsafePointer<Float>,
  skip: UnsafePointer<Float>?,
  counts: [Int]?,
  into inputGradient: Matrix,
  adds: Bool,
  kernelGradient: UnsafeMutablePointer<Float>,
  skipGradient: UnsafeMutablePointer<Float>?,
  _ shape: ConvolutionShape,
  transform: RealFourierTransform,
  scratch: (Int) -> UnsafeMutablePointer<Float>,
  _ pool: WorkerPool
) {
  let tiles = Tiles(of: shape.width, size: 8)
  let n = shape.transformLength
  pool.parallelFor(tiles.count) { index, worker in
    let tile = ConvolutionTile(shape: shape, channels: tiles[index])
    let buffers = scratch(worker)
    let (sum, spare) = (buffers + 16 * n, buffers + 32 * n)
    tile.loadKernel(kernel, into: buffers)
    let kernelSpectrum = transform.packedSpectrum(buffers, scratch: buffers + 8 * n)
    scalePacked(kernelSpectrum, by: transform.inverseScale, count: 8 * n)
    let first = kernelSpectrum == buffers ? buffers + 8 * n : buffers
    let second = buffers + 24 * n
    sum.update(repeating: 0, count: 8 * n)
    for row in 0..<input.rows / shape.length {
      let count = counts?[row] ?? shape.length
      // Three buffers go round: what one transform leaves unused is the next one's scratch.
      tile.load(outputGradient, row: row, count: shape.length, into: first)
      let dy = transform.packedSpectrum(first, scratch: spare)
      let free = dy == first ? spare : first
      tile.load(input, row: row, count: count, into: second)
      let u = transform.packedSpectrum(second, scratch: free)
      addPackedProduct(dy, conjugateOf: u, to: sum, rows: n / 2)
      multiplyPacked(dy, conjugateOf: kernelSpectrum, into: dy, rows: n / 2)
      let result = transform.values(ofPacked: dy, scratch: u)
      tile.store(result, row: row, count: count, into: inputGradient, adds: adds)
      if let skip, let skipGradient {
        tile.addScaled(outputGradient, by: skip, row: row, count: count, to: inputGradient)
        tile.addProducts(outputGradient, input, row: row, count: count, to: skipGradient)
      }
    }
    let result = transform.values(ofPacked: sum, scratch: spare)
    tile.storeKernel(result, scale: transform.inverseScale, into: kernelGradient)
  }
}

/// Multiplies all values of a spectrum with a number.
private func scalePacked(_ values: UnsafeMutablePointer<Float>, by scale: Float, count: Int) {
  for index in stride(from: 0, to: count, by: 8) {
    (Lanes(values + index) * scale).store(to: values + index)
  }
}

/// output = a b for packed spectra; `output` may be `a`.
private func multiplyPacked(
  _ a: UnsafeMutablePointer<Float>,
  _ b: UnsafeMutablePointer<Float>,
  into output: UnsafeMutablePointer<Float>,
  rows: Int
) {
  let (x, y) = (ComplexLanes(a), ComplexLanes(b))
  ComplexLanes(x.re * y.re, x.im * y.im).store(to: output)
  for row in 1..<max(1, rows) {
    (ComplexLanes(a + 16 * row) * ComplexLanes(b + 16 * row)).store(to: output + 16 * row)
  }
}

/// output = a conj(b) for packed spectra; `output` may be `a`.
private func multiplyPacked(
  _ a: UnsafeMutablePointer<Float>,
  conjugateOf b: UnsafeMutablePointer<Float>,
  into output: UnsafeMutablePointer<Float>,
  rows: Int
) {
  let (x, y) = (ComplexLanes(a), ComplexLanes(b))
  ComplexLanes(x.re * y.re, x.im * y.im).store(to: output)
  for row in 1..<max(1, rows) {
    let product = ComplexLanes(a + 16 * row) * ComplexLanes(b + 16 * row).conjugate
    product.store(to: output + 16 * row)
  }
}

/// sum += a conj(b) for packed spectra.
private func addPackedProduct(
  _ a: UnsafeMutablePointer<Float>,
  conjugateOf b: UnsafeMutablePointer<Float>,
  to sum: UnsafeMutablePointer<Float>,
  rows: Int
) {
  let (x, y, s) = (ComplexLanes(a), ComplexLanes(b), ComplexLanes(sum))
  (s + ComplexLanes(x.re * y.re, x.im * y.im)).store(to: sum)
  for row in 1..<max(1, rows) {
    let product = ComplexLanes(a + 16 * row) * ComplexLanes(b + 16 * row).conjugate
    (ComplexLanes(sum + 16 * row) + product).store(to: sum + 16 * row)
  }
}
