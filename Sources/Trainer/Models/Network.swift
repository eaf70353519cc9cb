/// A network with its weights and gradients.
///
/// Passes of one network run one at a time; each uses all threads of the pool, and its results
/// do not depend on their number. Activations are kept between passes of the same shape.
public final class Network {
  /// What the network is made of.
  public let configuration: NetworkConfiguration
  /// The weights by name; names as "blocks.0.layer.q.weight".
  public let parameters: ParameterStore
  /// The gradients that the last training pass computed.
  public let gradients: ParameterStore
  /// The running statistics of batch norm; empty without batch norm.
  public var buffers: ParameterStore
  /// Whether training computes the insides of blocks twice instead of keeping them.
  public let recomputes: Bool
  let pool: WorkerPool
  private(set) var structure: NetworkStructure
  private(set) var workspace: Workspace?
  /// The lengths that the workspace was planned for.
  private var kernelLengths: [Int] = []
  private let tables: PositionTables
  private let transforms = FourierTransforms()

  /// A network of zeros; call ``initialize(seed:)`` or fill `parameters` before use.
  ///
  /// - Parameters:
  ///   - configuration: what the network is made of.
  ///   - recomputes: whether training computes the insides of blocks twice instead of keeping them:
  ///     the same results in less memory and about a third more time.
  ///   - pool: the threads to compute with.
  /// - Precondition: the configuration makes sense: heads divide the width, and so on.
  public init(_ configuration: NetworkConfiguration, recomputes: Bool = false, pool: WorkerPool) {
    (self.configuration, self.recomputes) = (configuration, recomputes)
    self.pool = pool
    structure = NetworkStructure(configuration)
    parameters = ParameterStore(layout: structure.layout)
    gradients = ParameterStore(layout: structure.layout)
    buffers = ParameterStore(layout: structure.bufferLayout)
    tables = PositionTables(
      width: structure.sinusoidWidth,
      rotaryWidths: structure.rotaryWidths,
      pool
    )
  }

  /// The names and shapes of the parameters.
  public var layout: ParameterLayout { parameters.layout }

  /// Sets `gradients` to those of the mean loss of a batch.
  ///
  /// With no counted target the loss is not a number and all gradients are 0. Running statistics
  /// of batch norm are updated.
  ///
  /// - Parameters:
  ///   - batch: the inputs.
  ///   - target: one per row, or per position when every position is kept.
  ///   - dropoutSeed: with `step` decides what is dropped; unused without dropout.
  ///   - step: the 0-based optimizer step.
  /// - Returns: the loss before any update.
  /// - Throws: ``NetworkError`` when batch or target do not fit the network.
  public func trainingPass(
    _ batch: Batch,
    _ target: Target,
    dropoutSeed: UInt64,
    step: Int
  ) throws -> LossResult {
    try trainingPass(batch, target, dropoutSeed: dropoutSeed, step: step, share: nil)
  }

  /// As ``trainingPass(_:_:dropoutSeed:step:)`` for a part of a batch.
  ///
  /// Summed over the parts, gradients and losses are those of the whole batch.
  func trainingPass(
    _ batch: Batch,
    _ target: Target,
    dropoutSeed: UInt64,
    step: Int,
    share: BatchShare?
  ) throws -> LossResult {
    try check(batch)
    try check(target, rows: batch.rows, length: batch.length)
    let pass = trainingForward(batch, dropoutSeed: dropoutSeed, step: step, share: share)
    let result = loss(target, computesGradient: true, pass)
    gradients.zero()
    structure.backward(batch, recomputing: recomputes, pass)
    return result
  }

  /// Makes S4's kernels long enough for sequences of `length`, and of a length that is fast to transform.
  ///
  /// The network stays the same function. Without this, every longer batch doubles the kernels when it
  /// comes, and training depends on when that was.
  public func reserveKernels(for length: Int) {
    _ = structure.extendKernels(
      to: RealFourierTransform.goodLength(atLeast: structure.length(of: length)),
      parameters: parameters.base,
      buffers: buffers.base,
      pool
    )
  }

  /// The loss of a batch without dropout and with running statistics; the network stays the same
  /// function.
  ///
  /// - Throws: ``NetworkError`` when batch or target do not fit the network.
  public func evaluationPass(_ batch: Batch, _ target: Target) throws -> LossResult {
    try check(batch)
    try check(target, rows: batch.rows, length: batch.length)
    let pass = prepare(batch, isTraining: false, dropout: nil)
    structure.forward(batch, pass)
    return loss(target, computesGradient: false, pass)
  }

  /// The outputs for a batch, as in evaluation: [rows, outputs], or [rows, length, outputs] when
  /// every position is kept.
  ///
  /// - Precondition: the batch fits the network.
  public func logits(of batch: Batch) -> [Float] {
    do {
      try check(batch)
    } catch {
      preconditionFailure("Network: \(error)")
    }
    let pass = prepare(batch, isTraining: false, dropout: nil)
    structure.forward(batch, pass)
    return currentLogits(pass)
  }

