/// Mega's moving average and gated attention, with their norm and the path around them.
///
/// With f mostly silu: x' = norm(x) in pre-norm networks, else x; v = f(W_v x'); m = f(EMA(x'));
/// (u, z, r, c) = W_m m; q and k from z, see ``queriesAndKeysForward(_:_:scale:shift:queries:keys:)``;
/// h = f(c + W_h (attention(q, k, v) f(r))); y = x + sigmoid(u) (h - x), normed in post-norm networks.
///
/// Dropout takes values of m and of h. Kept for the backward pass is what lies before each activation.
struct GatedAttention {
  let model: Mega
  let width: Int
  let isPrenorm: Bool
  /// f.
  let activation: Activation
  let dropoutSites: (average: Int, candidate: Int)
  var norm: Norm
  let kernel: PowerSumConvolution
  /// omega, the average's skip path.
  let skip: Int
  let valueMap: LinearPlace
  /// From m to u, z, r and c.
  let map: LinearPlace
  /// a and b of queries and keys.
  let scale: Int
  let shift: Int
  let candidateMap: LinearPlace
  let bias: Int
  var slots = Slots()

  /// What stays from the forward to the backward pass.
  struct Slots {
    /// x', in pre-norm networks.
    var normed = Slot()
    /// W_v x'.
    var values = Slot()
    var kernel = Slot()
    /// EMA(x').
    var averaged = Slot()
    /// u, z, r and c.
    var mapped = Slot()
    /// attention(q, k, v).
    var mixed = Slot()
    /// What h is f of.
    var candidate = Slot()
    /// y before a norm.
    var updated = Slot()
    /// y.
    var output = Slot()
  }

  /// A layer whose parameters are added as "name.norm…", "name.ema…", "name.v_proj…", "name.mx…",
  /// "name.qk_scale" and "name.qk_shift", [2, query width], "name.h_proj…" and "name.rel_bias",
  /// [2 reach - 1].
  init(
    _ name: String,
    _ model: Mega,
    _ network: NetworkConfiguration,
    dropoutSites: (average: Int, candidate: Int),
    in layout: inout ParameterLayout,
    buffers: inout ParameterLayout
  ) {
    let (width, queries, values) = (network.width, model.queryWidth, model.valueWidth)
    (self.model, self.width) = (model, width)
    isPrenorm = model.prenorm ?? network.prenorm
    activation = model.activation ?? .silu
    self.dropoutSites = dropoutSites
    norm = Norm(
      "\(name).norm",
      model.norm ?? network.norm,
      width: width,
      in: &layout,
      buffers: &buffers
    )
    let average = MovingAverage(
      "\(name).ema",
      heads: model.kernels * width,
      states: model.states,
      in: &layout
    )
    kernel = PowerSumConvolution(family: average, width: width, sides: model.kernels)
    skip = layout.add("\(name).ema.omega", [width]).lowerBound
    valueMap = LinearPlace("\(name).v_proj", inputs: width, outputs: values, in: &layout)
    map = LinearPlace(
      "\(name).mx",
      inputs: width,
      outputs: 2 * width + queries + values,
      in: &layout
    )
    scale = layout.add("\(name).qk_scale", [2, queries]).lowerBound
    shift = layout.add("\(name).qk_shift", [2, queries]).lowerBound
    candidateMap = LinearPlace("\(name).h_proj", inputs: values, outputs: width, in: &layout)
    bias = layout.add("\(name).rel_bias", [2 * model.reach - 1]).lowerBound
  }

  /// The rows of a tile of everything that works on each position by itself.
  let tileRows = 256

  func convolution(length: Int) -> ConvolutionShape {
    ConvolutionShape(
      length: length,
      kernelLength: length,
      width: width,
      sides: model.bidirectional ? .bothCentered : .causal
    )
  }

  func attention(length: Int) -> ChunkedAttentionShape {
    ChunkedAttentionShape(
      length: length,
      chunk: model.chunk,
      queryWidth: model.queryWidth,
      valueWidth: model.valueWidth,
      scores: model.scores
    )
  }

  /// The values of one pass over a batch that only the pass itself needs.
  private func temporaryCount(positions: Int, length: Int) -> Int {
    let (queries, values) = (model.queryWidth, model.valueWidth)
    return positions * (4 * queries + 3 * values + map.outputs + width)
      + model.kernels * length * width
  }

  mutating func reserve(in plan: inout WorkspacePlan) {
    let (positions, length) = (plan.positions, plan.length)
    let (convolution, attention) = (convolution(length: length), attention(length: length))
    if isPrenorm { slots.normed = plan.keep(positions * width) }
    slots.values = plan.keep(positions * model.valueWidth)
    slots.kernel = plan.keep(model.kernels * length * width)
    slots.averaged = plan.keep(positions * width)
    slots.mapped = plan.keep(positions * map.outputs)
    slots.mixed = plan.keep(positions * model.valueWidth)
    slots.candidate = plan.keep(positions * width)
    slots.updated = plan.keep(positions * width)
    slots.output = isPrenorm ? slots.updated : plan.keep(positions * width)
    norm.reserve(in: &plan)
    kernel.reserve(in: &plan)
    plan.needTransform(convolution.transformLength)
    plan.needTemporary(temporaryCount(positions: positions, length: length))
    plan.needScratch(
      max(
        convolution.scratchCount,
        attention.scratchCount,
        tileRows * (width + model.valueWidth)
      )
    )
    plan.needPacked(max(valueMap.packedCount + map.packedCount, candidateMap.packedCount))
    plan.needPartials(
      max(
        attention.partCount(rows: positions) * attention.distanceCount,
        Tiles(summing: positions).count * max(mapParameterCount, candidateMap.parameterCount)
      )
    )
  }

  /// The parameters of both maps of x' and m, of a and of b, which lie together.
  var mapParameterCount: Int {
    valueMap.parameterCount + map.parameterCount + 4 * model.queryWidth
  }

  /// The parts of [rows, u, z, r, c].
  struct Parts {
    let update: Matrix
    let shared: Matrix
    let reset: Matrix
    let candidate: Matrix
  }

  func parts(_ mapped: Matrix) -> Parts {
    let (queries, values) = (width + model.queryWidth, width + model.queryWidth + model.valueWidth)
    return Parts(
      update: mapped[columns: 0..<width],
      shared: mapped[columns: width..<queries],
      reset: mapped[columns: queries..<values],
      candidate: mapped[columns: values..<mapped.columns]
    )
  }

  /// x'.
  func averageInput(_ input: Matrix, _ pass: Pass) -> Matrix {
    isPrenorm ? pass.matrix(slots.normed, columns: width) : input
  }
}
