public import DataKit

/// One run of training in its folder: starts or goes on, and ends finished or interrupted.
///
/// The result is a function of configuration and data alone: not of threads, interruptions or
/// time. A resumed run has the same weights and metrics as one that was never interrupted.
///
/// Several ranks split each batch of the same samples. Their number changes the order of sums and
/// nothing else; see ``start(_:on:in:resuming:replacing:recomputing:program:pool:ranks:)``.
public final class TrainingRun {
  /// What a run tells while it works.
  public enum Event: Sendable {
    case step(MetricsLine)
    case evaluating(done: Int, count: Int)
    /// A validation, and whether it is the best so far.
    case validation(MetricsLine, isBest: Bool)
    case saved(path: String)
  }

  /// How a run ended.
  public enum Outcome: Sendable {
    case finished
    case interrupted
  }

  /// The resolved configuration.
  public let configuration: RunConfiguration
  /// Where its files are.
  public let folder: RunFolder
  /// The network in training.
  public let network: Network
  /// What weights, optimizer and batches of the longest sequences take, in bytes.
  public let plannedMemory: Int
  /// Whether the process's peak of memory was begun anew with the run.
  let countsOwnMemory: Bool
  /// The optimizer steps of the whole run and of one epoch.
  public let totalSteps: Int
  /// The optimizer steps of one pass over the training split.
  public let stepsPerEpoch: Int
  /// Where the run stands.
  public internal(set) var progress: Progress
  /// What was taken from a pretrained network.
  public let transfer: TransferReport?
  let task: String
  /// The processes that train together; the first one writes the run's files.
  let ranks: any RankGroup
  let optimizer: AdamW
  let training: BatchSource
  let schedule: Schedule
  /// The samples of the training split that are trained on; nil for all.
  private let subset: [Int]?
  let evaluator: Evaluator
  let pool: WorkerPool
  let pictures: ReconstructionLog?
  var clock = RunClock(earlierSeconds: 0)
  /// The metrics, on the first rank from ``openFiles(resuming:replacing:)`` on.
  var log: RunLog?

  /// Starts a run, or goes on with the one in `folder`.
  ///
  /// Nothing is written before data, network and checkpoint were found to fit.
  ///
  /// - Parameters:
  ///   - configuration: resolved for the data set.
  ///   - dataSet: the samples.
  ///   - folder: where the run's files are or will be.
  ///   - resuming: whether to go on from the folder's last checkpoint, when there is one.
  ///   - replacing: whether an older run in the folder is removed.
  ///   - recomputing: whether to compute the insides of blocks twice instead of keeping them.
  ///   - pool: the threads to compute with.
  /// - Throws: ``RunError``, ``CheckpointError``, ``DataSetError`` or ``FileError`` with a sentence.
  public convenience init(
    _ configuration: RunConfiguration,
    on dataSet: DataSet,
    in folder: RunFolder,
    resuming: Bool = false,
    replacing: Bool = false,
    recomputing: Bool = false,
    pool: WorkerPool
  ) throws {
    try self.init(
      configuration,
      on: dataSet,
      in: folder,
      resuming: resuming,
      recomputing: recomputing,
      pool: pool,
      ranks: SingleRank()
    )
    try openFiles(resuming: resuming, replacing: replacing)
  }

  /// One rank of a run; no other rank is called, and no file is changed.
  init(
    _ configuration: RunConfiguration,
    on dataSet: DataSet,
    in folder: RunFolder,
    resuming: Bool,
    recomputing: Bool,
    pool: WorkerPool,
    ranks: any RankGroup
  ) throws {
    try configuration.check()
    // A process may train one run after the other, of which each is to have a peak of its own.
    countsOwnMemory = ProcessMemory.resetPeak()
    let program = ProcessMemory.resident
    self.configuration = configuration
    self.folder = folder
    self.pool = pool
    self.ranks = ranks
    task = dataSet.manifest.task
    let masks = try configuration.maskSet(of: dataSet)
    func source(_ split: Split) throws -> BatchSource {
      try BatchSource(
        dataSet.split(split),
        of: dataSet,
        configuration.objective,
        masks: masks,
        normalization: configuration.normalization
      )
    }
    training = try source(.train)
    subset = try configuration.subset(of: training.split)
    evaluator = Evaluator(
      source: try source(.validation),
      batchSize: configuration.validation.batchSize ?? configuration.batchSize,
      dropsLastBatch: configuration.validation.dropsLastBatch,
      sampleLimit: configuration.validation.samples
    )
    try evaluator.check()
    let stepsPerEpoch = try configuration.stepsPerEpoch(
      samples: subset?.count ?? training.split.count
    )
    self.stepsPerEpoch = stepsPerEpoch
    totalSteps = configuration.totalSteps(perEpoch: stepsPerEpoch)
    try configuration.checkSplit(samples: subset?.count ?? training.split.count, over: ranks.size)
    schedule = configuration.schedule.schedule(runSteps: totalSteps)
    let network = Network(configuration.network, recomputes: recomputing, pool: pool)
    self.network = network
    let largest = try configuration.largestBatch(of: dataSet, ranks: ranks.size)
    var plan = Network.memoryPlan(
      configuration.network,
      rows: largest.samples * dataSet.manifest.sequences,
      length: largest.length,
      threads: pool.threads,
      recomputes: recomputing
    )
    plan.program = program
    plannedMemory = plan.total
    optimizer = configuration.optimizer.adamW(for: network.layout, pool)
    if resuming, folder.holdsCheckpoint {
      let checkpoint = try Checkpoint(reading: folder.last)
      try checkpoint.check(goesOnWith: configuration, stepsPerEpoch: stepsPerEpoch)
      try checkpoint.restore(network, optimizer)
      (progress, transfer) = (checkpoint.progress, nil)
    } else {
      network.initialize(seed: configuration.seed)
      transfer = try configuration.from.map { path in
        try WeightSource(at: path).transfer(to: network)
      }
      progress = Progress()
    }
    network.reserveKernels(for: largest.length)
    pictures =
      ranks.isFirst
      ? ReconstructionLog(evaluator.source, of: dataSet, rows: largest.samples) : nil
  }

