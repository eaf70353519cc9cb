internal import ComplexModule
internal import DataKit
internal import RealModule

/// Kernels that look along a sequence.
extension KernelBenchmark {
  static func attention(
    rows: Int,
    heads: Int,
    length: Int,
    headWidth: Int,
    _ pool: WorkerPool
  ) -> [KernelBenchmark] {
    let shape = AttentionShape(length: length, heads: heads, headWidth: headWidth, isCausal: false)
    let (width, positions) = (shape.width, rows * length)
    let inputs = filled(3 * positions * width, seed: 21)
    let output = FloatBuffer(count: positions * width)
    let outputGradient = filled(positions * width, seed: 22)
    let inputGradients = FloatBuffer(count: 3 * positions * width)
    let logSums = FloatBuffer(count: rows * heads * length)
    let scratch = FloatBuffer(count: pool.threads * shape.scratchCount)
    func matrix(_ buffer: FloatBuffer) -> Matrix {
      Matrix(buffer.base, rows: positions, columns: buffer.count / positions)
    }
    func worker(_ index: Int) -> UnsafeMutablePointer<Float> {
      scratch.base + index * shape.scratchCount
    }
    func forward() {
      attentionForward(
        matrix(inputs),
        shape,
        into: matrix(output),
        logSums: logSums.base,
        scratch: worker,
        pool
      )
    }
    /// A value of q (part 0), k or v of the last row and head.
    func value(_ part: Int, _ position: Int, _ channel: Int) -> Double {
      let row = (positions - length + position) * 3 * width
      return Double(inputs.base[row + part * width + width - headWidth + channel])
    }
    func weights(_ query: Int) -> [Double] {
      let scores = (0..<length).map { key in
        (0..<headWidth).reduce(0.0) { $0 + value(0, query, $1) * value(1, key, $1) }
          / Double(headWidth).squareRoot()
      }
      let powers = scores.map { Double.exp($0) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
    func place(_ position: Int, _ channel: Int, parts: Int) -> Int {
      (positions - length + position + 1) * parts * width - headWidth + channel
    }
    forward()
    let operations = 4 * Double(positions * length * width)
    let name = "attention, \(rows) x \(heads) heads of \(headWidth), length \(length)"
    return [
      KernelBenchmark(
        name: name + ", forward",
        operations: operations,
        bytes: Double(16 * positions * width),
        run: forward,
        error: {
          error(
            [0, length / 2, length - 1].flatMap { query in
              let weights = weights(query)
              return (0..<headWidth).map { channel in
                let sum = (0..<length).reduce(0.0) { $0 + weights[$1] * value(2, $1, channel) }
                return (output.base[place(query, channel, parts: 1)], sum)
              }
            }
          )
        }
      ),
      KernelBenchmark(
        name: name + ", backward",
        operations: 2.5 * operations,
        bytes: Double(32 * positions * width),
        run: {
          attentionBackward(
            matrix(outputGradient),
            inputs: matrix(inputs),
            output: matrix(output),
            logSums: logSums.base,
            shape,
            into: matrix(inputGradients),
            scratch: worker,
            pool
          )
        },
        error: {
          // dv of one key: what all queries give it.
          let key = length / 3
          var sums = [Double](repeating: 0, count: headWidth)
          for query in 0..<length {
            let weight = weights(query)[key]
            for channel in 0..<headWidth {
              sums[channel] +=
                weight * Double(outputGradient.base[place(query, channel, parts: 1)])
            }
          }
          return error(
            (0..<headWidth).map {
              (inputGradients.base[place(key, $0, parts: 3)], sums[$0])
            }
          )
        }
      ),
    ]
  }

  static func convolution(
    rows: Int,
    length: Int,
    width: Int,
    _ pool: WorkerPool
  ) -> [KernelBenchmark] {
    let shape = ConvolutionShape(
      length: length,
      kernelLength: length,
      width: width,
      sides: .bothApart
    )
    let transform = RealFourierTransform(length: shape.transformLength)
    let u = filled(rows * length * width, seed: 31)
    let kernel = filled(2 * length * width, seed: 32)
    let skip = filled(width, seed: 33)
    let y = FloatBuffer(count: u.count)
    let dy = filled(u.count, seed: 34)
    let (du, dk) = (FloatBuffer(count: u.count), FloatBuffer(count: kernel.count))
    let dd = FloatBuffer(count: width)
    let scratch = FloatBuffer(count: pool.threads * shape.scratchCount)
    func matrix(_ buffer: FloatBuffer) -> Matrix {
      Matrix(buffer.base, rows: rows * length, columns: width)
    }
    func worker(_ index: Int) -> UnsafeMutablePointer<Float> {
      scratch.base + index * shape.scratchCount
    }
    func input(_ buffer: FloatBuffer, _ row: Int, _ position: Int, _ channel: Int) -> Double {
      (0..<length).contains(position)
        ? Double(buffer.base[(row * length + position) * width + channel]) : 0
    }
    // A transform of n real values: 5/2 n log2 n.
    let n = Double(shape.transformLength)
    let transformOperations = 2.5 * n * Double.log2(n) * Double(width)
    let name = "convolution, \(rows) x \(length), width \(width)"
    return [
      KernelBenchmark(
        name: name + ", forward",
        operations: transformOperations * Double(2 * rows + 1),
        bytes: Double(4 * width * length * (2 * rows + 2)),
        run: {
          convolutionForward(
            matrix(u),
            kernel: kernel.base,
            skip: skip.base,
            counts: nil,
            into: matrix(y),
            shape,
            transform: transform,
            scratch: worker,
            pool
          )
        },
        error: {
          error(
            (0..<16).map { index in
              let (row, position) = (index % rows, index * 211 % length)
              let channel = index * 37 % width
              var sum = Double(skip.base[channel]) * input(u, row, position, channel)
              for j in 0..<length {
                let ahead = Double(kernel.base[j * width + channel])
                let behind = Double(kernel.base[(length + j) * width + channel])
                sum += ahead * input(u, row, position - j, channel)
                sum += behind * input(u, row, position + 1 + j, channel)
              }
              return (y.base[(row * length + position) * width + channel], sum)
            }
          )
        }
      ),
      KernelBenchmark(
        name: name + ", backward",
        operations: transformOperations * Double(3 * rows + 2),
        bytes: Double(4 * width * length * (3 * rows + 4)),
        run: {
          dd.values.update(repeating: 0)
          convolutionBackward(
            matrix(dy),
            input: matrix(u),
            kernel: kernel.base,
            skip: skip.base,
            counts: nil,
            into: matrix(du),
            adds: false,
            kernelGradient: dk.base,
            skipGradient: dd.base,
            shape,
            transform: transform,
            scratch: worker,
            pool
          )
        },
        error: {
          error(
            (0..<16).map { index in
              let (j, channel) = (index * 61 % length, index * 37 % width)
              var sum = 0.0
              for row in 0..<rows {
                for position in j..<length {
                  sum += input(dy, row, position, channel) * input(u, row, position - j, channel)
                }
              }
              return (dk.base[j * width + channel], sum)
            }
          )
        }
      ),
    ]
  }

  /// The kernels of a diagonal model, both sides, and the gradients of its parameters.
  static func powers(
    _ family: String,
    _ model: StateSpace,
    length: Int,
    width: Int,
    _ pool: WorkerPool
  ) -> [KernelBenchmark] {
    let bench = KernelCase(width: width, length: length, kernels: 2, pool: pool) {
      layout,
      buffers in
      StateSpaceLayer.kernel("k", model, width: width, in: &layout, buffers: &buffers)
    }
    let generator = Philox(seed: 0, purpose: .weights)
    for entry in bench.parameters.layout.entries {
      let draws = Draws(generator, name: entry.name)
      bench.parameters[entry.name] = model.initialValues(of: entry, draws) ?? []
    }
    let states = bench.parameters.layout["k.im"]?.shape.last ?? 0
    let gradient = filled(2 * length * width, seed: 41)
    let products = 2 * Double(2 * width * length) * Double(2 * states)
    let name = "kernels of \(family), width \(width), \(states) states, length \(length)"
    let bytes = Double(4 * 2 * length * width)
    return [
      KernelBenchmark(
        name: name + ", forward",
        operations: products,
        bytes: bytes,
        run: { bench.compute() },
        error: { error(samples(bench, model, length: length, width: width)) }
      ),
      KernelBenchmark(
        name: name + ", backward",
        operations: 2 * products,
        bytes: bytes,
        run: { bench.differentiate(gradient.base) },
        error: {
          // The kernels are linear in w or c: its gradient times itself is the gradient times the kernels.
          bench.compute()
          let weight = bench.parameters.layout["k.w"] == nil ? "k.c" : "k.w"
          let found = zip(bench.gradients[weight], bench.parameters[weight])
            .reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
          let (expected, size) = (0..<gradient.count).reduce((0.0, 0.0)) {
            let product = Double(gradient.base[$1]) * Double(bench.values[$1])
            return ($0.0 + product, $0.1 + product * product)
          }
          return abs(found - expected) / max(abs(expected), size.squareRoot())
        }
      ),
    ]
  }

  /// Some values of kernels and what their definition says.
  private static func samples(
    _ bench: KernelCase,
    _ model: StateSpace,
    length: Int,
    width: Int
  ) -> [(Float, Double)] {
    func pairs(_ name: String, _ place: Int) -> ComplexDouble {
      let values = bench.parameters[name]
      return ComplexDouble(Double(values[2 * place]), Double(values[2 * place + 1]))
    }
    let im = bench.parameters["k.im"].map(Double.init)
    return (0..<12).map { index in
      let (side, channel, l) = (index % 2, index * 29 % width, index * 347 % length)
      var sum = ComplexDouble(0)
      if case .dlr(let states, _) = model.family {
        let roots = bench.parameters["k.sqrt_neg_re"].map(Double.init)
        for n in 0..<states {
          let exponent = ComplexDouble(-roots[n] * roots[n], im[n]).multiplied(by: Double(l))
          sum += pairs("k.w", (side * width + channel) * states + n) * .exp(exponent)
        }
      } else {
        // S4D, bilinear, with eigenvalues and input of every channel's own.
        let states = im.count / width
        let decays = bench.parameters["k.log_neg_re"].map { -Double.exp(Double($0)) }
        let dt = Double.exp(Double(bench.parameters["k.log_dt"][channel]))
        for n in 0..<states {
          let place = channel * states + n
          let half = ComplexDouble(decays[place], im[place]).multiplied(by: dt / 2)
          let inverse = 1 / (1 - half)
          let power = ComplexDouble.pow((1 + half) * inverse, l)
          let c = pairs("k.c", (side * width + channel) * states + n)
          sum += (c * pairs("k.b", place) * inverse * power).multiplied(by: 2 * dt)
        }
      }
      return (bench.values[(side * length + l) * width + channel], sum.real)
    }
  }
}
