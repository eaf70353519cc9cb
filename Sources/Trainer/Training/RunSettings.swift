internal import DataKit

// How a configuration's numbers become the parts of a run.

extension RunConfiguration {
  /// The samples of a training split that are trained on, in the split's order.
  ///
  /// - Throws: ``RunError`` when the split has fewer than are asked for.
  func subset(of split: DataSplit) throws -> [Int]? {
    guard let trainingSamples else { return nil }
    guard trainingSamples <= split.count else {
      throw RunError(
        "configuration",
        "trainingSamples is \(trainingSamples), but the training split has only \(split.count)"
      )
    }
    return leadingSamples(trainingSamples, of: split.count)
  }

  /// The optimizer steps of one pass over the training split.
  ///
  /// - Throws: ``RunError`` when the split does not fill a single batch.
  func stepsPerEpoch(samples: Int) throws -> Int {
    let full = samples / batchSize
    let steps = dropsLastBatch ? full : (samples + batchSize - 1) / batchSize
    guard steps > 0 else {
      throw RunError(
        "configuration",
        "batchSize is \(batchSize), but the training split has only \(samples) samples"
      )
    }
    return steps
  }

  /// The steps of a run on so many training samples.
  ///
  /// - Throws: ``RunError`` when they do not fill a batch.
  func totalSteps(samples: Int) throws -> Int {
    try totalSteps(perEpoch: stepsPerEpoch(samples: samples))
  }

  /// The steps of a run whose epochs have so many.
  func totalSteps(perEpoch: Int) -> Int {
    min(
      steps ?? .max,
      epochs.map { epochs in
        let (steps, overflow) = epochs.multipliedReportingOverflow(by: perEpoch)
        return overflow ? .max : steps
      } ?? .max
    )
  }
}

/// The samples that come first in PyTorch's permutation of a split with seed 0, in the split's order:
/// those of the subsets of `lra-prep build --fractions`, so that each part holds the smaller ones.
func leadingSamples(_ limit: Int, of count: Int) -> [Int] {
  randomPermutation(count: count, seed: 0)[..<limit].sorted()
}

extension RunConfiguration.Rate {
  func schedule(runSteps: Int) -> Schedule {
    Schedule(
      shape == .constant ? .constant : .cosine(total: totalSteps ?? runSteps),
      warmup: warmUp,
      warmUpSteps: warmUpSteps
    )
  }
}

extension RunConfiguration.Optimizer {
  func adamW(for layout: ParameterLayout, _ pool: WorkerPool) -> AdamW {
    let groups = layout.names.map { ($0, group(of: $0)) }
    return AdamW(
      layout: layout,
      groups: Dictionary(uniqueKeysWithValues: groups),
      betas: AdamW.Betas(beta1, beta2),
      epsilon: epsilon,
      pool: pool
    )
  }
}

extension RunConfiguration.Validation {
  /// The monitored number of a score.
  func metric(of score: Score) -> Double {
    monitor == .accuracy ? score.accuracy ?? -score.loss : score.loss
  }

  /// Whether a score beats the best so far; the first one does.
  func isBetter(_ score: Score, than best: Double?) -> Bool {
    let metric = metric(of: score)
    guard let best else { return metric.isFinite }
    return monitor == .accuracy ? metric > best : metric < best
  }
}

extension Checkpoint {
  /// Refuses to go on with another run than it was written by.
  func check(goesOnWith other: RunConfiguration, stepsPerEpoch: Int) throws {
    try checkData(other)
    if let difference = try configuration.firstDifference(from: other) {
      throw CheckpointError(
        path: path,
        reason: "was written with \(difference.path) \(difference.here), the run has "
          + difference.there
      )
    }
    guard progress.isPossible(stepsPerEpoch: stepsPerEpoch) else {
      throw CheckpointError(
        path: path,
        reason: "the checkpoint is damaged: step \(progress.step) is not step "
          + "\(progress.batchInEpoch) of epoch \(progress.epoch)"
      )
    }
  }

  /// Refuses to go on with other samples than the run began with.
  func checkData(_ other: RunConfiguration) throws {
    guard configuration.dataDigest == other.dataDigest else {
      throw CheckpointError(
        path: path,
        reason: "the run was started with other data: the data set's digest was "
          + "\((configuration.dataDigest ?? "none").prefix(12)), that of '\(other.data)' is "
          + "\((other.dataDigest ?? "none").prefix(12))"
      )
    }
  }
}

/// The time of a run and the samples it took.
struct RunClock {
  private let earlier: Double
  private var begin = ContinuousClock.now
  private var lapBegin = ContinuousClock.now
  private var samples = 0
  private var lapSamples = 0
  private var lapRate = 0.0

  init(earlierSeconds: Double) { earlier = earlierSeconds }

  mutating func start() {
    begin = .now
    lapBegin = .now
  }

  mutating func count(_ added: Int) {
    samples += added
    lapSamples += added
  }

  /// The rate since the last lap, and a new lap.
  mutating func lap() -> MetricsLine.Clock {
    let seconds = (ContinuousClock.now - lapBegin).seconds
    lapRate = seconds > 0 ? Double(lapSamples) / seconds : 0
    lapBegin = .now
    lapSamples = 0
    return reading()
  }

  /// Leaves out of the current lap what was not training.
  mutating func skip() {
    lapBegin = .now
    lapSamples = 0
  }

  func reading() -> MetricsLine.Clock {
    MetricsLine.Clock(seconds: seconds, samplesPerSecond: lapRate)
  }

  func total() -> MetricsLine.Clock {
    let own = seconds - earlier
    return MetricsLine.Clock(
      seconds: seconds,
      samplesPerSecond: own > 0 ? Double(samples) / own : 0
    )
  }

  private var seconds: Double { earlier + (ContinuousClock.now - begin).seconds }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

extension Network {
  /// The number of trainable values of a network, without making it.
  public static func parameterCount(_ configuration: NetworkConfiguration) -> Int {
    NetworkStructure(configuration).layout.count
  }
}
