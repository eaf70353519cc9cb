internal import DataKit

/// A network, an optimizer and one random batch, for timing whole steps.
public final class TrainingBenchmark {
  /// What is timed.
  public let configuration: BenchmarkConfiguration
  private let network: Network
  private let optimizer: AdamW
  private let pool: WorkerPool
  private let batch: Batch
  private let target: Target
  private var steps = 0

  /// A network with fresh weights and a batch, both the same every time.
  public init(_ configuration: BenchmarkConfiguration, pool: WorkerPool) {
    self.configuration = configuration
    self.pool = pool
    network = Network(configuration.network, pool: pool)
    network.initialize(seed: 0)
    optimizer = AdamW(
      layout: network.layout,
      learningRate: 1e-4,
      weightDecay: 0.05,
      pool: pool
    )
    (batch, target) = Self.example(configuration)
  }

  /// The weights of the network.
  public var parameterCount: Int { network.layout.count }

  /// A training step as PyTorch users write it: both passes and AdamW.
  ///
  /// - Returns: the loss before the step.
  public func trainingStep() throws -> Double {
    let result = try network.trainingPass(batch, target, dropoutSeed: 0, step: steps)
    optimizer.step(network.parameters, network.gradients)
    steps += 1
    return result.loss
  }

  /// An evaluation pass.
  ///
  /// - Returns: the loss.
  public func evaluation() throws -> Double { try network.evaluationPass(batch, target).loss }

  /// Random tokens or normal values, and random targets.
  private static func example(_ configuration: BenchmarkConfiguration) -> (Batch, Target) {
    var random = PhiloxStream(Philox(seed: 0, purpose: .sample), 0)
    let positions = configuration.rows * configuration.length
    let input: Batch.Input
    switch configuration.network.encoder {
    case .embedding(let vocabulary):
      input = .tokens((0..<positions).map { _ in Int32(random.next(below: vocabulary)) })
    case .linear(let inputs):
      input = .values((0..<positions * inputs).map { _ in value(&random) })
    }
    let lengths = [Int32](repeating: Int32(configuration.length), count: configuration.rows)
    let batch = Batch(
      rows: configuration.rows,
      length: configuration.length,
      input: input,
      lengths: configuration.network.poolsOverLengths ? lengths : nil
    )
    switch configuration.loss {
    case .crossEntropy:
      let classes = configuration.network.outputs
      let drawn = (0..<configuration.batch).map { _ in Int32(random.next(below: classes)) }
      return (batch, .classes(drawn))
    case .absolute:
      let values = (0..<positions).map { _ in
        random.next(below: 2) == 0 ? -10_000 : value(&random)
      }
      return (batch, .values(values, .absolute))
    }
  }

  /// A value of mean 0 and deviation 1: a scaled sum of four uniform ones.
  private static func value(_ random: inout PhiloxStream) -> Float {
    let sum = (0..<4).reduce(0) { sum, _ in sum + random.next(below: 1 << 16) }
    return (Float(sum) / Float(1 << 16) - 2) * Float(3).squareRoot()
  }

  /// Writes weights, batch, target and the results of one pass, for another program to compare with.
  ///
  /// - Throws: ``FileError`` when the file cannot be written.
  public func write(to path: String) throws {
    let result = try network.trainingPass(batch, target, dropoutSeed: 0, step: 0)
    let norm = GradientClipping.norm(of: network.gradients, pool: pool)
    let (rows, length) = (batch.rows, batch.length)
    // After the pass, which may have brought S4's weights into another form.
    var tensors = [network.parameters, network.buffers].flatMap { store in
      store.layout.entries.map {
        TensorData(name: $0.name, shape: $0.shape, elements: store[$0.name])
      }
    }
    switch batch.input {
    case .tokens(let tokens):
      tensors.append(TensorData(name: "batch.tokens", shape: [rows, length], elements: tokens))
    case .values(let values):
      let shape = [rows, length, values.count / (rows * length)]
      tensors.append(TensorData(name: "batch.values", shape: shape, elements: values))
    }
    if let lengths = batch.lengths {
      tensors.append(TensorData(name: "batch.lengths", shape: [rows], elements: lengths))
    }
    switch target {
    case .classes(let classes):
      let name = "target.classes"
      tensors.append(TensorData(name: name, shape: [classes.count], elements: classes))
    case .values(let values, _):
      tensors.append(TensorData(name: "target.values", shape: [rows, length], elements: values))
    }
    for (name, value) in [("loss", result.loss), ("gradient_norm", norm)] {
      tensors.append(TensorData(name: "result.\(name)", shape: [1], elements: [Float(value)]))
    }
    let description = String(decoding: try JSON.encode(configuration), as: UTF8.self)
    try SafetensorsWriter.write(
      tensors,
      metadata: ["bench": description],
      layout: .packed,
      to: path
    )
  }
}
