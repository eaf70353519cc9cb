/// How far one layer of a network looks: the largest of its convolution kernels at each distance.
public struct KernelMagnitude: Sendable, Equatable {
  /// Which positions a kernel reads.
  public enum Direction: String, Codable, Sendable, CaseIterable {
    /// The position itself and those before it.
    case before
    /// Those after it.
    case after
  }

  /// The block, from 0.
  public var layer: Int
  /// Which positions the kernels read.
  public var direction: Direction
  /// The distance of the first value: 0, or 1 where kernels of what follows leave the position out.
  public var firstShift: Int
  /// max over channels of |K|, one value a distance.
  public var values: [Float]
}

extension Network {
  /// Whether there is a layer that convolves: a state-space model, or Mega's moving average.
  public static func hasKernels(_ configuration: NetworkConfiguration) -> Bool {
    configuration.layers.contains { layer in
      switch layer {
      case .stateSpace, .mega: true
      case .attention, .localAttention, .feedForward: false
      }
    }
  }

  /// The largest |K| over the channels of every layer with convolution kernels, at each distance.
  ///
  /// These are the kernels that a pass over sequences of this length computes; the network stays the same
  /// function. Source: Amos, Berant and Gupta, "Never train from scratch", section 3.6.
  ///
  /// - Parameter length: the positions of a sequence.
  /// - Returns: layers in their order, what is before first; empty without such a layer.
  /// - Throws: ``NetworkError`` when the network cannot take sequences of this length.
  /// - Precondition: the network keeps the insides of its blocks.
  public func kernelMagnitudes(length: Int) throws -> [KernelMagnitude] {
    precondition(!recomputes, "Network: kernels are overwritten where blocks share their memory")
    guard Self.hasKernels(configuration) else { return [] }
    let batch = blankBatch(length: length)
    try check(batch)
    let pass = prepare(batch, isTraining: false, dropout: nil)
    structure.forward(batch, pass)
    return structure.blocks.enumerated().flatMap { index, block -> [KernelMagnitude] in
      guard let slot = block.kernelSlot else { return [] }
      let kind = configuration.layers[index % configuration.layers.count]
      return magnitudes(of: kind, layer: index, pass.workspace[slot], count: slot.count)
    }
  }

  /// The magnitudes of one layer, whose kernels are [kernels, length, width].
  private func magnitudes(
    of kind: NetworkConfiguration.Layer,
    layer: Int,
    _ kernels: UnsafePointer<Float>,
    count: Int
  ) -> [KernelMagnitude] {
    let (sides, firstAfter): (Int, Int) =
      switch kind {
      case .stateSpace(let model): (model.kernels, 1)
      case .mega(let model): (model.kernels, 0)
      default: (1, 1)
      }
    let width = configuration.width
    let length = count / sides / width
    return (0..<sides).map { side in
      KernelMagnitude(
        layer: layer,
        direction: side == 0 ? .before : .after,
        firstShift: side == 0 ? 0 : firstAfter,
        values: (0..<length).map { shift in
          let row = kernels + (side * length + shift) * width
          return (0..<width).reduce(0) { max($0, row[$1].magnitude) }
        }
      )
    }
  }

  /// A batch as small as the network takes it: kernels do not depend on what is in it.
  private func blankBatch(length: Int) -> Batch {
    let rows = configuration.head.isForPairs ? 2 : 1
    let input: Batch.Input =
      switch configuration.encoder {
      case .embedding: .tokens(Array(repeating: 0, count: rows * length))
      case .linear(let inputs): .values(Array(repeating: 0, count: rows * length * inputs))
      }
    return Batch(rows: rows, length: length, input: input)
  }
}
