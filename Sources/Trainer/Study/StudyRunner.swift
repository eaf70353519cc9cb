internal import DataKit

/// Trains one run of a study and, after finetuning, scores its best weights on the test split.
struct StudyRunner {
  private let folder: StudyFolder
  private let recomputes: Bool
  private let pool: WorkerPool

  init(_ folder: StudyFolder, _ recomputes: Bool, _ pool: WorkerPool) {
    (self.folder, self.recomputes, self.pool) = (folder, recomputes, pool)
  }

  /// False when `shouldStop` said so; what was done is then saved.
  func run(
    _ run: StudyRun,
    _ shouldStop: () -> Bool,
    _ observer: (StudyWorker.Event) -> Void
  ) throws -> Bool {
    let origin = try folder.readOrigin()
    guard let data = origin.data[run.cell.task] else {
      throw RunError(folder.origin, "it has no data for '\(run.cell.task)'")
    }
    let dataSet = try DataSet(opening: data.path)
    guard dataSet.digest == data.digest else {
      throw RunError(data.path, "the data set is not the one that the study was started with")
    }
    let place = folder.run(run.name)
    var configuration = try configuration(of: run, dataSet)
    // As it was given, so that it names no folder of this machine where none was named; it is found by
    // the whole path that the study's folder remembers. `from` begins with the study's folder as given.
    configuration.data = data.folder
    if place.holdsRun { try check(place, configuration) }
    if (try? RunSummary(of: place))?.status != "finished" {
      guard try train(configuration, dataSet, place, shouldStop, observer) else { return false }
    }
    guard run.configuration.stage == .finetune, !TestScore.exists(in: place) else { return true }
    let evaluation = try Evaluation(
      Checkpoint(reading: RunFolder.checkpointPath(at: place.path)),
      on: .test,
      of: dataSet,
      samples: run.configuration.validation.samples,
      pool: pool
    )
    guard let score = try evaluation.score(shouldStop: shouldStop) else { return false }
    guard score.loss.isFinite else {
      throw StudyFailure(description: "the loss on the test split is not finite")
    }
    try TestScore(score, samples: evaluation.sampleCount).write(to: place)
    return true
  }

  /// Refuses a folder with another run; where data and pretraining lie makes no difference.
  private func check(_ place: RunFolder, _ expected: RunConfiguration) throws {
    var (stored, expected) = (try place.readConfiguration(), expected)
    (stored.data, stored.from, expected.data, expected.from) = ("", nil, "", nil)
    guard stored == expected else {
      let difference = try stored.firstDifference(from: expected)
      throw RunError(
        place.path,
        "holds another run than the study's"
          + (difference.map { ": \($0.path) is \($0.here), not \($0.there)" } ?? ""),
        hint: "remove the folder, and the run is made again"
      )
    }
  }

  private func train(
    _ expected: RunConfiguration,
    _ dataSet: DataSet,
    _ place: RunFolder,
    _ shouldStop: () -> Bool,
    _ observer: (StudyWorker.Event) -> Void
  ) throws -> Bool {
    let isStarted = place.holdsCheckpoint && place.holdsRun
    var configuration =
      isStarted ? try place.readConfiguration() : expected
    configuration.data = expected.data
    let training = try TrainingRun(
      configuration,
      on: dataSet,
      in: place,
      resuming: isStarted,
      replacing: true,
      recomputing: recomputes,
      pool: pool
    )
    let outcome = try training.run(shouldStop: shouldStop) { observer(.training(training, $0)) }
    return outcome == .finished
  }

  /// The run's configuration with what its data set and the runs before it decide.
  private func configuration(of run: StudyRun, _ dataSet: DataSet) throws -> RunConfiguration {
    var configuration = run.configuration
    if !run.candidates.isEmpty {
      guard let best = try folder.best(of: run.candidates) else {
        throw StudyFailure(description: "every run that it would choose from failed")
      }
      // Its schedule and evaluation are those of its batch size.
      configuration = try folder.run(best).readConfiguration()
      configuration.seed = run.seed
    }
    if let pretraining = run.pretraining {
      guard try !folder.runs(.failed).contains(where: { $0.name == pretraining }) else {
        throw StudyFailure(description: "its pretraining '\(pretraining)' failed")
      }
      configuration.from = folder.run(pretraining).best
    }
    return try configuration.resolved(for: dataSet)
  }
}

extension StudyFolder {
  /// Which of these runs has the best validation, the first of equal ones; nil when all have failed.
  func best(of names: [String]) throws -> String? {
    let failed = Set(try runs(.failed).map(\.name))
    var best: (name: String, metric: Double)?
    for name in names where !failed.contains(name) {
      let summary = try RunSummary(of: run(name))
      guard let metric = summary.bestMetric else { continue }
      let isBetter = best.map {
        summary.monitor == .accuracy ? metric > $0.metric : metric < $0.metric
      }
      if isBetter ?? true { best = (name, metric) }
    }
    return best?.name
  }
}

/// The score of a finetuned run on the test split, `test.json` in its folder.
struct TestScore: Codable, Equatable {
  private static func path(in folder: RunFolder) -> String { folder.path + "/test.json" }

  var split = Split.test
  /// Samples that were scored.
  var samples: Int
  /// The mean over all targets.
  var loss: Double
  /// Right classes per target; nil when targets are values.
  var accuracy: Double?
  /// The explained share of the labels' variance.
  var r2: Double?
  /// In the labels' own units.
  var rootMeanSquaredError: Double?

  init(_ score: Score, samples: Int) {
    self.samples = samples
    (loss, accuracy, r2) = (score.loss, score.accuracy, score.r2)
    rootMeanSquaredError = score.rootMeanSquaredError
  }

  init(of folder: RunFolder) throws {
    do {
      self = try JSON.decode(TestScore.self, from: readFile(Self.path(in: folder)))
    } catch {
      throw RunError(Self.path(in: folder), "not readable: \(JSON.explanation(of: error))")
    }
  }

  static func exists(in folder: RunFolder) -> Bool { (try? TestScore(of: folder)) != nil }

  func write(to folder: RunFolder) throws {
    try AtomicFile.write(JSON.encode(self, pretty: true) + [10], to: Self.path(in: folder))
  }

  /// What tables show: its name and value.
  var metric: (name: String, value: Double) {
    if let accuracy { return ("accuracy", accuracy) }
    if let r2 { return ("R2", r2) }
    return ("loss", loss)
  }
}
