import Glibc
import TestSupport
import Testing

@testable import Trainer

@Suite struct FourierTests {
  /// The bins of eight channels by their definition, in Double.
  private func direct(_ values: [Float], length: Int) -> [Float] {
    var bins = [Float](repeating: 0, count: 16 * (length / 2 + 1))
    for lane in 0..<8 {
      for k in 0...length / 2 {
        var (re, im) = (0.0, 0.0)
        for j in 0..<length {
          let angle = -2 * Double.pi * Double(j * k % length) / Double(length)
          re += Double(values[8 * j + lane]) * cosine(angle)
          im += Double(values[8 * j + lane]) * sine(angle)
        }
        bins[16 * k + lane] = Float(re)
        bins[16 * k + 8 + lane] = Float(im)
      }
    }
    return bins
  }

  private func cosine(_ x: Double) -> Double { Glibc.cos(x) }
  private func sine(_ x: Double) -> Double { Glibc.sin(x) }

  @Test(arguments: [1, 2, 3, 4, 6, 7, 8, 15, 27, 32, 48, 54, 64, 77, 96, 100, 128, 250, 360])
  func `a spectrum is that of the definition and leads back`(length: Int) {
    let values = drawn(8 * length, seed: UInt32(length))
    let count = RealFourierTransform.bufferCount(length: length)
    let (buffer, scratch) = (Values.zeros(count), Values.zeros(count))
    for index in values.indices { buffer.base[index] = values[index] }
    let transform = RealFourierTransform(length: length)
    let bins = transform.spectrum(buffer.base, scratch: scratch.base)
    let found = Array(UnsafeBufferPointer(start: bins, count: 16 * (length / 2 + 1)))
    let size = Double(length).squareRoot()
    expectClose(found, direct(values, length: length), absolute: 1e-6 * size, "bins")
    let other = bins == buffer.base ? scratch.base : buffer.base
    let back = transform.values(ofSpectrum: bins, scratch: other)
    let result = (0..<8 * length).map { back[$0] * transform.inverseScale }
    expectClose(result, values, absolute: 2e-6, "values")
  }

  @Test func `good lengths are even and not far`() {
    for length in 1...5000 {
      let good = RealFourierTransform.goodLength(atLeast: length)
      #expect(good >= length && good % 2 == 0 && good < max(7, length * 4 / 3 + 4))
    }
  }
}

/// A convolution of channels that lie in the fixtures' order, [rows, width, length].
struct ConvolutionCase {
  var shape: ConvolutionShape
  var rows: Int
  let pool = WorkerPool(threads: 2)

  private var scratch: Values { Values(rows: pool.threads, columns: shape.scratchCount) }

  func forward(_ u: [Float], _ kernel: [Float], skip: [Float]?, counts: [Int]? = nil) -> [Float] {
    let input = Values(u, rows: rows * shape.length, columns: shape.width)
    let output = Values(rows: rows * shape.length, columns: shape.width)
    let kernel = Values(kernel, rows: kernel.count, columns: 1)
    let skip = skip.map { Values($0, rows: 1, columns: shape.width) }
    let scratch = scratch
    convolutionForward(
      input.matrix,
      kernel: kernel.base,
      skip: skip.map { UnsafePointer($0.base) },
      counts: counts,
      into: output.matrix,
      shape,
      transform: RealFourierTransform(length: shape.transformLength),
      scratch: { scratch.base + $0 * shape.scratchCount },
      pool
    )
    return output.array
  }

  func backward(
    _ u: [Float],
    _ kernel: [Float],
    skip: [Float],
    counts: [Int]? = nil,
    _ gradient: [Float]
  ) -> (u: [Float], kernel: [Float], skip: [Float]) {
    let input = Values(u, rows: rows * shape.length, columns: shape.width)
    let outputGradient = Values(gradient, rows: rows * shape.length, columns: shape.width)
    let inputGradient = Values(rows: rows * shape.length, columns: shape.width)
    let kernelGradient = Values(rows: kernel.count, columns: 1)
    let kernel = Values(kernel, rows: kernel.count, columns: 1)
    let (skip, skipGradient) = (
      Values(skip, rows: 1, columns: shape.width), Values.zeros(shape.width)
    )
    let scratch = scratch
    convolutionBackward(
      outputGradient.matrix,
      input: input.matrix,
      kernel: kernel.base,
      skip: skip.base,
      counts: counts,
      into: inputGradient.matrix,
      adds: false,
      kernelGradient: kernelGradient.base,
      skipGradient: skipGradient.base,
      shape,
      transform: RealFourierTransform(length: shape.transformLength),
      scratch: { scratch.base + $0 * shape.scratchCount },
      pool
    )
    return (inputGradient.array, kernelGradient.array, skipGradient.array)
  }

