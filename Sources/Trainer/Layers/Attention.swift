/// Multi-head self-attention with its four projections.
///
/// q, k, v = x W^T + b; y = attention(q, k, v) W_o^T + b_o. Heads are consecutive slices of the
/// channels; there is no padding mask. With a window, queries see what ``AttentionWindow`` says.
struct Attention: Layer {
  /// q, k and v as one linear map: their weights lie together, then their biases.
  private let projections: LinearPlace
  private let output: LinearPlace
  private let heads: Int
  private let width: Int
  private let isCausal: Bool
  /// The channels of a head that are turned by their positions, if any, and in what pairs.
  private let rotation: (width: Int, pairing: NetworkConfiguration.Rotary.Pairing)?
  private let window: AttentionWindow?
  private var inputs = Slot()
  private var mixed = Slot()
  private var logSums = Slot()

  /// A layer whose parameters are added as "name.q.weight" and so on.
  ///
  /// - Precondition: `heads` divides `width`; with `isRotary`, `rotary` turns an even number of a
  ///   head's channels.
  init(
    _ name: String,
    width: Int,
    heads: Int,
    isCausal: Bool,
    isRotary: Bool,
    rotary: NetworkConfiguration.Rotary = .init(),
    window: AttentionWindow? = nil,
    hasBias: Bool = true,
    in layout: inout ParameterLayout
  ) {
    precondition(heads > 0 && width % heads == 0, "Attention: \(heads) heads of width \(width)")
    let turned = rotary.width(ofHead: width / heads)
    precondition(!isRotary || turned > 0 && turned % 2 == 0, "Attention: \(turned) channels turn")
    self.heads = heads
    self.width = width
    self.isCausal = isCausal
    rotation = isRotary ? (turned, rotary.pairing) : nil
    self.window = window
    projections = LinearPlace(
      offset: layout.count,
      inputs: width,
      outputs: 3 * width,
      hasBias: hasBias
    )
    for part in ["q", "k", "v"] { layout.add("\(name).\(part).weight", [width, width]) }
    if hasBias {
      for part in ["q", "k", "v"] { layout.add("\(name).\(part).bias", [width]) }
    }
    output = LinearPlace(
      "\(name).o",
      inputs: width,
      outputs: width,
      hasBias: hasBias,
      in: &layout
    )
  }

  private func shape(length: Int) -> AttentionShape {
    AttentionShape(
      length: length,
      heads: heads,
      headWidth: width / heads,
      isCausal: isCausal,
      window: window
    )
  }

  mutating func reserve(in plan: inout WorkspacePlan) {
    inputs = plan.keep(plan.positions * 3 * width)
    mixed = plan.keep(plan.positions * width)
    logSums = plan.keep(plan.positions * heads)
    plan.needTemporary(plan.positions * 4 * width)
    plan.needScratch(shape(length: plan.length).scratchCount)
    projections.reserve(in: &plan, rows: plan.positions)
    output.reserve(in: &plan, rows: plan.positions)
  }

  func forward(_ input: Matrix, adding residual: Matrix?, into output: Matrix, _ pass: Pass) {
    let projected = pass.matrix(inputs, columns: 3 * width)
    let mixed = pass.matrix(mixed, columns: width)
    projections.forward(input, into: projected, pass)
    rotateQueriesAndKeys(projected, inverse: false, pass)
    attentionForward(
      projected,
      shape(length: pass.length),
      into: mixed,
      logSums: pass.workspace[logSums],
      scratch: pass.workspace.scratch,
      pass.pool
    )
    self.output.forward(mixed, adding: residual, into: output, pass)
  }

  func backward(
    _ outputGradient: Matrix,
    input: Matrix,
    into inputGradient: Matrix,
    adds: Bool,
    _ pass: Pass
  ) {
    let mixed = pass.matrix(mixed, columns: width)
    let temporary = pass.workspace.temporary
    let mixedGradient = Matrix(temporary, rows: pass.positions, columns: width)
    let projectedGradient = Matrix(
      temporary + pass.positions * width,
      rows: pass.positions,
      columns: 3 * width
    )
    output.backward(outputGradient, input: mixed, into: mixedGradient, pass)
    attentionBackward(
      mixedGradient,
      inputs: pass.matrix(inputs, columns: 3 * width),
      output: mixed,
      logSums: pass.workspace[logSums],
      shape(length: pass.length),
      into: projectedGradient,
      scratch: pass.workspace.scratch,
      pass.pool
    )
    rotateQueriesAndKeys(projectedGradient, inverse: true, pass)
    projections.backward(projectedGradient, input: input, into: inputGradient, adds: adds, pass)
  }

  private func rotateQueriesAndKeys(_ projected: Matrix, inverse: Bool, _ pass: Pass) {
    guard let rotation else { return }
    rotate(
      projected[columns: 0..<2 * width],
      table: pass.tables.rotations(width: rotation.width),
      headWidth: width / heads,
      pairing: rotation.pairing,
      length: pass.length,
      inverse: inverse,
      pass.pool
    )
  }
}