  /// Trains to the end, or to the first step after `shouldStop` says so on any rank.
  ///
  /// - Throws: ``DivergenceError`` when a loss or gradient is not finite, and what writing throws.
  public func run(
    shouldStop: () -> Bool = { false },
    observer: (Event) -> Void = { _ in }
  ) throws -> Outcome {
    clock.start()
    if progress.owesEvaluation {
      guard try evaluate(shouldStop, observer) else { return try interrupt(observer) }
      try save(observer)
    }
    while progress.step < totalSteps {
      let samples = nextSamples()
      guard let part = try nextPart(of: samples, shouldStop) else { return try interrupt(observer) }
      let multiplier = schedule.multiplier(at: progress.step)
      let result = try forwardAndBackward(part)
      let gradientNorm = clip()
      try checkFinite(result, gradientNorm, multiplier)
      step(multiplier, result, samples: samples.count)
      try report(gradientNorm, multiplier, observer)
      if isEvaluationDue, try !evaluate(shouldStop, observer) { return try interrupt(observer) }
      if isCheckpointDue { try save(observer) }
    }
    try save(observer)
    try writeSummary(status: "finished")
    return .finished
  }

  private func nextSamples() -> [Int] {
    let count = subset?.count ?? training.split.count
    let order = SampleOrder(count: count, seed: configuration.seed, epoch: progress.epoch)
    let first = progress.batchInEpoch * configuration.batchSize
    return (first..<min(first + configuration.batchSize, count)).map {
      subset?[order[$0]] ?? order[$0]
    }
  }

  private func clip() -> Double {
    guard let maximum = configuration.optimizer.clipNorm else {
      return GradientClipping.norm(of: network.gradients, pool: pool)
    }
    return GradientClipping.clip(network.gradients, toNorm: maximum, pool: pool)
  }

  /// A batch without any target, as a short masked one can be, has no loss and zero gradients.
  private func checkFinite(
    _ result: LossResult,
    _ gradientNorm: Double,
    _ multiplier: Double
  ) throws {
    let lossIsGood = result.counted == 0 || result.loss.isFinite
    guard !lossIsGood || !gradientNorm.isFinite else { return }
    throw divergence(result.loss, gradientNorm, multiplier, step: progress.step + 1)
  }

  func divergence(
    _ loss: Double,
    _ gradientNorm: Double,
    _ multiplier: Double,
    step: Int
  ) -> DivergenceError {
    DivergenceError(
      step: step,
      loss: loss,
      gradientNorm: gradientNorm,
      learningRate: configuration.optimizer.learningRate * multiplier,
      checkpoint: folder.holdsCheckpoint ? folder.last : nil
    )
  }

  private func step(_ multiplier: Double, _ result: LossResult, samples: Int) {
    optimizer.step(network.parameters, network.gradients, multiplier: multiplier)
    progress.step += 1
    progress.epoch = progress.step / stepsPerEpoch
    progress.batchInEpoch = progress.step % stepsPerEpoch
    progress.reported.add(result)
    clock.count(samples)
  }

  private func report(
    _ gradientNorm: Double,
    _ multiplier: Double,
    _ observer: (Event) -> Void
  ) throws {
    guard progress.step % configuration.reportSteps == 0 || progress.step == totalSteps else {
      return
    }
    let sums = progress.reported
    let countsClasses = configuration.objective.loss == .crossEntropy
    let line = MetricsLine(
      event: "step",
      step: progress.step,
      epoch: (progress.step - 1) / stepsPerEpoch,
      loss: sums.counted > 0 ? sums.lossSum / Double(sums.counted) : nil,
      accuracy: sums.counted > 0 && countsClasses
        ? Double(sums.correct) / Double(sums.counted) : nil,
      learningRate: configuration.optimizer.learningRate * multiplier,
      gradientNorm: gradientNorm,
      targets: sums.counted,
      clock: clock.lap()
    )
    progress.reported = Progress.Sums()
    try log?.append(line)
    observer(.step(line))
  }
}
