internal import RealModule

/// The discrete Fourier transform of eight channels at once, along rows of ``ComplexLanes``.
///
/// X_k = sum over j of x_j e^(-2 pi i j k / n), for any n. The lanes are channels, so that no
/// value ever changes its lane. Stockham's form of the fast transform: every stage reads one
/// buffer and writes the other, and the order comes out right by itself (Van Loan, "Computational
/// frameworks for the fast Fourier transform", 1992, section 1.7). Roots of unity are computed in
/// Double and rounded once.
struct FourierTransform: Sendable {
  /// One pass over the data: it splits transforms of `radix * span` values into `radix` of `span`.
  private struct Stage: Sendable {
    let radix: Int
    let span: Int
    /// How many transforms lie interleaved.
    let stride: Int
    /// Where e^(-2 pi i p k / (radix span)) lies, for p in 0 ..< span and k in 1 ..< radix.
    let twiddles: Int
    /// Where e^(-2 pi i k / radix) lies, for k in 0 ..< radix.
    let roots: Int
  }

  /// n.
  let length: Int
  private let stages: [Stage]
  private let table: FloatBuffer

  /// The transform of `length` rows.
  init(length: Int) {
    precondition(length > 0, "FourierTransform: length is \(length)")
    self.length = length
    var stages: [Stage] = []
    var (rest, place) = (length, 0)
    for radix in Self.radices(of: length) {
      rest /= radix
      let roots = place + 2 * rest * (radix - 1)
      let stride = length / (rest * radix)
      stages.append(
        Stage(radix: radix, span: rest, stride: stride, twiddles: place, roots: roots)
      )
      place = roots + 2 * radix
    }
    self.stages = stages
    table = FloatBuffer(count: place)
    for stage in stages {
      let whole = stage.radix * stage.span
      for p in 0..<stage.span {
        for k in 1..<stage.radix {
          let target = table.base + stage.twiddles + 2 * (p * (stage.radix - 1) + k - 1)
          (target[0], target[1]) = Self.root(p * k, of: whole)
        }
      }
      for k in 0..<stage.radix {
        let target = table.base + stage.roots + 2 * k
        (target[0], target[1]) = Self.root(k, of: stage.radix)
      }
    }
  }

  /// e^(-2 pi i k / n), rounded from Double.
  static func root(_ k: Int, of n: Int) -> (Float, Float) {
    let angle = -2 * Double.pi * Double(k % n) / Double(n)
    return (Float(Double.cos(angle)), Float(Double.sin(angle)))
  }

  /// The factors of n: fours, at most one two, then odd primes.
  private static func radices(of n: Int) -> [Int] {
    var (radices, rest, next) = ([Int](), n, 3)
    while rest % 4 == 0 {
      radices.append(4)
      rest /= 4
    }
    if rest % 2 == 0 {
      radices.append(2)
      rest /= 2
    }
    while rest > 1 {
      if next * next > rest { next = rest }
      if rest % next == 0 {
        radices.append(next)
        rest /= next
      } else {
        next += 2
      }
    }
    return radices
  }

  /// The values in the tables of a transform.
  static func tableCount(length: Int) -> Int {
    var (rest, count) = (length, 0)
    for radix in radices(of: length) {
      rest /= radix
      count += 2 * rest * (radix - 1) + 2 * radix
    }
    return count
  }

  /// Transforms the rows at `values`.
  ///
  /// - Parameters:
  ///   - values: [length, 16]; overwritten.
  ///   - scratch: [length, 16]; overwritten. May not overlap `values`.
  ///   - inverse: whether the exponent is positive; the result is not divided by n.
  /// - Returns: `values` or `scratch`, whichever holds the result.
  func callAsFunction(
    _ values: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>,
    inverse: Bool
  ) -> UnsafeMutablePointer<Float> {
    // The inverse transform is the transform with real and imaginary parts exchanged.
    var (source, target) = (values, scratch)
    for stage in stages {
      switch stage.radix {
      case 4: radix4(stage, source, into: target, swapped: inverse)
      case 2: radix2(stage, source, into: target, swapped: inverse)
      default: radixAny(stage, source, into: target, swapped: inverse)
      }
      swap(&source, &target)
    }
    return source
  }

  private func radix4(
    _ stage: Stage,
    _ source: UnsafeMutablePointer<Float>,
    into target: UnsafeMutablePointer<Float>,
    swapped: Bool
  ) {
    let step = 16 * stage.stride * stage.span
    let jump = 16 * stage.stride
    for p in 0..<stage.span {
      let w = UnsafePointer(table.base + stage.twiddles + 6 * p)
      for q in 0..<stage.stride {
        let x = source + 16 * (q + stage.stride * p)
        let y = target + 16 * (q + 4 * stage.stride * p)
        let a = ComplexLanes(x, swapped: swapped)
        let b = ComplexLanes(x + step, swapped: swapped)
        let c = ComplexLanes(x + 2 * step, swapped: swapped)
        let d = ComplexLanes(x + 3 * step, swapped: swapped)
        let (even, odd) = (a + c, b + d)
        let (evenDifference, oddDifference) = (a - c, (b - d).turned)
        (even + odd).store(to: y, swapped: swapped)
        ((evenDifference - oddDifference) * w).store(to: y + jump, swapped: swapped)
        ((even - odd) * (w + 2)).store(to: y + 2 * jump, swapped: swapped)
        ((evenDifference + oddDifference) * (w + 4)).store(to: y + 3 * jump, swapped: swapped)
      }
    }
  }

  private func radix2(
    _ stage: Stage,
    _ source: UnsafeMutablePointer<Float>,
    into target: UnsafeMutablePointer<Float>,
    swapped: Bool
  ) {
    let step = 16 * stage.stride * stage.span
    for p in 0..<stage.span {
      let w = UnsafePointer(table.base + stage.twiddles + 2 * p)
      for q in 0..<stage.stride {
        let x = source + 16 * (q + stage.stride * p)
        let y = target + 16 * (q + 2 * stage.stride * p)
        let a = ComplexLanes(x, swapped: swapped)
        let b = ComplexLanes(x + step, swapped: swapped)
        (a + b).store(to: y, swapped: swapped)
        ((a - b) * w).store(to: y + 16 * stage.stride, swapped: swapped)
      }
    }
  }

  private func radixAny(
    _ stage: Stage,
    _ source: UnsafeMutablePointer<Float>,
    into target: UnsafeMutablePointer<Float>,
    swapped: Bool
  ) {
    let radix = stage.radix
    let step = 16 * stage.stride * stage.span
    let roots = UnsafePointer(table.base + stage.roots)
    for p in 0..<stage.span {
      let w = UnsafePointer(table.base + stage.twiddles + 2 * p * (radix - 1))
      for q in 0..<stage.stride {
        let x = source + 16 * (q + stage.stride * p)
        let y = target + 16 * (q + radix * stage.stride * p)
        for k in 0..<radix {
          var sum = ComplexLanes(x, swapped: swapped)
          for j in 1..<radix {
            sum = sum + ComplexLanes(x + j * step, swapped: swapped) * (roots + 2 * (j * k % radix))
          }
          if k > 0 { sum = sum * (w + 2 * (k - 1)) }
          sum.store(to: y + 16 * stage.stride * k, swapped: swapped)
        }
      }
    }
  }
}