  /// The memory that training allocates for batches of a shape, after ``reserveKernels(for:)``.
  ///
  /// - Parameters:
  ///   - configuration: what the network is made of.
  ///   - rows: sequences in the batch.
  ///   - length: the positions of a sequence, without a class token.
  ///   - threads: the number of threads in the pool.
  ///   - recomputes: whether the insides of blocks are computed twice.
  /// - Returns: bytes, exact.
  public static func memoryPlan(
    _ configuration: NetworkConfiguration,
    rows: Int,
    length: Int,
    threads: Int,
    recomputes: Bool = false
  ) -> MemoryPlan {
    var structure = NetworkStructure(configuration)
    let kernelLength = RealFourierTransform.goodLength(atLeast: structure.length(of: length))
    let plan = structure.plan(
      rows: rows,
      length: length,
      threads: threads,
      kernelLengths: structure.freshKernelLengths(for: kernelLength),
      recomputes: recomputes
    )
    let transforms = plan.transformLengths.reduce(0) {
      $0 + RealFourierTransform.tableCount(length: $1)
    }
    let tables = PositionTables.count(
      width: structure.sinusoidWidth,
      rotaryWidths: structure.rotaryWidths,
      length: structure.length(of: length)
    )
    let bytes = MemoryLayout<Float>.stride
    let parameters = structure.layout.count * bytes
    return MemoryPlan(
      parameters: parameters + structure.bufferLayout.count * bytes,
      gradients: parameters,
      moments: 2 * parameters,
      activations: (plan.activations - plan.activationGradients) * bytes,
      scratch: (plan.scratchTotal + plan.activationGradients + tables + transforms) * bytes
    )
  }

  /// The memory held now, without an optimizer's moments.
  var allocatedByteCount: Int {
    parameters.byteCount + gradients.byteCount + buffers.byteCount
      + (workspace?.buffer.byteCount ?? 0)
      + (tables.count + transforms.count) * MemoryLayout<Float>.stride
  }

  /// The forward half of a training pass, for a checked batch.
  func trainingForward(
    _ batch: Batch,
    dropoutSeed: UInt64,
    step: Int,
    share: BatchShare? = nil
  ) -> Pass {
    var dropout: Dropout?
    if configuration.dropout > 0 {
      dropout = Dropout(
        probability: configuration.dropout,
        isTied: configuration.tiedDropout,
        seed: dropoutSeed,
        step: step,
        length: structure.length(of: batch.length),
        share: share
      )
    }
    let pass = prepare(batch, isTraining: true, dropout: dropout, share: share)
    structure.forward(batch, pass)
    return pass
  }

  /// The outputs that the last forward pass left.
  func currentLogits(_ pass: Pass) -> [Float] {
    let logits = structure.decoder.logitMatrix(pass)
    return Array(UnsafeBufferPointer(start: logits.base, count: logits.rows * logits.columns))
  }

  /// Plans the workspace when the shape is new and gathers what the layers need.
  func prepare(
    _ batch: Batch,
    isTraining: Bool,
    dropout: Dropout?,
    share: BatchShare? = nil
  ) -> Pass {
    let current: Workspace
    let length = structure.length(of: batch.length)
    let kernelLengths = structure.extendKernels(
      to: length,
      parameters: parameters.base,
      buffers: buffers.base,
      pool
    )
    if let workspace, workspace.plan.rows == batch.rows, workspace.plan.length == length,
      kernelLengths == self.kernelLengths
    {
      current = workspace
    } else {
      let plan = structure.plan(
        rows: batch.rows,
        length: batch.length,
        threads: pool.threads,
        kernelLengths: kernelLengths,
        recomputes: recomputes
      )
      // A buffer that is too small goes before the new one comes: only one is ever in memory.
      let reusable = workspace.flatMap { $0.buffer.count >= plan.total ? $0.buffer : nil }
      workspace = nil
      current = Workspace(plan, reusing: reusable)
      workspace = current
      self.kernelLengths = kernelLengths
      tables.extend(to: length)
    }
    return Pass(
      parameters: parameters.base,
      gradients: gradients.base,
      buffers: buffers.base,
      workspace: current,
      tables: tables,
      transforms: transforms,
      pool: pool,
      rows: batch.rows,
      length: length,
      lengths: batch.lengths?.map { Int($0) + configuration.tokensBefore },
      isTraining: isTraining,
      dropout: dropout,
      share: share
    )
  }

  private func loss(_ target: Target, computesGradient: Bool, _ pass: Pass) -> LossResult {
    let logits = structure.decoder.logitMatrix(pass)
    switch target {
    case .classes(let classes):
      return softmaxCrossEntropy(
        logits,
        targets: classes,
        computesGradient: computesGradient,
        of: pass.share?.counted,
        pool
      )
    case .values(let values, let kind):
      return maskedError(
        UnsafeMutableBufferPointer(start: logits.base, count: logits.rows * logits.columns),
        targets: values,
        kind,
        computesGradient: computesGradient,
        of: pass.share?.counted,
        pool
      )
    }
  }
}
