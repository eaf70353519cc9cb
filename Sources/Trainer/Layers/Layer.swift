/// What a layer sees of the pass it takes part in.
struct Pass {
  /// The blocks of parameters and gradients, and the running statistics.
  let parameters: UnsafeMutablePointer<Float>
  let gradients: UnsafeMutablePointer<Float>
  let buffers: UnsafeMutablePointer<Float>
  let workspace: Workspace
  let tables: PositionTables
  let transforms: FourierTransforms
  let pool: WorkerPool
  /// Sequences in the batch, and positions of each.
  let rows: Int
  var length: Int
  /// The positions of each sequence that are not padding, or nil.
  let lengths: [Int]?
  /// Whether batch norm uses and records the batch's own statistics.
  let isTraining: Bool
  /// Whether this is a forward pass that was done before and leaves running statistics alone.
  var isRepeated = false
  /// nil in evaluation and without dropout.
  let dropout: Dropout?
  /// The place of these rows in a batch that is split over ranks, or nil.
  var share: BatchShare?

  /// rows * length.
  var positions: Int { rows * length }

  /// A slot as [positions, columns].
  func matrix(_ slot: Slot, columns: Int) -> Matrix {
    Matrix(workspace[slot], rows: positions, columns: columns)
  }
}

/// The branch of a residual block: a map of [positions, width] to itself.
///
/// A layer knows where its parameters lie and, once planned, where its activations do; it holds
/// no values.
protocol Layer {
  /// Makes the layer fit for sequences of `length`, which may change parameters and buffers but not
  /// the function they stand for.
  ///
  /// - Returns: the length that convolution kernels are computed at, or 0 without any.
  func extendKernel(
    to length: Int,
    parameters: UnsafeMutablePointer<Float>,
    buffers: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) -> Int

  /// What ``extendKernel(to:parameters:buffers:_:)`` will return for a fresh network.
  func freshKernelLength(for length: Int) -> Int

  /// Reserves what the layer needs for the plan's shape.
  mutating func reserve(in plan: inout WorkspacePlan)

  /// Where the convolution kernels of the last forward pass lie, [kernels, length, width], if the
  /// layer has any.
  var kernelSlot: Slot? { get }

  /// Computes f(x), or f(x) + residual.
  ///
  /// - Parameters:
  ///   - input: x; stays unchanged until the backward pass.
  ///   - residual: added after dropping; nil adds nothing.
  ///   - output: overwritten. May not overlap the others.
  ///   - pass: the pass under way.
  func forward(_ input: Matrix, adding residual: Matrix?, into output: Matrix, _ pass: Pass)

  /// Adds to the gradients of the parameters and computes that of the input.
  ///
  /// - Parameters:
  ///   - outputGradient: the gradient of f(x).
  ///   - input: x, as in the forward pass.
  ///   - inputGradient: overwritten, or added to when `adds`. May be `outputGradient`.
  ///   - adds: whether results are added to instead of overwritten.
  ///   - pass: the pass under way.
  func backward(
    _ outputGradient: Matrix,
    input: Matrix,
    into inputGradient: Matrix,
    adds: Bool,
    _ pass: Pass
  )
}

extension Layer {
  func extendKernel(
    to length: Int,
    parameters: UnsafeMutablePointer<Float>,
    buffers: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) -> Int { 0 }

  func freshKernelLength(for length: Int) -> Int { 0 }

  var kernelSlot: Slot? { nil }
}

/// Where the weight and, right after it, the bias of a linear map lie in the parameter block.
struct LinearPlace: Sendable {
  let offset: Int
  let inputs: Int
  let outputs: Int
  let hasBias: Bool

  /// Adds "name.weight", [outputs, inputs], and, unless there is none, "name.bias", [outputs].
  init(
    _ name: String,
    inputs: Int,
    outputs: Int,
    hasBias: Bool = true,
    in layout: inout ParameterLayout
  ) {
    offset = layout.add("\(name).weight", [outputs, inputs]).lowerBound
    if hasBias { layout.add("\(name).bias", [outputs]) }
    (self.inputs, self.outputs, self.hasBias) = (inputs, outputs, hasBias)
  }

  /// A map whose parameters were added already.
  init(offset: Int, inputs: Int, outputs: Int, hasBias: Bool = true) {
    self.offset = offset
    (self.inputs, self.outputs, self.hasBias) = (inputs, outputs, hasBias)
  }

  func weight(_ base: UnsafeMutablePointer<Float>) -> Matrix {
    Matrix(base + offset, rows: outputs, columns: inputs)
  }

  /// The bias, or nil when there is none.
  func bias(_ base: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float>? {
    hasBias ? base + offset + outputs * inputs : nil
  }

  /// The values of weight and bias.
  var parameterCount: Int { outputs * (inputs + (hasBias ? 1 : 0)) }

  /// The values that the packed weight takes, forward or backward.
  var packedCount: Int { linearPackedCount(inputs: inputs, outputs: outputs) }

  /// W^T as the right factor of y = x W^T, packed `offset` values into the memory for that.
  func packedForward(_ pass: Pass, at offset: Int = 0) -> PackedFactor {
    PackedFactor(
      weight(pass.parameters),
      transposed: true,
      at: pass.workspace.packed + offset,
      pass.pool
    )
  }

  /// W as the right factor of dx = dy W, packed `offset` values into the memory for that.
  func packedBackward(_ pass: Pass, at offset: Int = 0) -> PackedFactor {
    PackedFactor(
      weight(pass.parameters),
      transposed: false,
      at: pass.workspace.packed + offset,
      pass.pool
    )
  }

  /// Asks for the memory of ``forward(_:adding:into:_:)`` and ``backward(_:input:into:adds:_:)``.
  func reserve(in plan: inout WorkspacePlan, rows: Int) {
    plan.needPartials(linearPartialCount(rows: rows, inputs: inputs, outputs: outputs))
    plan.needPacked(packedCount)
  }

  func forward(
    _ input: Matrix,
    adding residual: Matrix? = nil,
    into output: Matrix,
    _ pass: Pass
  ) {
    linearForward(
      input,
      weight: weight(pass.parameters),
      bias: bias(pass.parameters),
      adding: residual,
      into: output,
      packed: pass.workspace.packed,
      pass.pool
    )
  }

  func backward(
    _ outputGradient: Matrix,
    input: Matrix,
    into inputGradient: Matrix?,
    adds: Bool = false,
    _ pass: Pass
  ) {
    linearBackward(
      outputGradient,
      input: input,
      weight: weight(pass.parameters),
      into: inputGradient,
      adds: adds,
      gradients: pass.gradients + offset,
      hasBias: hasBias,
      partials: pass.workspace.partials,
      packed: pass.workspace.packed,
      pass.pool
    )
  }
}