  /// y by its definition, in Double.
  func direct(_ u: [Float], _ kernel: [Float], skip: [Float], counts: [Int]? = nil) -> [Float] {
    let (length, width) = (shape.length, shape.width)
    var result = [Float](repeating: 0, count: u.count)
    for row in 0..<rows {
      let count = counts?[row] ?? length
      for channel in 0..<width {
        func input(_ position: Int) -> Double {
          position >= 0 && position < count
            ? Double(u[(row * length + position) * width + channel]) : 0
        }
        for position in 0..<length {
          var sum = input(position) * Double(skip[channel])
          for j in 0..<shape.kernelLength {
            sum += Double(kernel[j * width + channel]) * input(position - j)
            guard shape.kernels == 2 else { continue }
            let ahead = shape.sides == .bothApart ? position + 1 + j : position + j
            sum += Double(kernel[(shape.kernelLength + j) * width + channel]) * input(ahead)
          }
          result[(row * length + position) * width + channel] = Float(sum)
        }
      }
    }
    return result
  }
}

@Suite struct ConvolutionTests {
  @Test(arguments: [
    (ConvolutionShape.Sides.causal, 37, 37), (.bothApart, 64, 64), (.bothCentered, 30, 30),
    (.bothApart, 50, 20), (.causal, 1, 1), (.bothApart, 1, 1),
  ])
  func `convolution and its gradients are those of the definition`(
    sides: ConvolutionShape.Sides,
    length: Int,
    kernelLength: Int
  ) {
    let shape = ConvolutionShape(
      length: length,
      kernelLength: kernelLength,
      width: 11,
      sides: sides
    )
    let test = ConvolutionCase(shape: shape, rows: 3)
    let counts = [length, (length + 1) / 2, max(1, length - 3)]
    let u = drawn(3 * length * 11, seed: 1)
    let kernel = drawn(shape.kernels * kernelLength * 11, seed: 2)
    let skip = drawn(11, seed: 3)
    for counts in [nil, counts] {
      expectClose(
        test.forward(u, kernel, skip: skip, counts: counts),
        test.direct(u, kernel, skip: skip, counts: counts),
        absolute: 2e-5,
        "y"
      )
    }
    // The convolution is linear in each input, so that any step gives the exact slope.
    let gradient = drawn(u.count, seed: 4)
    let found = test.backward(u, kernel, skip: skip, counts: counts, gradient)
    func slope(_ change: (inout [Float], inout [Float], inout [Float]) -> Void) -> Float {
      var (u, kernel, skip) = (u, kernel, skip)
      let before = test.direct(u, kernel, skip: skip, counts: counts)
      change(&u, &kernel, &skip)
      let after = test.direct(u, kernel, skip: skip, counts: counts)
      return Float(
        gradient.indices.reduce(0.0) {
          $0 + Double(gradient[$1]) * (Double(after[$1]) - Double(before[$1]))
        }
      )
    }
    for index in Swift.stride(from: 0, to: u.count, by: 7) {
      let expected = slope { u, _, _ in u[index] += 1 }
      expectClose([found.u[index]], [expected], absolute: 2e-4, "du \(index)")
    }
    for index in Swift.stride(from: 0, to: kernel.count, by: 5) {
      let expected = slope { _, kernel, _ in kernel[index] += 1 }
      expectClose([found.kernel[index]], [expected], absolute: 2e-4, "dk \(index)")
    }
    for index in skip.indices {
      let expected = slope { _, _, skip in skip[index] += 1 }
      expectClose([found.skip[index]], [expected], absolute: 2e-4, "dd \(index)")
    }
  }
}
