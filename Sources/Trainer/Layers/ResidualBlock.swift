/// A layer with its norm and the path around it.
///
/// pre-norm: y = x + f(norm(x)); post-norm: y = norm(x + f(x)). In a parallel round of pre-norm
/// layers the path comes from the layer before, y = r + f(norm(x)), with the round's input x.
struct ResidualBlock: Block {
  private var layer: any Layer
  private var norm: Norm
  private let isPrenorm: Bool
  private let width: Int
  private let dropoutSite: Int
  /// norm(x) or x + f(x).
  private var middle = Slot()
  private(set) var output = Slot()

  /// A block of a layer and its norm.
  init(layer: any Layer, norm: Norm, isPrenorm: Bool, width: Int, dropoutSite: Int) {
    (self.layer, self.norm, self.isPrenorm) = (layer, norm, isPrenorm)
    (self.width, self.dropoutSite) = (width, dropoutSite)
  }

  func extendKernel(
    to length: Int,
    parameters: UnsafeMutablePointer<Float>,
    buffers: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) -> Int {
    layer.extendKernel(to: length, parameters: parameters, buffers: buffers, pool)
  }

  func freshKernelLength(for length: Int) -> Int { layer.freshKernelLength(for: length) }

  var kernelSlot: Slot? { layer.kernelSlot }

  mutating func reserveOutput(in plan: inout WorkspacePlan) {
    output = plan.keep(plan.positions * width)
  }

  mutating func reserveInside(in plan: inout WorkspacePlan) {
    middle = plan.keep(plan.positions * width)
    layer.reserve(in: &plan)
    norm.reserve(in: &plan)
  }

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

  func backward(
    input: Matrix,
    gradient: Matrix,
    target: Matrix?,
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
