internal import RealModule

extension BenchmarkConfiguration {
  /// Floating-point operations of products of matrices and of Fourier transforms; what is done element
  /// by element, and what is computed a second time, does not count.
  public struct Operations: Sendable {
    /// Of an evaluation.
    public var forward = 0.0
    /// Of a training step.
    public var step = 0.0

    /// Adds products whose backward pass is `backward` times as much work.
    fileprivate mutating func add(_ forward: Double, backward: Double = 2) {
      self.forward += forward
      step += forward * (1 + backward)
    }
  }

  /// The operations of all blocks; encoder and head are left out.
  public var operations: Operations {
    var sum = Operations()
    for _ in 0..<network.depth {
      for layer in network.layers { add(layer, to: &sum) }
    }
    return sum
  }

  private func add(_ layer: NetworkConfiguration.Layer, to sum: inout Operations) {
    let (width, length) = (Double(network.width), Double(length))
    let positions = Double(rows) * length
    func addMap(_ inputs: Double, _ outputs: Double) { sum.add(2 * positions * inputs * outputs) }
    switch layer {
    case .attention:
      addMap(width, 4 * width)
      // Two products forward, five backward, of which one is S once more.
      sum.add(4 * positions * length * width, backward: 2.5)
    case .localAttention(_, let window, let back, let forward, _, _, _):
      addMap(width, 4 * width)
      let windows = (self.length + window - 1) / window
      let seen = (0..<windows).reduce(0) { sum, index in
        sum + min(windows - 1, index + forward) - max(0, index - back) + 1
      }
      let keys = Double(seen * window) / Double(windows)
      sum.add(4 * positions * keys * width, backward: 2.5)
    case .feedForward(let expand, _): addMap(width, 2 * Double(expand) * width)
    case .stateSpace(let model):
      addMap(width, model.gated ? 2 * width : width)
      let (kernels, taps) = (Double(model.kernels), Double(model.kernelLength(for: self.length)))
      switch model.family {
      case .s4(let states, _, let rank, _):
        // Real numerators by complex reciprocals at length / 2 nodes, of half of the states.
        let products = Double((1 + rank) * (model.kernels + rank))
        sum.add(2 * width * products * Double(states) * taps)
      case .s4d(let states, _, _, _, _): sum.add(2 * width * kernels * taps * Double(states))
      case .dss(let states, _), .dlr(let states, _):
        sum.add(2 * width * kernels * taps * 2 * Double(states))
      }
      addConvolution(taps: taps, to: &sum)
    case .mega(let model):
      let (queries, values) = (Double(model.queryWidth), Double(model.valueWidth))
      addMap(width, values)
      addMap(width, queries + values + 2 * width)
      addMap(values, width)
      addMap(width, 2 * Double(model.expand) * width)
      sum.add(2 * positions * Double(model.chunk ?? self.length) * (queries + values))
      sum.add(2 * width * Double(model.kernels) * length * 2 * Double(model.states))
      addConvolution(taps: length, to: &sum)
    }
  }

  /// Two transforms of every row and one of the kernel; backward three and two.
  private func addConvolution(taps: Double, to sum: inout Operations) {
    let n = Double(RealFourierTransform.goodLength(atLeast: length + Int(taps)))
    let transform = 2.5 * n * Double.log2(n) * Double(network.width)
    let (rows, forward) = (Double(rows), transform * Double(2 * rows + 1))
    sum.forward += forward
    sum.step += forward + transform * (3 * rows + 2)
  }
}
