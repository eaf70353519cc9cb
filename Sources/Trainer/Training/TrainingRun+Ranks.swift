public import DataKit

/// The part of a step's batch that this rank computes.
struct BatchPart {
  /// Inputs and targets; nil when the batch has fewer samples than there are ranks.
  var content: (batch: Batch, target: Target)?
  /// The place in the whole batch; nil for a process that trains alone.
  var share: BatchShare?
}

extension TrainingRun {
  /// Starts a run, or goes on with one, on all ranks.
  ///
  /// Every rank reads data and checkpoint, and the first one's weights are broadcast; only then does it
  /// write the run's folder.
  ///
  /// - Parameters:
  ///   - configuration: resolved for the data set.
  ///   - dataSet: the samples.
  ///   - folder: where the run's files are or will be.
  ///   - resuming: whether to go on from the folder's last checkpoint, when there is one.
  ///   - replacing: whether an older run in the folder is removed.
  ///   - recomputing: whether to compute the insides of blocks twice instead of keeping them.
  ///   - program: what tells one build of the program from another.
  ///   - pool: the threads to compute with.
  ///   - ranks: the processes that train together.
  /// - Returns: this rank's side of the run.
  /// - Throws: ``RankError`` on all ranks when one cannot start, or differs in program, data or
  ///   configuration.
  public static func start(
    _ configuration: RunConfiguration,
    on dataSet: DataSet,
    in folder: RunFolder,
    resuming: Bool = false,
    replacing: Bool = false,
    recomputing: Bool = false,
    program: String = "",
    pool: WorkerPool,
    ranks: any RankGroup
  ) throws -> TrainingRun {
    let agreement = RunAgreement(
      program: program,
      configuration: configuration,
      isResuming: resuming,
      recomputes: recomputing
    )
    try agreement.check(ranks)
    let run = try ranks.agree {
      try TrainingRun(
        configuration,
        on: dataSet,
        in: folder,
        resuming: resuming,
        recomputing: recomputing,
        pool: pool,
        ranks: ranks
      )
    }
    try run.takeStateOfFirst()
    // Nothing has been written yet, and no rank but the first can fail any more.
    try ranks.agree { try run.openFiles(resuming: resuming, replacing: replacing) }
    return run
  }

  /// Makes all ranks start from the same bits, whatever their mathematical libraries are.
  private func takeStateOfFirst() throws {
    guard ranks.size > 1 else { return }
    try ranks.compare(JSON.encode(progress)) { first in
      let other = try JSON.decode(Progress.self, from: first)
      guard other != progress else { return }
      throw RunError(
        folder.path,
        "this rank would go on from step \(progress.step), rank 0 from step \(other.step)",
        hint: "all ranks have to see the same run's folder"
      )
    }
    let stores = [
      network.parameters, network.buffers, optimizer.firstMoment, optimizer.secondMoment,
    ]
    for store in stores {
      store.withValues { ranks.broadcast(UnsafeMutableRawBufferPointer($0), from: 0) }
    }
  }

  /// This rank's part of a batch of samples, or nil when a rank was told to stop.
  func nextPart(of samples: [Int], _ shouldStop: () -> Bool) throws -> BatchPart? {
    guard ranks.size > 1 else {
      if shouldStop() { return nil }
      return BatchPart(content: try training.batch(samples, variant: progress.epoch))
    }
    let places = ranks.share(of: samples.count)
    let content =
      try places.isEmpty
      ? nil
      : training.batch(
        Array(samples[places]),
        variant: progress.epoch,
        length: training.longest(samples)
      )
    var sums = [shouldStop() ? 1.0 : 0, Double(content?.target.counted ?? 0)]
    ranks.allReduce(&sums)
    guard sums[0] == 0 else { return nil }
    let share = BatchShare(
      samples: places,
      total: samples.count,
      counted: Int(sums[1]),
      statistics: configuration.batchNorm == .local ? nil : ranks
    )
    return BatchPart(content: content, share: share)
  }

  /// Sets the gradients to those of the whole batch.
  ///
  /// - Returns: the loss of the whole batch.
  func forwardAndBackward(_ part: BatchPart) throws -> LossResult {
    var result = LossResult(lossSum: 0, counted: 0, correct: 0)
    if let (batch, target) = part.content {
      result = try network.trainingPass(
        batch,
        target,
        dropoutSeed: configuration.seed,
        step: progress.step,
        share: part.share
      )
    } else {
      network.gradients.zero()
    }
    guard let share = part.share else { return result }
    network.gradients.withValues { ranks.allReduce($0) }
    var sums = [result.lossSum, Double(result.correct)]
    ranks.allReduce(&sums)
    if configuration.batchNorm == .local { averageRunningStatistics(share) }
    return LossResult(lossSum: sums[0], counted: share.counted, correct: Int(sums[1]))
  }

  /// Gives all ranks the mean of their running statistics, weighed by samples.
  private func averageRunningStatistics(_ share: BatchShare) {
    let weight = Float(share.samples.count) / Float(share.total)
    for entry in network.buffers.layout.entries where entry.name.contains(".bn.running_") {
      network.buffers.withValues { values in
        let statistics = UnsafeMutableBufferPointer(rebasing: values[entry.range])
        for index in statistics.indices { statistics[index] *= weight }
        ranks.allReduce(statistics)
      }
    }
  }

  /// Refuses to save weights that are not the same on all ranks.
  func checkWeights() throws {
    guard ranks.size > 1 else { return }
    let digest = network.parameters.withValues {
      SHA256Digester.digest(UnsafeRawBufferPointer($0))
    }
    try ranks.compare(Array(digest.utf8)) { first in
      guard Array(digest.utf8) != first else { return }
      throw RunError(
        folder.path,
        "after step \(progress.step) its weights are not those of rank 0; nothing was saved",
        hint: "sums over ranks have to be the same on all of them; go on from the last checkpoint"
      )
    }
  }
}
