/// Layer norm or batch norm with its parameters and, for batch norm, running statistics; or nothing,
/// y = x, without parameters.
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
    (offset, runningOffset) = (layout.count, buffers.count)
    if kind != .identity {
      layout.add("\(full).weight", [width])
      layout.add("\(full).bias", [width])
    }
    if kind == .batch {
      buffers.add("\(full).running_mean", [width])
      buffers.add("\(full).running_var", [width])
    }
  }

  mutating func reserve(in plan: inout WorkspacePlan) {
    guard kind != .identity else { return }
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
        spread: pass.share?.normSpread(positions: input.rows),
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
    case .identity: copy(input, into: output, adds: false)
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
        spread: pass.share?.normSpread(positions: input.rows),
        pass.pool
      )
    case .identity: copy(outputGradient, into: inputGradient, adds: adds)
    }
  }

  /// y = x or, with `adds`, y += x; both [positions, width] without gaps.
  private func copy(_ input: Matrix, into output: Matrix, adds: Bool) {
    let count = input.rows * input.columns
    if adds {
      for index in 0..<count { output.base[index] += input.base[index] }
    } else if input.base != output.base {
      output.base.update(from: input.base, count: count)
    }
  }
}
