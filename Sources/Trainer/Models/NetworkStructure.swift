/// The parts of a network in order: where their parameters and activations lie, but no values.
struct NetworkStructure {
  let configuration: NetworkConfiguration
  private(set) var layout = ParameterLayout()
  private(set) var bufferLayout = ParameterLayout()
  private(set) var encoder: Encoder
  private(set) var blocks: [any Block] = []
  /// The norm after the last block, see ``NetworkConfiguration/hasFinalNorm``.
  private(set) var finalNorm: Norm?
  private(set) var decoder: Decoder
  private(set) var encoded = Slot()
  private(set) var final = Slot()
  /// The gradient that runs from the last block to the first.
  private(set) var gradient = Slot()
  private(set) var branchGradient = Slot()
  /// The gradient of a parallel round's input.
  private(set) var roundGradient = Slot()
  private(set) var dropped = Slot()

  init(_ configuration: NetworkConfiguration) {
    do {
      try configuration.validate()
    } catch {
      preconditionFailure("Network: \(error)")
    }
    self.configuration = configuration
    encoder = Encoder(configuration, in: &layout)
    for round in 0..<configuration.depth {
      for (index, kind) in configuration.layers.enumerated() {
        blocks.append(
          configuration.block(
            kind,
            at: round * configuration.layers.count + index,
            in: &layout,
            buffers: &bufferLayout
          )
        )
      }
    }
    if configuration.hasFinalNorm {
      finalNorm = Norm(
        "final",
        configuration.norm,
        width: configuration.width,
        in: &layout,
        buffers: &bufferLayout
      )
    }
    decoder = Decoder(configuration, in: &layout)
  }

  /// Lays out the activations for a batch's shape.
  ///
  /// - Parameters:
  ///   - rows: sequences in the batch.
  ///   - length: the positions of a sequence, without a class token.
  ///   - threads: the workers that get scratch memory.
  ///   - kernelLengths: what ``extendKernels(to:parameters:buffers:_:)`` returned, or
  ///     ``freshKernelLengths(for:)``.
  ///   - recomputes: whether the insides of all blocks share one place; see
  ///     ``backward(_:recomputing:_:)``.
  /// - Returns: the plan of all memory.
  mutating func plan(
    rows: Int,
    length: Int,
    threads: Int,
    kernelLengths: [Int],
    recomputes: Bool
  ) -> WorkspacePlan {
    var plan = WorkspacePlan(rows: rows, length: self.length(of: length), threads: threads)
    let count = plan.positions * configuration.width
    encoded = plan.keep(count)
    encoder.reserve(in: &plan)
    for index in blocks.indices { blocks[index].reserveOutput(in: &plan) }
    let start = plan.mark
    var ends: [WorkspacePlan.Mark] = []
    for index in blocks.indices {
      if recomputes { plan.rewind(to: start) }
      plan.kernelLength = kernelLengths[index]
      blocks[index].reserveInside(in: &plan)
      ends.append(plan.mark)
    }
    plan.advance(beyond: ends)
    if finalNorm != nil {
      final = plan.keep(count)
      finalNorm?.reserve(in: &plan)
    } else {
      final = blocks.last?.output ?? encoded
    }
    decoder.reserve(in: &plan)
    gradient = plan.keepGradient(count)
    branchGradient = plan.keepGradient(count)
    if configuration.isParallel { roundGradient = plan.keepGradient(count) }
    if configuration.dropout > 0 { dropped = plan.keepGradient(count) }
    return plan
  }

  /// The positions between encoder and head: those of a sequence and that of the class token.
  func length(of batchLength: Int) -> Int { batchLength + configuration.tokensBefore }

  /// Makes all layers fit for sequences of `length`, which does not change the network's function.
  ///
  /// - Returns: the length that each block computes its convolution kernels at, or 0.
  func extendKernels(
    to length: Int,
    parameters: UnsafeMutablePointer<Float>,
    buffers: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) -> [Int] {
    blocks.map { $0.extendKernel(to: length, parameters: parameters, buffers: buffers, pool) }
  }

