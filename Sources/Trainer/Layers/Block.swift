/// A step of a network, which maps [positions, width] to itself.
protocol Block {
  /// Where the forward pass leaves its result, [positions, width].
  var output: Slot { get }

  /// As ``Layer/extendKernel(to:parameters:buffers:_:)``.
  func extendKernel(
    to length: Int,
    parameters: UnsafeMutablePointer<Float>,
    buffers: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) -> Int

  /// As ``Layer/freshKernelLength(for:)``.
  func freshKernelLength(for length: Int) -> Int

  /// As ``Layer/kernelSlot``.
  var kernelSlot: Slot? { get }

  /// Reserves the output, which the next block reads.
  mutating func reserveOutput(in plan: inout WorkspacePlan)

  /// Reserves what only the block's own backward pass needs.
  mutating func reserveInside(in plan: inout WorkspacePlan)

  /// Computes the block's output in its slot, from x and what f(x) is added to, mostly x itself.
  func forward(_ input: Matrix, around residual: Matrix, _ pass: Pass)

  /// Turns the gradient of the output into that of the input.
  ///
  /// - Parameters:
  ///   - input: x, as in the forward pass.
  ///   - gradient: that of y; replaced by that of x, or left as it is when there is a `target`.
  ///   - target: the gradient that f adds to in a parallel round; pre-norm only.
  ///   - branchGradient: [positions, width], scratch.
  ///   - dropped: [positions, width], scratch; used with dropout only.
  ///   - pass: the pass under way.
  func backward(
    input: Matrix,
    gradient: Matrix,
    target: Matrix?,
    branchGradient: Matrix,
    dropped: Matrix?,
    _ pass: Pass
  )
}

extension NetworkConfiguration {
  /// The block at `index`, whose parameters are added as "blocks.index.layer…" and, for a residual
  /// block, "blocks.index.norm…".
  func block(
    _ kind: Layer,
    at index: Int,
    in layout: inout ParameterLayout,
    buffers: inout ParameterLayout
  ) -> any Block {
    if case .mega(let model) = kind {
      return MegaBlock(model, self, index: index, in: &layout, buffers: &buffers)
    }
    // The layer's parameters come before those of its norm.
    let layer = makeLayer(kind, at: index, in: &layout, buffers: &buffers)
    let norm = Trainer.Norm(
      "blocks.\(index).norm",
      self.norm,
      width: width,
      in: &layout,
      buffers: &buffers
    )
    return ResidualBlock(
      layer: layer,
      norm: norm,
      isPrenorm: prenorm,
      width: width,
      dropoutSite: 2 * index + 2
    )
  }

  private func makeLayer(
    _ kind: Layer,
    at index: Int,
    in layout: inout ParameterLayout,
    buffers: inout ParameterLayout
  ) -> any Trainer.Layer {
    let name = "blocks.\(index).layer"
    switch kind {
    case .attention(let heads, let isCausal, let isRotary, let bias):
      return Attention(
        name,
        width: width,
        heads: heads,
        isCausal: isCausal,
        isRotary: isRotary,
        rotary: rotary ?? .init(),
        hasBias: bias ?? true,
        in: &layout
      )
    case .localAttention(
      let heads,
      let window,
      let back,
      let forward,
      let isCausal,
      let isRotary,
      let bias
    ):
      return Attention(
        name,
        width: width,
        heads: heads,
        isCausal: isCausal,
        isRotary: isRotary,
        rotary: rotary ?? .init(),
        window: AttentionWindow(size: window, back: back, forward: forward),
        hasBias: bias ?? true,
        in: &layout
      )
    case .feedForward(let expand, let activation):
      return FeedForward(
        name,
        width: width,
        expand: expand,
        activation: activation ?? .gelu,
        dropoutSite: 2 * index + 1,
        in: &layout
      )
    case .stateSpace(let model):
      return StateSpaceLayer(
        name,
        model,
        width: width,
        dropoutSite: 2 * index + 1,
        in: &layout,
        buffers: &buffers
      )
    case .mega: preconditionFailure("Block: a Mega layer is a block of its own")
    }
  }
}
