/// A layer with its norm and the path around it.
///
/// pre-norm: y = x + f(norm(x)); post-norm: y = norm(x + f(x)). In a parallel round of pre-norm
/// layers the path comes from the layer before, y = r + f(norm(x)), with the round's input x.
struct ResidualBlock {
  private(set) var layer: any Layer
  private var norm: Norm
  private let isPrenorm: Bool
  private let width: Int
  private let dropoutSite: Int
  /// norm(x) or x + f(x).
  private var middle = Slot()
  private(set) var output = Slot()

  /// A block whose parameters are added as "blocks.index.layer…" and "blocks.index.norm…".
  init(
    index: Int,
    _ kind: NetworkConfiguration.Layer,
    _ configuration: NetworkConfiguration,
    in layout: inout ParameterLayout,
    buffers: inout ParameterLayout
  ) {
    width = configuration.width
    isPrenorm = configuration.prenorm
    dropoutSite = 2 * index + 2
    let name = "blocks.\(index).layer"
    switch kind {
    case .attention(let heads, let isCausal, let isRotary):
      layer = Attention(
        name,
        width: width,
        heads: heads,
        isCausal: isCausal,
        isRotary: isRotary,
        rotary: configuration.rotary ?? .init(),
        in: &layout
      )
    case .localAttention(let heads, let window, let back, let forward, let isCausal, let isRotary):
      layer = Attention(
        name,
        width: width,
        heads: heads,
        isCausal: isCausal,
        isRotary: isRotary,
        rotary: configuration.rotary ?? .init(),
        window: AttentionWindow(size: window, back: back, forward: forward),
        in: &layout
      )
    case .feedForward(let expand):
      layer = FeedForward(
        name,
        width: width,
        expand: expand,
        dropoutSite: 2 * index + 1,
        in: &layout
      )
    case .stateSpace(let model):
      layer = StateSpaceLayer(
        name,
        model,
        width: width,
        dropoutSite: 2 * index + 1,
        in: &layout,
        buffers: &buffers
      )
    }
    norm = Norm(
      "blocks.\(index).norm",
      configuration.norm,
      width: width,
      in: &layout,
      buffers: &buffers
    )
  }

  mutating func reserve(in plan: inout WorkspacePlan) {
    middle = plan.keep(plan.positions * width)
    output = plan.keep(plan.positions * width)
    layer.reserve(in: &plan)
    norm.reserve(in: &plan)
  }

  /// Computes the block's output in its slot, from x and what f(x) is added to, mostly x itself.
  func forward(_ input: Matrix, around residual: Matrix, _ pass: Pass) {
    let middle = pass.matrix(middle, columns: width)
    let output = pass.matrix(output, columns: width)
    if isPrenorm {
      norm.forward(input, into: middle, pass)
      branch(middle, around: residual, into: output, pass)
    } else {
      branch(input, around: residual, into: middle, pass)
      norm.forward(middle, into: output, pass)
    }
  }

  /// Computes residual + dropout(f(input)).
  private func branch(_ input: Matrix, around residual: Matrix, into output: Matrix, _ pass: Pass) {
    if let dropout = pass.dropout {
      layer.forward(input, adding: nil, into: output, pass)
      dropout.apply(output, adding: residual, into: output, site: dropoutSite, pass.pool)
    } else {
      layer.forward(input, adding: residual, into: output, pass)
    }
  }

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
    target: Matrix? = nil,
    branchGradient: Matrix,
    dropped: Matrix?,
    _ pass: Pass
  ) {
    let middle = pass.matrix(middle, columns: width)
    if !isPrenorm { norm.backward(gradient, input: middle, into: gradient, adds: false, pass) }
    var outer = gradient
    if let dropout = pass.dropout, let dropped {
      dropout.apply(gradient, into: dropped, site: dropoutSite, pass.pool)
      outer = dropped
    }
    if isPrenorm {
      layer.backward(outer, input: middle, into: branchGradient, adds: false, pass)
      norm.backward(branchGradient, input: input, into: target ?? gradient, adds: true, pass)
    } else {
      layer.backward(outer, input: input, into: gradient, adds: true, pass)
    }
  }
}