  /// The length that each block of a fresh network computes its convolution kernels at, or 0.
  func freshKernelLengths(for length: Int) -> [Int] {
    blocks.map { $0.freshKernelLength(for: length) }
  }

  /// The width of the sinusoid table, or nil for none.
  var sinusoidWidth: Int? { configuration.positions == .sinusoidal ? configuration.width : nil }

  /// The numbers of channels of a head that need a table of rotations.
  var rotaryWidths: Set<Int> {
    let rotary = configuration.rotary ?? .init()
    return Set(
      configuration.layers.compactMap { layer in
        switch layer {
        case .attention(let heads, _, true, _), .localAttention(let heads, _, _, _, _, true, _):
          rotary.width(ofHead: configuration.width / heads)
        default: nil
        }
      }
    )
  }

  /// What the block at `index` adds to.
  func residual(_ index: Int) -> Slot { index == 0 ? encoded : blocks[index - 1].output }

  /// What the layer of the block at `index` sees: in a parallel round, the round's input.
  func blockInput(_ index: Int) -> Slot {
    residual(configuration.isParallel ? index - index % configuration.layers.count : index)
  }

  /// Computes the outputs of a checked batch in the decoder's slot.
  func forward(_ batch: Batch, _ pass: Pass) {
    let width = configuration.width
    let encoded = pass.matrix(encoded, columns: width)
    encoder.forward(batch.input, into: encoded, pass)
    pass.dropout?.apply(encoded, into: encoded, site: 0, pass.pool)
    for index in blocks.indices {
      blocks[index].forward(
        pass.matrix(blockInput(index), columns: width),
        around: pass.matrix(residual(index), columns: width),
        pass
      )
    }
    let final = pass.matrix(final, columns: width)
    finalNorm?.forward(pass.matrix(residual(blocks.count), columns: width), into: final, pass)
    decoder.forward(final, lengths: batch.lengths, pass)
  }

  /// Adds to all gradients, from that of the outputs, which lies over the outputs.
  ///
  /// With `recomputing` only the outputs of the blocks are left of the forward pass: every block but the
  /// last runs forward again before it runs backward, which gives the same bits (Chen, Xu, Zhang and
  /// Guestrin, "Training deep nets with sublinear memory cost", 2016).
  func backward(_ batch: Batch, recomputing: Bool, _ pass: Pass) {
    let width = configuration.width
    var gradient = pass.matrix(gradient, columns: width)
    let branchGradient = pass.matrix(branchGradient, columns: width)
    let dropped = pass.dropout.map { _ in pass.matrix(self.dropped, columns: width) }
    decoder.backward(
      input: pass.matrix(final, columns: width),
      lengths: batch.lengths,
      into: gradient,
      pass
    )
    finalNorm?.backward(
      gradient,
      input: pass.matrix(residual(blocks.count), columns: width),
      into: gradient,
      adds: false,
      pass
    )
    var again = pass
    again.isRepeated = true
    // In a parallel round every layer takes the gradient of the round's output and adds to `other`.
    var other = configuration.isParallel ? pass.matrix(roundGradient, columns: width) : nil
    for index in blocks.indices.reversed() {
      let input = pass.matrix(blockInput(index), columns: width)
      if recomputing, index + 1 < blocks.count {
        blocks[index].forward(input, around: pass.matrix(residual(index), columns: width), again)
      }
      let place = index % configuration.layers.count
      if place == configuration.layers.count - 1 {
        other?.base.update(from: gradient.base, count: pass.positions * width)
      }
      blocks[index].backward(
        input: input,
        gradient: gradient,
        target: other,
        branchGradient: branchGradient,
        dropped: dropped,
        pass
      )
      if place == 0, let round = other { (gradient, other) = (round, gradient) }
    }
    pass.dropout?.apply(gradient, into: gradient, site: 0, pass.pool)
    encoder.backward(gradient, input: batch.input, pass)
  }
}
