/// A Mega layer: gated attention, then a feed-forward residual block.
///
/// Source: Ma et al., "Mega: Moving average equipped gated attention", 2023.
struct MegaBlock: Block {
  private var attention: GatedAttention
  private var feedForward: ResidualBlock

  /// Where the sites of the feed-forward dropout begin; the others count up from 0.
  private static let secondSites = 1 << 15

  /// A block whose parameters are added as "blocks.index.layer…", the feed-forward layer's as "….ff…"
  /// and "….ff_norm…".
  init(
    _ model: Mega,
    _ network: NetworkConfiguration,
    index: Int,
    in layout: inout ParameterLayout,
    buffers: inout ParameterLayout
  ) {
    let name = "blocks.\(index).layer"
    let site = 2 * index + 1
    attention = GatedAttention(
      name,
      model,
      network,
      dropoutSites: (average: site, candidate: site + 1),
      in: &layout,
      buffers: &buffers
    )
    let layer = FeedForward(
      "\(name).ff",
      width: network.width,
      expand: model.expand,
      activation: model.activation ?? .silu,
      dropoutSite: Self.secondSites + site,
      in: &layout
    )
    let norm = Norm(
      "\(name).ff_norm",
      model.norm ?? network.norm,
      width: network.width,
      in: &layout,
      buffers: &buffers
    )
    feedForward = ResidualBlock(
      layer: layer,
      norm: norm,
      isPrenorm: model.prenorm ?? network.prenorm,
      width: network.width,
      dropoutSite: Self.secondSites + site + 1
    )
  }

  var output: Slot { feedForward.output }

  func extendKernel(
    to length: Int,
    parameters: UnsafeMutablePointer<Float>,
    buffers: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) -> Int { 0 }

  func freshKernelLength(for length: Int) -> Int { 0 }

  var kernelSlot: Slot? { attention.slots.kernel }

  mutating func reserveOutput(in plan: inout WorkspacePlan) {
    feedForward.reserveOutput(in: &plan)
  }

  mutating func reserveInside(in plan: inout WorkspacePlan) {
    attention.reserve(in: &plan)
    feedForward.reserveInside(in: &plan)
  }

  private func attended(_ pass: Pass) -> Matrix {
    pass.matrix(attention.slots.output, columns: attention.width)
  }

  func forward(_ input: Matrix, around residual: Matrix, _ pass: Pass) {
    attention.forward(input, pass)
    feedForward.forward(attended(pass), around: attended(pass), pass)
  }

  func backward(
    input: Matrix,
    gradient: Matrix,
    target: Matrix?,
    branchGradient: Matrix,
    dropped: Matrix?,
    _ pass: Pass
  ) {
    feedForward.backward(
      input: attended(pass),
      gradient: gradient,
      target: nil,
      branchGradient: branchGradient,
      dropped: dropped,
      pass
    )
    attention.backward(
      input: input,
      gradient: gradient,
      branchGradient: branchGradient,
      pass
    )
  }
}
