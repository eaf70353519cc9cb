internal import ComplexModule
internal import RealModule

/// A kernel with inputs of its own, timed alone.
public struct KernelBenchmark {
  /// What is computed, and on what.
  public let name: String
  /// The floating-point operations of its products and transforms; those of element by element work do
  /// not count.
  public let operations: Double
  /// The bytes that it has to read and write at least once.
  public let bytes: Double
  /// Computes it once.
  public let run: () -> Void
  /// The largest error of some results against a plain computation in Double, as a share of the
  /// largest of them; after ``run``.
  public let error: () -> Double

  /// The error up to which a result counts as right.
  public static let tolerance = 1e-4

  /// Whether nothing can be faster, so that others are measured by it.
  public var isCeiling = false

  /// What makes every kernel, the two ceilings first: products of matrices, and memory.
  ///
  /// Each has its inputs from when it is made.
  public static func all(_ pool: WorkerPool) -> [() -> KernelBenchmark] {
    let s4d = StateSpace.Family.s4d(
      states: 64,
      copies: 128,
      discretization: .bilinear,
      eigenvalues: .legS
    )
    let pairs: [() -> [KernelBenchmark]] = [
      { attention(rows: 8, heads: 4, length: 1024, headWidth: 16, pool) },
      { attention(rows: 2, heads: 8, length: 2048, headWidth: 64, pool) },
      { linear(rows: 8192, width: 512, pool) },
      { convolution(rows: 4, length: 1024, width: 128, pool) },
      { powers("S4D", StateSpace(s4d), length: 4096, width: 128, pool) },
      {
        let dlr = StateSpace(.dlr(states: 512, version: .complex))
        return powers("DLR", dlr, length: 4096, width: 128, pool)
      },
    ]
    return [{ product(pool) }, { triad(pool) }]
      + pairs.flatMap { pair in [{ pair()[0] }, { pair()[1] }] }
      + [
        { linear(rows: 8192, width: 512, pool)[2] }, { gelu(count: 1 << 22, pool) },
        { layerNorm(rows: 8192, width: 512, pool) },
      ]
  }

  /// Numbers between -1 and 1 that repeat only after long.
  static func fill(_ buffer: FloatBuffer, seed: Int = 1) {
    var state = UInt32(truncatingIfNeeded: seed &* 2_654_435_761) | 1
    for index in 0..<buffer.count {
      state = state &* 1_664_525 &+ 1_013_904_223
      buffer.base[index] = Float(Int32(bitPattern: state)) * 0x1p-31
    }
  }

  static func filled(_ count: Int, seed: Int = 1) -> FloatBuffer {
    let buffer = FloatBuffer(count: count)
    fill(buffer, seed: seed)
    return buffer
  }

  /// The largest difference as a share of the largest expected value.
  static func error(_ pairs: [(found: Float, expected: Double)]) -> Double {
    let largest = pairs.reduce(0) { max($0, abs($1.expected)) }
    let difference = pairs.reduce(0) { max($0, abs(Double($1.found) - $1.expected)) }
    return difference.isFinite ? difference / max(largest, .leastNormalMagnitude) : .infinity
  }

  /// Every thread multiplies matrices of its own: the most that any product can reach.
  public static func product(_ pool: WorkerPool) -> KernelBenchmark {
    let n = 512
    let tasks = 2 * pool.threads
    let (a, b) = (filled(n * n, seed: 1), filled(n * n, seed: 2))
    let c = FloatBuffer(count: tasks * n * n)
    func matrix(_ buffer: FloatBuffer, _ index: Int = 0) -> Matrix {
      Matrix(buffer.base + index * n * n, rows: n, columns: n)
    }
    return KernelBenchmark(
      name: "sgemm, \(n) x \(n) x \(n) each thread (ceiling)",
      operations: 2 * Double(n * n * n * tasks),
      bytes: Double(4 * n * n * (2 + tasks)),
      run: {
        pool.parallelFor(tasks) { multiply(matrix(a), matrix(b), into: matrix(c, $0)) }
      },
      error: {
        error(
          (0..<64).map { index in
            let (row, column) = (index * 7 % n, index * 13 % n)
            let sum = (0..<n).reduce(0.0) {
              $0 + Double(a.base[row * n + $1]) * Double(b.base[$1 * n + column])
            }
            return (matrix(c, tasks - 1).row(row)[column], sum)
          }
        )
      },
      isCeiling: true
    )
  }

  /// a = b + 2 c on memory that no cache holds.
  private static func triad(_ pool: WorkerPool) -> KernelBenchmark {
    let count = 1 << 25
    let (b, c) = (filled(count, seed: 3), filled(count, seed: 4))
    let a = FloatBuffer(count: count)
    let tiles = Tiles(of: count, size: 1 << 16)
    return KernelBenchmark(
      name: "a = b + 2 c of \(count) values (ceiling)",
      operations: 0,
      bytes: Double(3 * 4 * count),
      run: {
        pool.parallelFor(tiles.count) { tile in
          for index in tiles[tile] { a.base[index] = b.base[index] + 2 * c.base[index] }
        }
      },
      error: {
        error(
          stride(from: 0, to: count, by: 99_991).map {
            (a.base[$0], Double(b.base[$0]) + 2 * Double(c.base[$0]))
          }
        )
      },
      isCeiling: true
    )
  }

