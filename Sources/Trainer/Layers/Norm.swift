/// Layer norm or batch norm with its parameters and, for batch norm, running statistics.
struct Norm {
  private let kind: NetworkConfiguration.Norm
  private let width: Int
  private let offset: Int
  private let runningOffset: Int
  private var statistics = Slot()

  /// A norm whose parameters are added as "name.ln.weight" or "name.bn.weight" and so on.
  init(
    _ name: String,
    _ kind: NetworkConfiguration.Norm,
    width: Int,
    in layout: inout ParameterLayout,
    buffers: inout ParameterLayout
  ) {
    self.kind = kind
    self.width = width
    let full = kind == .layer ? "\(name).ln" : "\(name).bn"
    offset = layout.add("\(full).weight", [width]).lowerBound
    layout.add("\(full).bias", [width])
    runningOffset = buffers.count
    if kind == .batch {
      buffers.add("\(full).running_mean", [width])
      buffers.add("\(full).running_var", [width])
    }
  }

  mutating func reserve(in plan: inout WorkspacePlan) {
    statistics = plan.keep(kind == .layer ? 2 * plan.positions : 2 * width)
    plan.needPartials(normPartialCount(rows: plan.positions, width: width) + 2 * width)
  }

  /// Normalizes [positions, width].
  ///
  /// - Parameters:
  ///   - input: x.
  ///   - output: overwritten. May be `input`.
  ///   - pass: the pass under way.
  func forward(_ input: Matrix, into output: Matrix, _ pass: Pass) {
    let gain = UnsafePointer(pass.parameters + offset)
    let statistics = pass.workspace[statistics]
    let running = pass.buffers + runningOffset
    switch kind {
    case .layer:
      layerNormForward(input, gain: gain, statistics: statistics, into: output, pass.pool)
    case .batch where pass.isTraining:
      batchNormForward(
        input,
        gain: gain,
        running: pass.isRepeated ? nil : running,
        statistics: statistics,
        into: output,
        partials: pass.workspace.partials,
        pass.pool
      )
    case .batch:
      batchNormEvaluation(
        input,
        gain: gain,
        running: running,
        statistics: statistics,
        into: output,
        pass.pool
      )
    }
  }

  /// Adds to the gradients of gain and bias and computes that of the input.
  ///
  /// - Parameters:
  ///   - outputGradient: dy, with the shape of y.
  ///   - input: x.
  ///   - inputGradient: overwritten, or added to when `adds`. May be `outputGradient`.
  ///   - adds: whether results are added to instead of overwritten.
  ///   - pass: the pass under way.
  func backward(
    _ outputGradient: Matrix,
    input: Matrix,
    into inputGradient: Matrix,
    adds: Bool,
    _ pass: Pass
  ) {
    let gain = UnsafePointer(pass.parameters + offset)
    let statistics = UnsafePointer(pass.workspace[statistics])
    switch kind {
    case .layer:
      layerNormBackward(
        outputGradient,
        input: input,
        gain: gain,
        statistics: statistics,
        into: inputGradient,
        adds: adds,
        gradients: pass.gradients + offset,
        partials: pass.workspace.partials,
        pass.pool
      )
    case .batch:
      batchNormBackward(
        outputGradient,
        input: input,
        gain: gain,
        statistics: statistics,
        into: inputGradient,
        adds: adds,
        gradients: pass.gradients + offset,
        partials: pass.workspace.partials,
        pass.pool
      )
    }
  }
}
