internal import ComplexModule

/// The powers r_n^l of ratios that all channels share, a tile of positions at a time.
///
/// With the powers as a matrix P, a row a position, the kernels of all channels are P W^T, the gradient of
/// W is dK^T P and that of P is dK W: three products of matrices, and next to nothing besides.
///
/// A row holds Re r^l and -Im r^l of every state, side by side, as the weights' real and imaginary parts lie;
/// or Re r^l alone where ratios are real. In a tile r^(l0 + b) = r^l0 r^b: both factors come from Double and are
/// rounded once, so that phases of long sequences keep their digits.
struct PowerTable {
  /// log r, [states].
  let exponents: [ComplexDouble]
  /// Whether all ratios are real.
  let isReal: Bool

  /// Positions of a tile: enough that arranging the weights for a product does not count.
  static let tile = 256

  /// Values of a row.
  var columns: Int { exponents.count * (isReal ? 1 : 2) }

  /// The values of the powers of one tile.
  static func count(columns: Int) -> Int { tile * columns }

  /// Fills in r^b for b in 0 ..< tile.
  ///
  /// - Parameters:
  ///   - base: [tile, columns]; overwritten.
  ///   - pool: the threads that share the work.
  func fillFirstTile(_ base: UnsafeMutablePointer<Float>, _ pool: WorkerPool) {
    let states = Tiles(of: exponents.count, size: 16)
    pool.parallelFor(states.count) { index in
      for state in states[index] {
        let ratio = ComplexDouble.exp(exponents[state])
        var power = ComplexDouble(1)
        for row in 0..<Self.tile {
          store(power, state, in: base + row * columns)
          power *= ratio
        }
      }
    }
  }

  @inline(__always)
  private func store(_ power: ComplexDouble, _ state: Int, in row: UnsafeMutablePointer<Float>) {
    if isReal {
      row[state] = Float(power.real)
    } else {
      row[2 * state] = Float(power.real)
      row[2 * state + 1] = Float(-power.imaginary)
    }
  }

  /// Fills in r^(start + b) of some states.
  ///
  /// - Parameters:
  ///   - start: the first position.
  ///   - states: those whose columns `output` has.
  ///   - first: what ``fillFirstTile(_:_:)`` left.
  ///   - output: as many rows as the tile has positions.
  func fill(
    from start: Int,
    states: Range<Int>,
    first: UnsafePointer<Float>,
    into output: Matrix
  ) {
    let width = isReal ? 1 : 2
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * states.count) { factors in
      guard let factors = factors.baseAddress else { return }
      for (index, state) in states.enumerated() {
        let power = ComplexDouble.exp(exponents[state].multiplied(by: Double(start)))
        (factors[2 * index], factors[2 * index + 1]) = (Float(power.real), Float(power.imaginary))
      }
      for row in 0..<output.rows {
        let source = first + row * columns + width * states.lowerBound
        let target = output.row(row)
        if isReal {
          for index in 0..<states.count { target[index] = factors[2 * index] * source[index] }
        } else {
          for index in stride(from: 0, to: 2 * states.count, by: 2) {
            let (re, im) = (factors[index], factors[index + 1])
            // (re + i im)(x - i y), with -y stored.
            let (x, y) = (source[index], source[index + 1])
            target[index] = re * x + im * y
            target[index + 1] = re * y - im * x
          }
        }
      }
    }
  }
}
