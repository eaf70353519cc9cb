/// What a run will take, before it is started.
public struct StudyEstimate: Sendable {
  /// Seconds on this machine with nothing else running; a guess within a factor of about two.
  public var seconds: Double
  /// Bytes at the peak, mapped data not counted.
  public var memory: Int
  /// Floating-point operations of training and validation.
  public var operations: Double

  /// Estimates a run.
  ///
  /// - Parameters:
  ///   - run: its configuration says how long it is.
  ///   - shape: the size of its data.
  ///   - operationsPerSecond: what products of matrices alone reach on this machine with `threads`.
  ///   - threads: those that compute.
  /// - Throws: ``RunError`` when the data does not fill a batch.
  public init(
    _ run: StudyRun,
    on shape: TaskShape,
    operationsPerSecond: Double,
    threads: Int
  ) throws {
    let configuration = run.configuration.fitted(to: shape.shape)
    let samples = configuration.trainingSamples ?? shape.samples[.train] ?? 0
    let steps = Double(try configuration.totalSteps(samples: max(samples, configuration.batchSize)))
    let perEpoch = try configuration.stepsPerEpoch(samples: max(samples, configuration.batchSize))
    let cost = shape.operations(of: configuration)
    let evaluations = steps / Double(configuration.validation.everySteps ?? perEpoch)
    let scored = min(
      shape.samples[.validation] ?? 0,
      configuration.validation.samples ?? .max
    )
    let batches = Double(scored) / Double(configuration.batchSize)
    operations = steps * cost.step + (evaluations + 1) * batches * cost.forward
    seconds = operations / (operationsPerSecond * configuration.network.typicalShare)
    var plan = Network.memoryPlan(
      configuration.network,
      rows: configuration.largestBatch * shape.shape.sequences,
      length: shape.shape.maximumLength,
      threads: threads
    )
    plan.program = ProcessMemory.resident
    memory = plan.total
  }
}

extension TaskShape {
  /// The operations of a step and of the evaluation of a batch as large.
  func operations(of configuration: RunConfiguration) -> BenchmarkConfiguration.Operations {
    let network = configuration.fitted(to: shape).network
    return BenchmarkConfiguration(
      name: configuration.preset,
      batch: configuration.batchSize,
      sequences: shape.sequences,
      length: paddedLength(batchSize: configuration.batchSize),
      network: network
    ).operations
  }

  /// The mean length of batches, each as long as its longest sequence.
  func paddedLength(batchSize: Int) -> Int {
    guard lengths.count > 1 else { return lengths.first ?? shape.maximumLength }
    let starts = stride(from: 0, to: lengths.count, by: batchSize)
    let longest = starts.map { start in
      lengths[start..<min(start + batchSize, lengths.count)].max() ?? 1
    }
    return max(1, longest.reduce(0, +) / longest.count)
  }
}

extension NetworkConfiguration {
  /// The share of the speed of products alone that training reaches on two threads, as measured for
  /// networks of published size (docs/performance.md); narrow ones reach less.
  fileprivate var typicalShare: Double {
    let shares = layers.map { layer -> Double in
      switch layer {
      case .attention, .localAttention, .feedForward: 0.7
      case .stateSpace(let model):
        switch model.family {
        case .s4: 0.35
        case .s4d: 0.4
        case .dss, .dlr: 0.55
        }
      case .mega: 0.5
      }
    }
    return (shares.min() ?? 0.5) * min(1, max(0.25, Double(width) / 64))
  }
}
