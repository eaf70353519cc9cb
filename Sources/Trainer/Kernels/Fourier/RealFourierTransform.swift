/// The discrete Fourier transform of eight real channels at once.
///
/// Values lie as [length, 8]. For even lengths two neighbouring values are one complex number of a
/// transform of half the length, which is what the memory shows already; with Z its result, m =
/// length / 2 and w = e^(-2 pi i k / length),
///
///     E = (Z_k + conj Z_(m-k)) / 2,  O = -i (Z_k - conj Z_(m-k)) / 2
///     X_k = E + w O,  X_(m-k) = conj(E - w O)
///
/// (Press et al., "Numerical recipes", section 12.3). A spectrum is the bins 0 ... length / 2; a
/// packed one has m rows, of which the first holds the real bins 0 and m.
struct RealFourierTransform: Sendable {
  /// The number of real values, n.
  let length: Int
  private let complex: FourierTransform
  /// The turns e^(-2 pi i k / n), k from 0 to n / 4.
  private let turns: FloatBuffer

  /// A transform of `length` real values.
  init(length: Int) {
    self.length = length
    let isEven = length % 2 == 0
    complex = FourierTransform(length: isEven ? length / 2 : length)
    turns = FloatBuffer(count: isEven ? 2 * (length / 4 + 1) : 0)
    for k in 0..<turns.count / 2 {
      (turns.base[2 * k], turns.base[2 * k + 1]) = FourierTransform.root(k, of: length)
    }
  }

  private static func isEven(_ length: Int) -> Bool { length % 2 == 0 }

  /// The values in the tables of a transform.
  static func tableCount(length: Int) -> Int {
    isEven(length)
      ? FourierTransform.tableCount(length: length / 2) + 2 * (length / 4 + 1)
      : FourierTransform.tableCount(length: length)
  }

  /// The values of the buffers that ``spectrum(_:scratch:)`` and its inverse need.
  static func bufferCount(length: Int) -> Int {
    16 * (isEven(length) ? length / 2 + 1 : length)
  }

  /// A length of at least `length` that is fast to transform: 2^a, 3 2^a or 5 2^a, and even.
  static func goodLength(atLeast length: Int) -> Int {
    func smallest(_ odd: Int) -> Int {
      var size = 2 * odd
      while size < length { size *= 2 }
      return size
    }
    return min(smallest(1), smallest(3), smallest(5))
  }

  /// What inverse transforms leave to be multiplied with.
  var inverseScale: Float { 1 / Float(complex.length) }

  /// Transforms [length, 8] into the bins from 0 to length / 2, [length / 2 + 1, 16].
  ///
  /// - Parameters:
  ///   - values: a buffer of ``bufferCount(length:)`` values; overwritten.
  ///   - scratch: another one.
  /// - Returns: the buffer that holds the bins.
  func spectrum(
    _ values: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Float> {
    guard Self.isEven(length) else {
      for row in (0..<length).reversed() {
        ComplexLanes(Lanes(values + 8 * row), .zero).store(to: values + 16 * row)
      }
      return complex(values, scratch: scratch, inverse: false)
    }
    let result = packedSpectrum(values, scratch: scratch)
    let edge = ComplexLanes(result)
    ComplexLanes(edge.re, .zero).store(to: result)
    ComplexLanes(edge.im, .zero).store(to: result + 8 * length)
    return result
  }

  /// Transforms the bins from 0 to length / 2 back into [length, 8], times 1 / ``inverseScale``.
  ///
  /// - Parameters:
  ///   - bins: a buffer of ``bufferCount(length:)`` values; overwritten. The imaginary parts of the
  ///     real bins are ignored.
  ///   - scratch: another one.
  /// - Returns: the buffer that holds the values.
  func values(
    ofSpectrum bins: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Float> {
    guard Self.isEven(length) else {
      ComplexLanes(Lanes(bins), .zero).store(to: bins)
      for k in 1..<max(1, (length + 1) / 2) {
        ComplexLanes(bins + 16 * k).conjugate.store(to: bins + 16 * (length - k))
      }
      let result = complex(bins, scratch: scratch, inverse: true)
      for row in 0..<length { Lanes(result + 16 * row).store(to: result + 8 * row) }
      return result
    }
    ComplexLanes(Lanes(bins), Lanes(bins + 8 * length)).store(to: bins)
    return values(ofPacked: bins, scratch: scratch)
  }

  /// The packed spectrum of [length, 8]; even lengths only.
  func packedSpectrum(
    _ values: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Float> {
    let result = complex(values, scratch: scratch, inverse: false)
    let edge = ComplexLanes(result)
    ComplexLanes(edge.re + edge.im, edge.re - edge.im).store(to: result)
    forPairs { low, high, turn in
      let (x, y) = split(ComplexLanes(result + low), ComplexLanes(result + high), turn)
      x.store(to: result + low)
      y.store(to: result + high)
    }
    return result
  }

  /// The inverse of ``packedSpectrum(_:scratch:)``, times 1 / ``inverseScale``.
  func values(
    ofPacked packed: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Float> {
    let edge = ComplexLanes(packed)
    (ComplexLanes(edge.re + edge.im, edge.re - edge.im) * 0.5).store(to: packed)
    forPairs { low, high, turn in
      let (x, y) = merge(ComplexLanes(packed + low), ComplexLanes(packed + high), turn)
      x.store(to: packed + low)
      y.store(to: packed + high)
    }
    return complex(packed, scratch: scratch, inverse: true)
  }

  /// Calls `body` with the places of the bins k and m - k and with e^(-2 pi i k / n).
  @inline(__always)
  private func forPairs(_ body: (_ low: Int, _ high: Int, _ turn: UnsafePointer<Float>) -> Void) {
    let m = length / 2
    guard m > 1 else { return }
    for k in 1...m / 2 { body(16 * k, 16 * (m - k), UnsafePointer(turns.base + 2 * k)) }
  }

  @inline(__always)
  private func split(
    _ low: ComplexLanes,
    _ high: ComplexLanes,
    _ turn: UnsafePointer<Float>
  ) -> (ComplexLanes, ComplexLanes) {
    let even = (low + high.conjugate) * 0.5
    let odd = (high.conjugate - low).turned * 0.5 * turn
    return (even + odd, (even - odd).conjugate)
  }

  @inline(__always)
  private func merge(
    _ low: ComplexLanes,
    _ high: ComplexLanes,
    _ turn: UnsafePointer<Float>
  ) -> (ComplexLanes, ComplexLanes) {
    let back = ComplexLanes(Lanes(repeating: turn[0]), Lanes(repeating: -turn[1]))
    let even = (low + high.conjugate) * 0.5
    let odd = ((low - high.conjugate) * 0.5 * back).turned
    return (even + odd, (even - odd).conjugate)
  }
}

/// The transforms that a network needs, each made once.
final class FourierTransforms {
  private var transforms: [Int: RealFourierTransform] = [:]

  /// The transform of a length; not to be called from several threads at once.
  func callAsFunction(_ length: Int) -> RealFourierTransform {
    if let transform = transforms[length] { return transform }
    let transform = RealFourierTransform(length: length)
    transforms[length] = transform
    return transform
  }

  /// The values in all tables made so far.
  var count: Int {
    transforms.keys.reduce(0) { $0 + RealFourierTransform.tableCount(length: $1) }
  }
}
