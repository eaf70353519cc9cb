internal import ArgumentParser
internal import DataKit
internal import ToolSupport
internal import Trainer

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Scores a run's best weights on a split.",
    discussion: """
      Every sample of the split is scored once, in the split's order, unless the run's \
      preset follows the published code, which leaves out the last partial batch.

      Examples:
        lra-train evaluate --run b --split test
        lra-train evaluate --run runs/b/last.safetensors --split validation --json
      """
  )

  @Option(name: .customLong("run"), help: "The run by folder or name, or a checkpoint file.")
  var runName: String

  @Option(help: "The split to score.")
  var split: Split = .test

  @Option(help: "The data set's folder; the run's own by default.")
  var data: String?

  @Option(help: "Samples of a batch; as in the run's validation by default.")
  var batchSize: Int?

  @Option(help: "Score only so many samples of the split, chosen at random and always the same.")
  var samples: Int?

  @OptionGroup var ranks: RankOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    for (name, count) in [("--batch-size", batchSize), ("--samples", samples)]
    where count.map({ $0 < 1 }) ?? false {
      throw ValidationError("'\(name)' must be at least 1")
    }
    try refuseStandardInput(data)
  }

  /// What --json prints.
  private struct Result: Encodable {
    var event = "evaluation"
    var checkpoint: String
    var step: Int
    var data: String
    var split: String
    var samples: Int
    var loss: Double
    var accuracy: Double?
    var r2: Double?
    var rootMeanSquaredError: Double?
    var targets: Int
  }

  func run() throws {
    try Processor.check()
    try ranks.run { ranks in
      var command = self
      command.output = output.spoken(by: ranks)
      try command.evaluate(ranks)
    }
  }

  private func evaluate(_ ranks: Ranks) throws {
    let pool = output.pool(of: ranks)
    let (checkpoint, dataSet, evaluation) = try ranks.group.agree { try prepare(pool, ranks) }
    ranks.announce(pool, output)
    Interrupts.install()
    let progress = ProgressReporter(
      stage: "evaluate",
      unit: "samples",
      total: evaluation.sampleCount,
      format: output.quiet ? .none : .text
    )
    let score = try evaluation.score(
      shouldStop: { Interrupts.wasRequested },
      progress: { done, _ in progress.update(done: done) }
    )
    progress.finish()
    guard let score else { throw ExitCode(ExitStatus.interrupted) }
    try ranks.group.agree { try check(score, checkpoint) }
    guard ranks.group.isFirst else { return }
    try report(score, checkpoint, dataSet, samples: evaluation.sampleCount)
  }

  private func prepare(
    _ pool: WorkerPool,
    _ ranks: Ranks
  ) throws -> (Checkpoint, DataSet, Evaluation) {
    let checkpoint = try Checkpoint(reading: RunFolder.checkpointPath(at: runPath(runName)))
    let dataSet = try dataSet(of: checkpoint)
    if dataSet.digest != checkpoint.configuration.dataDigest {
      output.note("note: '\(dataSet.folder)' is not the data set that the run was trained on")
    }
    let evaluation = try Evaluation(
      checkpoint,
      on: split,
      of: dataSet,
      batchSize: batchSize,
      samples: samples,
      pool: pool,
      ranks: ranks.group
    )
    return (checkpoint, dataSet, evaluation)
  }

  private func dataSet(of checkpoint: Checkpoint) throws -> DataSet {
    if let data { return try DataSet(opening: data) }
    guard !checkpoint.configuration.data.isEmpty else {
      throw ValidationError("'\(runName)' knows no data set: name one with '--data'")
    }
    return try RunData(of: checkpoint.configuration, at: checkpoint.path)
      .open(allowingOther: true)
  }

  private func check(_ score: Score, _ checkpoint: Checkpoint) throws {
    guard score.loss.isFinite else {
      throw RunError(checkpoint.path, "the loss of its weights is not finite (\(score.loss))")
    }
  }

  private func report(
    _ score: Score,
    _ checkpoint: Checkpoint,
    _ dataSet: DataSet,
    samples: Int
  ) throws {
    guard !output.json else {
      return try printJSON(
        Result(
          checkpoint: checkpoint.path,
          step: checkpoint.progress.step,
          data: dataSet.folder,
          split: split.rawValue,
          samples: samples,
          loss: score.loss,
          accuracy: score.accuracy,
          r2: score.r2,
          rootMeanSquaredError: score.rootMeanSquaredError,
          targets: score.targets
        )
      )
    }
    print("checkpoint \(checkpoint.path), step \(checkpoint.progress.step)")
    print("\(split.rawValue) samples \(samples)")
    print("\(split.rawValue) loss \(fixed(score.loss, 4))")
    let metrics = [
      ("accuracy", score.accuracy), ("R2", score.r2),
      ("root mean squared error", score.rootMeanSquaredError),
    ]
    for (name, value) in metrics {
      if let value { print("\(split.rawValue) \(name) \(fixed(value, 4))") }
    }
  }
}
