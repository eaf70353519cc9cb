/// A network with its weights and gradients.
public final class Network {
  /// What the network is made of.
  public let configuration: NetworkConfiguration
  /// The names and shapes of the parameters.
  public var layout: ParameterLayout { parameters.layout }
  public let parameters: ParameterStore
  public let gradients: ParameterStore
  /// The running statistics of batch norm; empty without batch norm.
  public var buffers: ParameterStore
  let pool: WorkerPool

  /// A network of zeros; call ``initialize(seed:)`` or fill `parameters` before use.
  public init(_ configuration: NetworkConfiguration, pool: WorkerPool) {
    self.configuration = configuration
    self.pool = pool
    parameters = ParameterStore(layout: ParameterLayout())
    gradients = ParameterStore(layout: ParameterLayout())
    buffers = ParameterStore(layout: ParameterLayout())
  }

  /// Draws the initial weights; a pure function of seed, parameter name and element.
  public func initialize(seed: UInt64) { fatalError("not built yet") }

  /// Sets `gradients` to those of the loss of a batch.
  public func trainingPass(
    _ batch: Batch,
    _ target: Target,
    dropoutSeed: UInt64,
    step: Int
  ) throws -> LossResult { fatalError("not built yet") }

  /// The loss of a batch without dropout and with running statistics.
  public func evaluationPass(_ batch: Batch, _ target: Target) throws -> LossResult {
    fatalError("not built yet")
  }

  /// The outputs for a batch, as in evaluation.
  public func logits(of batch: Batch) -> [Float] { fatalError("not built yet") }

  /// The memory that training allocates for batches of a shape.
  public static func memoryPlan(
    _ configuration: NetworkConfiguration,
    rows: Int,
    length: Int,
    threads: Int
  ) -> MemoryPlan { fatalError("not built yet") }
}
