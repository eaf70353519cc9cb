internal import COpenBLAS
internal import ComplexModule

extension GeneratingFunction {
  /// Sets the gradients of the sums beyond the last node to 0.
  func clearTail(of nodes: Range<Int>, _ scratch: Scratch) {
    for row in 0..<4 * products {
      let tail = scratch.sumGradients + row * Self.block + nodes.count
      tail.update(repeating: 0, count: Self.block - nodes.count)
    }
  }

  /// Adds what a block of nodes contributes to the gradients of numerators, |ŵ|^2 and Re ŵ.
  func addSumGradients(_ nodes: Range<Int>, _ scratch: Scratch) {
    multiply(
      scratch.sumGradients,
      rows: 2 * products,
      inner: 2 * Self.block,
      scratch.inverses,
      columns: states,
      transposing: .right,
      into: scratch.numeratorGradients,
      keep: 1
    )
    multiply(
      scratch.numerators,
      rows: states,
      inner: 2 * products,
      scratch.sumGradients,
      columns: 2 * Self.block,
      transposing: .left,
      into: scratch.inverseGradients
    )
    for state in 0..<states {
      let inverse = scratch.inverses + 2 * Self.block * state
      let gradient = scratch.inverseGradients + 2 * Self.block * state
      var (square, real) = (ComplexNodes.Part.zero, ComplexNodes.Part.zero)
      // Beyond the last node 1 / d is 0, and so is what is added.
      forGroups(nodes) { group in
        let place = group.lowerBound - nodes.lowerBound
        func lanes(_ base: UnsafeMutablePointer<Double>) -> ComplexNodes {
          ComplexNodes(
            real: ComplexNodes.Part(base + place),
            imaginary: ComplexNodes.Part(base + Self.block + place)
          )
        }
        let inverse = lanes(inverse)
        // dd = -d(1 / d) conj(1 / d^2)
        let slope = lanes(gradient) * (inverse * inverse).conjugate
        square -= slope.real
        real += 4 * tangents(of: group) * slope.imaginary
      }
      scratch.squareGradients[state] += square.sum()
      scratch.squareGradients[states + state] += real.sum()
    }
  }

  /// Gathers the gradients of what the numerators and d were made of.
  func collect(
    _ head: NormalPlusLowRank,
    _ c: [[ComplexDouble]],
    _ v: [[ComplexDouble]],
    _ scratch: Scratch
  ) -> Gradient {
    let zeros = [ComplexDouble](repeating: 0, count: states)
    var gradient = Gradient(
      scaled: zeros,
      b: zeros,
      p: Array(repeating: zeros, count: rank),
      c: Array(repeating: zeros, count: kernels)
    )
    let (left, right) = (left(head), right(head, c))
    for state in 0..<states {
      let scaled = head.w[state].multiplied(by: head.dt)
      var sum = scaled.multiplied(by: 2 * scratch.squareGradients[state])
      sum += ComplexDouble(scratch.squareGradients[states + state], 0)
      for product in 0..<products {
        let (i, j) = (product / (kernels + rank), product % (kernels + rank))
        let first = scratch.numeratorGradients[2 * product * states + state]
        let second = scratch.numeratorGradients[(2 * product + 1) * states + state]
        sum += v[product][state].multiplied(by: 2 * second)
        let dv = ComplexDouble(2 * first, 0) + scaled.multiplied(by: 2 * second)
        let (dx, dy) = (dv * right[j][state].conjugate, dv * left[i][state].conjugate)
        if i == 0 { gradient.b[state] += dx } else { gradient.p[i - 1][state] += dx }
        if j < kernels {
          gradient.c[j][state] += dy
        } else {
          gradient.p[j - kernels][state] += dy.conjugate
        }
      }
      gradient.scaled[state] = sum
      gradient.dt += (sum * head.w[state].conjugate).real
    }
    return gradient
  }

  /// Multiplies matrices of Double values: [rows, inner] by [inner, columns].
  func multiply(
    _ left: UnsafeMutablePointer<Double>,
    rows: Int,
    inner: Int,
    _ right: UnsafeMutablePointer<Double>,
    columns: Int,
    transposing: Transposition = .none,
    into output: UnsafeMutablePointer<Double>,
    keep: Double = 0
  ) {
    cblas_dgemm(
      CblasRowMajor,
      transposing == .left ? CblasTrans : CblasNoTrans,
      transposing == .right ? CblasTrans : CblasNoTrans,
      Int32(rows),
      Int32(columns),
      Int32(inner),
      1,
      left,
      Int32(transposing == .left ? rows : inner),
      right,
      Int32(transposing == .right ? inner : columns),
      keep,
      output,
      Int32(columns)
    )
  }
}
