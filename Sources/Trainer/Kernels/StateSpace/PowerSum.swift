internal import ComplexModule

typealias ComplexDouble = Complex<Double>

/// One head's kernels as sums of powers: K_c[l] = Re sum_n w_cn r_n^l.
///
/// Every diagonal state-space model and every moving average is one.
struct PowerSum {
  /// r, [states].
  var ratios: [ComplexDouble]
  /// w, [kernels][states].
  var weights: [[ComplexDouble]]
  /// x with r = e^x and the constant s for terms that are w e^(x l - s), [states]; such terms grow, and
  /// r^l alone would overflow.
  var shifted: [Int: (exponent: ComplexDouble, shift: ComplexDouble)] = [:]
}

/// The gradient of a loss with respect to a ``PowerSum``.
///
/// That of a complex z is dL/dRe z + i dL/dIm z, everywhere.
struct PowerSumGradient {
  /// For log r, [states].
  var logRatios: [ComplexDouble]
  /// For w, [kernels][states].
  var weights: [[ComplexDouble]]
}

/// Computes sums of powers as products of two small matrices.
///
/// With l = a B + b, K[l] = Re sum_n (w_n r_n^(a B)) r_n^b: a matrix with a row for each a times one with a
/// column for each b, both about sqrt(length) long. Powers are multiplied up in Double (phases of
/// long sequences have no digits to spare in Float) and rounded once; the product is Float's.
struct PowerSumKernel {
  /// The positions of the kernel.
  let length: Int
  let states: Int
  let kernels: Int

  /// B, a multiple of eight.
  private var block: Int {
    var root = 1
    while root * root < length { root += 1 }
    return (root + 7) & ~7
  }

  private var blocks: Int { (length + block - 1) / block }

  /// The values that one worker needs.
  var scratchCount: Int { 4 * states * (block + blocks) + blocks * block }

  /// Computes the kernels of one head.
  ///
  /// - Parameters:
  ///   - sum: w and r.
  ///   - scratch: room for ``scratchCount`` values.
  ///   - store: called with each kernel's index and values, [length].
  func forward(
    _ sum: PowerSum,
    scratch: UnsafeMutablePointer<Float>,
    store: (_ kernel: Int, _ values: UnsafeMutablePointer<Float>) -> Void
  ) {
    let inner = fillInner(sum, scratch)
    let left = Matrix(scratch + inner.rows * inner.stride, rows: blocks, columns: 2 * states)
    let values = scratch + 4 * states * (block + blocks)
    for kernel in 0..<kernels {
      forPowers(of: sum) { state, a, power in
        let product = sum.weights[kernel][state] * power
        left.row(a)[state] = Float(product.real)
        left.row(a)[states + state] = Float(-product.imaginary)
      }
      multiply(
        left,
        inner[columns: 0..<2 * states],
        transposing: .right,
        into: Matrix(values, rows: blocks, columns: block)
      )
      store(kernel, values)
    }
  }

  /// Computes the gradient of one head's sum from those of its kernels.
  ///
  /// dw_n = sum_l dK[l] conj(r_n^l), dlog r_n = sum_l dK[l] l conj(w_n r_n^l)
  ///
  /// - Parameters:
  ///   - sum: w and r, as in the forward pass.
  ///   - scratch: room for ``scratchCount`` values.
  ///   - load: called to fill in dK of a kernel, [length].
  /// - Returns: dw and dlog r.
  func backward(
    _ sum: PowerSum,
    scratch: UnsafeMutablePointer<Float>,
    load: (_ kernel: Int, _ values: UnsafeMutablePointer<Float>) -> Void
  ) -> PowerSumGradient {
    let inner = fillInner(sum, scratch)
    let moments = Matrix(scratch + inner.rows * inner.stride, rows: blocks, columns: 4 * states)
    let values = scratch + 4 * states * (block + blocks)
    let zeros = [ComplexDouble](repeating: 0, count: states)
    var gradient = PowerSumGradient(
      logRatios: zeros,
      weights: Array(repeating: zeros, count: kernels)
    )
    for kernel in 0..<kernels {
      (values + length).update(repeating: 0, count: blocks * block - length)
      load(kernel, values)
      multiply(Matrix(values, rows: blocks, columns: block), inner, into: moments)
      forPowers(of: sum) { state, a, power in
        let row = moments.row(a)
        let zeroth = ComplexDouble(Double(row[state]), -Double(row[states + state]))
        let first = ComplexDouble(
          Double(row[2 * states + state]),
          -Double(row[3 * states + state])
        )
        let back = power.conjugate
        gradient.weights[kernel][state] += zeroth * back
        gradient.logRatios[state] +=
          sum.weights[kernel][state].conjugate * back
          * (zeroth.multiplied(by: Double(a * block)) + first)
      }
    }
    return gradient
  }

  /// The rows b = 0 ..< B of Re r^b, Im r^b, b Re r^b and b Im r^b, each [states].
  private func fillInner(_ sum: PowerSum, _ scratch: UnsafeMutablePointer<Float>) -> Matrix {
    let inner = Matrix(scratch, rows: block, columns: 4 * states)
    for state in 0..<states {
      let ratio = sum.ratios[state]
      var power = ComplexDouble(1)
      for b in 0..<block {
        let row = inner.row(b) + state
        row[0] = Float(power.real)
        row[states] = Float(power.imaginary)
        row[2 * states] = Float(Double(b) * power.real)
        row[3 * states] = Float(Double(b) * power.imaginary)
        power *= ratio
      }
    }
    return inner
  }

  /// Calls `body` with r^(a B) for every state and every a.
  @inline(__always)
  private func forPowers(
    of sum: PowerSum,
    _ body: (_ state: Int, _ a: Int, _ power: ComplexDouble) -> Void
  ) {
    for state in 0..<states {
      if let (exponent, shift) = sum.shifted[state] {
        for a in 0..<blocks {
          body(state, a, .exp(exponent.multiplied(by: Double(a * block)) - shift))
        }
        continue
      }
      var ratio = ComplexDouble(1)
      for _ in 0..<block { ratio *= sum.ratios[state] }
      var power = ComplexDouble(1)
      for a in 0..<blocks {
        body(state, a, power)
        power *= ratio
      }
    }
  }
}