  /// A linear map forward and backward, and its products by plain matrices.
  private static func linear(rows: Int, width: Int, _ pool: WorkerPool) -> [KernelBenchmark] {
    let (x, w) = (filled(rows * width, seed: 5), filled(width * width, seed: 6))
    let (y, bias) = (FloatBuffer(count: rows * width), filled(width, seed: 7))
    let gradients = FloatBuffer(count: width * (width + 1))
    let partials = FloatBuffer(
      count: linearPartialCount(rows: rows, inputs: width, outputs: width)
    )
    let packed = FloatBuffer(count: linearPackedCount(inputs: width, outputs: width))
    let dx = FloatBuffer(count: rows * width)
    let dy = filled(rows * width, seed: 8)
    func matrix(_ buffer: FloatBuffer) -> Matrix {
      Matrix(buffer.base, rows: buffer.count / width, columns: width)
    }
    let weight = Matrix(w.base, rows: width, columns: width)
    let operations = 2 * Double(rows * width * width)
    let name = "linear map, [\(rows), \(width)] to \(width)"
    let tiles = Tiles(of: rows, size: 256)
    func forwardError(hasBias: Bool) -> Double {
      error(
        (0..<64).map { index in
          let (row, column) = (index * 127 % rows, index * 13 % width)
          let sum = (0..<width).reduce(hasBias ? Double(bias.base[column]) : 0) {
            $0 + Double(x.base[row * width + $1]) * Double(w.base[column * width + $1])
          }
          return (y.base[row * width + column], sum)
        }
      )
    }
    return [
      KernelBenchmark(
        name: name + ", forward",
        operations: operations,
        bytes: Double(4 * width * (2 * rows + width)),
        run: {
          linearForward(
            matrix(x),
            weight: weight,
            bias: bias.base,
            into: matrix(y),
            packed: packed.base,
            pool
          )
        },
        error: { forwardError(hasBias: true) }
      ),
      KernelBenchmark(
        name: name + ", backward",
        operations: 2 * operations,
        bytes: Double(4 * width * (3 * rows + 2 * width)),
        run: {
          gradients.values.update(repeating: 0)
          linearBackward(
            matrix(dy),
            input: matrix(x),
            weight: weight,
            into: matrix(dx),
            gradients: gradients.base,
            partials: partials.base,
            packed: packed.base,
            pool
          )
        },
        error: {
          error(
            (0..<16).map { index in
              let (row, column) = (index * 31 % width, index * 13 % width)
              let sum = (0..<rows).reduce(0.0) {
                $0 + Double(dy.base[$1 * width + row]) * Double(x.base[$1 * width + column])
              }
              return (gradients.base[row * width + column], sum)
            }
          )
        }
      ),
      // What packing the weight once is worth: here every product packs it again.
      KernelBenchmark(
        name: name + ", packed every 256 rows",
        operations: operations,
        bytes: Double(4 * width * (2 * rows + width)),
        run: {
          pool.parallelFor(tiles.count) { index in
            multiply(
              matrix(x)[rows: tiles[index]],
              weight,
              transposing: .right,
              into: matrix(y)[rows: tiles[index]]
            )
          }
        },
        error: { forwardError(hasBias: false) }
      ),
    ]
  }

  private static func gelu(count: Int, _ pool: WorkerPool) -> KernelBenchmark {
    let (x, y) = (filled(count, seed: 9), FloatBuffer(count: count))
    let tiles = Tiles(of: count, size: 1 << 14)
    return KernelBenchmark(
      name: "gelu of \(count) values",
      operations: 0,
      bytes: Double(8 * count),
      run: {
        pool.parallelFor(tiles.count) { tile in
          let range = tiles[tile]
          geluForward(
            x.base + range.lowerBound,
            into: y.base + range.lowerBound,
            count: range.count
          )
        }
      },
      error: {
        error(
          stride(from: 0, to: count, by: 9973).map { index in
            let value = Double(x.base[index])
            return (y.base[index], value * (1 + Double.erf(value / 2.0.squareRoot())) / 2)
          }
        )
      }
    )
  }

  private static func layerNorm(rows: Int, width: Int, _ pool: WorkerPool) -> KernelBenchmark {
    let (x, y) = (filled(rows * width, seed: 10), FloatBuffer(count: rows * width))
    let (gain, statistics) = (filled(2 * width, seed: 11), FloatBuffer(count: 2 * rows))
    return KernelBenchmark(
      name: "layer norm of [\(rows), \(width)]",
      operations: 0,
      bytes: Double(8 * rows * width),
      run: {
        layerNormForward(
          Matrix(x.base, rows: rows, columns: width),
          gain: gain.base,
          statistics: statistics.base,
          into: Matrix(y.base, rows: rows, columns: width),
          pool
        )
      },
      error: {
        error(
          stride(from: 0, to: rows, by: 997).flatMap { row in
            let values = (0..<width).map { Double(x.base[row * width + $0]) }
            let mean = values.reduce(0, +) / Double(width)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            return values.enumerated().map { column, value in
              let normal = (value - mean) / (variance + 1e-5).squareRoot()
              let expected = normal * Double(gain.base[column]) + Double(gain.base[width + column])
              return (y.base[row * width + column], expected)
            }
          }
        )
      }
    )
  }
}
