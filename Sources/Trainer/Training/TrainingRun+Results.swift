internal import DataKit

// What a run judges and writes while it trains.

extension TrainingRun {
  /// Makes the folder the run's, on the first rank: an older run goes, configuration and log come.
  ///
  /// The first step that changes files; whatever the run can be refused for was looked at before.
  func openFiles(resuming: Bool, replacing: Bool) throws {
    guard ranks.isFirst else { return }
    if !(resuming && folder.holdsRun) { try folder.create(replacing: replacing) }
    try AtomicFile.write(configuration.encoded(), to: folder.configuration)
    let log = try RunLog(folder, configuration, keepingUpTo: progress.step)
    self.log = log
    let earlier = resuming ? try? RunSummary(of: folder) : nil
    try folder.removeSummary()
    // A killed run has no summary.
    clock = RunClock(earlierSeconds: earlier?.clock.seconds ?? log.seconds)
  }

  var isEvaluationDue: Bool {
    progress.step == totalSteps
      || configuration.validation.everySteps.map { progress.step % $0 == 0 }
        ?? (progress.batchInEpoch == 0)
  }

  var isCheckpointDue: Bool {
    isEvaluationDue || configuration.checkpointSteps.map { progress.step % $0 == 0 } ?? false
  }

  /// Scores the validation split and keeps the best weights; false when it was interrupted.
  func evaluate(_ shouldStop: () -> Bool, _ observer: (Event) -> Void) throws -> Bool {
    progress.owesEvaluation = true
    let score = try evaluator.score(network, ranks: ranks, shouldStop: shouldStop) { done, count in
      observer(.evaluating(done: done, count: count))
    }
    guard let score else { return false }
    guard score.loss.isFinite else {
      let multiplier = schedule.multiplier(at: max(0, progress.step - 1))
      let norm = GradientClipping.norm(of: network.gradients, pool: pool)
      throw divergence(score.loss, norm, multiplier, step: progress.step)
    }
    progress.owesEvaluation = false
    progress.lastValidation = score
    let line = MetricsLine(
      event: "validation",
      step: progress.step,
      epoch: (progress.step - 1) / stepsPerEpoch,
      loss: score.loss,
      accuracy: score.accuracy,
      r2: score.r2,
      targets: score.targets,
      clock: clock.reading()
    )
    let isBest = configuration.validation.isBetter(score, than: progress.bestMetric)
    if isBest {
      progress.bestMetric = configuration.validation.metric(of: score)
      progress.bestStep = progress.step
      try write(nil, to: folder.best)
    }
    if let log {
      try log.append(line)
      try pictures?.append(to: log, network, step: progress.step, runSeconds: line.clock.seconds)
    }
    observer(.validation(line, isBest: isBest))
    clock.skip()
    return true
  }

  func save(_ observer: (Event) -> Void) throws {
    try checkWeights()
    try write(optimizer, to: folder.last)
    observer(.saved(path: folder.last))
    clock.skip()
  }

  func interrupt(_ observer: (Event) -> Void) throws -> Outcome {
    try save(observer)
    try writeSummary(status: "interrupted")
    return .interrupted
  }

  private func write(_ optimizer: AdamW?, to path: String) throws {
    guard ranks.isFirst else { return }
    try Checkpoint.write(network, optimizer, configuration, progress, to: path)
  }

  func writeSummary(status: String) throws {
    guard ranks.isFirst else { return }
    let summary = RunSummary(self, status: status, clock: clock.total())
    try AtomicFile.write(summary.encoded(), to: folder.summary)
  }
}
