import DataKit
import Glibc
import TestSupport
import Testing

@testable import Trainer

@Suite struct StudyWorkerTests {
  private let harness: StudyHarness
  private static let grid = #""grid": {"learningRates": [0.01, 0.02]}"#

  init() throws { harness = try StudyHarness() }

  @Test func `a study that is interrupted again and again has the results of one that is not`()
    throws
  {
    let study = try StudyHarness.study(Self.grid)
    let whole = try harness.create(study, "whole")
    #expect(try harness.worker(whole).work() == .done)
    let parts = try harness.create(study, "parts")
    var rounds = 0
    while true {
      let stop = StopAfter(5)
      let outcome = try harness.worker(parts, threads: 2).work(shouldStop: stop.shouldStop)
      if outcome == .done { break }
      rounds += 1
    }
    #expect(rounds > 10)
    #expect(try StudyHarness.results(parts) == StudyHarness.results(whole))
    #expect(try parts.count(.finished) == study.expectedRuns)
  }

  @Test func `the table has the best candidate and the test scores of the runs`() throws {
    let folder = try harness.create(StudyHarness.study(Self.grid), "study")
    #expect(try harness.worker(folder).work() == .done)
    let result = try StudyHarness.results(folder)
    #expect(result.cells.count == 4 && result.unfinished.isEmpty)
    for cell in result.cells {
      #expect(cell.seeds == [1, 2] && cell.isChosen && cell.metric == "accuracy")
      let scores = try cell.runs.map { try TestScore(of: RunFolder(folder.path + "/" + $0)) }
      #expect(cell.values == scores.map(\.accuracy))
      #expect(cell.mean == (cell.values[0] + cell.values[1]) / 2)
      let rates = try cell.runs.map {
        try RunFolder(folder.path + "/" + $0).readConfiguration().optimizer.learningRate
      }
      #expect(rates == [cell.learningRate, cell.learningRate])
      let candidates = try folder.runs(.finished).filter {
        $0.isCandidate && $0.cell.start == cell.start && $0.cell.architecture == cell.architecture
      }
      let losses = try candidates.map {
        try #require(try RunSummary(of: folder.run($0.name)).bestMetric)
      }
      let best = try #require(zip(candidates, losses).max { $0.1 < $1.1 })
      #expect(candidates.count == 2 && losses.max() == best.1)
      let chosen = try RunSummary(of: RunFolder(folder.path + "/" + cell.runs[0])).bestMetric
      #expect(chosen == best.1)
      #expect(cell.pretrainings.isEmpty == (cell.start == .scratch))
      #expect(cell.operations > 0)
    }
  }

  @Test func `several workers share a list, and a finished run is never repeated`() async throws {
    let folder = try harness.create(StudyHarness.study(), "shared")
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<3 {
        group.addTask {
          var count = 0
          let worker = StudyWorker(folder, pool: WorkerPool(threads: 1))
          _ = try worker.work(observer: { if case .finished = $0 { count += 1 } })
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(counts == 12)
    let again = try harness.worker(folder).work(observer: { _ in
      Issue.record("something was done again")
    })
    #expect(again == .done)
  }

  @Test func `a run that diverges is named, and what depends on it`() throws {
    let study = try StudyHarness.study(
      #""architectures": [{"name": "T", "presets": {"image": "transformer-image"},"#
        + #""pretrain": {"objective": {"loss": "mse"}, "optimizer": {"learningRate": 1e30}}}]"#
    )
    let folder = try harness.create(study, "diverging")
    #expect(try harness.worker(folder).work() == .done)
    let result = try StudyHarness.results(folder)
    #expect(result.cells.map(\.start) == [.scratch])
    try #require(result.unfinished.count == 4)
    #expect(result.unfinished.allSatisfy { $0.failure != nil })
    #expect(result.unfinished[0].failure?.contains("not finite at step") == true)
    #expect(result.unfinished[1].failure?.contains("its pretraining") == true)
  }

  @Test func `other seeds differ from the chosen candidate in the seed alone`() throws {
    let study = try StudyHarness.study(
      #""grid": {"batchSizes": [4, 2]}, "starts": ["scratch"], "seeds": [1, 2], "#
        + #""tasks": [{"name": "image", "finetune": {"epochs": 2}}], "scale": {"finetuneSteps": 200}"#
    )
    let folder = try harness.create(study, "sizes")
    #expect(try harness.worker(folder).work() == .done)
    for cell in try StudyHarness.results(folder).cells {
      var (first, second) = (
        try RunFolder(folder.path + "/" + cell.runs[0]).readConfiguration(),
        try RunFolder(folder.path + "/" + cell.runs[1]).readConfiguration()
      )
      #expect([first.seed, second.seed] == [1, 2])
      (first.seed, second.seed) = (0, 0)
      #expect(first == second)
      #expect(first.validation.everySteps == (first.batchSize == 4 ? 1 : 2))
    }
  }

  @Test func `failed runs can be tried again`() throws {
    let study = try StudyHarness.study(
      #""architectures": [{"name": "T", "presets": {"image": "transformer-image"},"#
        + #""pretrain": {"objective": {"loss": "mse"}, "optimizer": {"learningRate": 1e30}}}]"#
    )
    let folder = try harness.create(study, "again")
    #expect(try harness.worker(folder).work() == .done)
    #expect(try folder.count(.failed) == 4)
    #expect(try folder.retryFailed() == 4)
    #expect(try folder.count(.waiting) == 4 && folder.count(.failed) == 0)
    #expect(try folder.runs(.waiting).allSatisfy { $0.failure == nil })
    #expect(try harness.worker(folder).work() == .done)
    #expect(try folder.count(.failed) == 4)
  }

  @Test func `a creation that was cut short is begun again, foreign runs are not taken over`()
    throws
  {
    let folder = try harness.create(StudyHarness.study(Self.grid), "cut")
    #expect(unlink(folder.study) == 0)
    _ = try harness.create(StudyHarness.study(), "cut")
    #expect(try folder.count(.waiting) == 12)
    #expect(try harness.worker(folder).work(limit: 1) == .done)
    #expect(unlink(folder.study) == 0)
    let error = #expect(throws: RunError.self) { try harness.create(StudyHarness.study(), "cut") }
    #expect(error?.description.contains("holds runs but no study") == true)
  }

  @Test func `a limited evaluation scores a part of the whole split`() throws {
    let part = leadingSamples(4, of: 9)
    #expect(part == part.sorted() && Set(part).count == 4 && part != [0, 1, 2, 3])
    #expect(Set(leadingSamples(6, of: 9)).isSuperset(of: part))
    let study = try StudyHarness.study(
      #""scale": {"evaluationSamples": 4}, "starts": ["scratch"], "seeds": [1]"#
    )
    let folder = try harness.create(study, "part")
    #expect(try harness.worker(folder).work() == .done)
    let run = try #require(folder.runs(.finished).first)
    let place = folder.run(run.name)
    let checkpoint = try Checkpoint(reading: place.best)
    let pool = WorkerPool(threads: 1)
    // Right or wrong of each of the nine test samples, one by one.
    let split = try harness.training.dataSet.split(.test)
    let source = try BatchSource(
      split,
      of: harness.training.dataSet,
      checkpoint.configuration.objective,
      masks: nil
    )
    let network = Network(checkpoint.configuration.network, pool: pool)
    try checkpoint.restore(network)
    let hits = try part.map { sample in
      let (batch, target) = try source.batch([sample], variant: 0)
      return try network.evaluationPass(batch, target).correct
    }
    let score = try TestScore(of: place)
    #expect(score.samples == 4)
    #expect(score.accuracy == Double(hits.reduce(0, +)) / 4)
  }

  @Test func `runs hold the data's folder as it was given, and find it by its whole path`() throws {
    let folder = try harness.create(
      StudyHarness.study(#""starts": ["masked"], "seeds": [1]"#),
      "given"
    )
    // From here there is no such folder, as from another working directory than the study's first.
    var origin = try folder.readOrigin()
    origin.data["image"]?.folder = "data/as-given"
    try AtomicFile.write(JSON.encode(origin), to: folder.origin)
    #expect(try harness.worker(folder).work(shouldStop: StopAfter(9).shouldStop) == .interrupted)
    #expect(try harness.worker(folder).work() == .done)
    for run in try folder.runs(.finished) {
      let place = folder.run(run.name)
      #expect(try place.readConfiguration().data == "data/as-given")
      #expect(try RunSummary(of: place).data == "data/as-given")
      #expect(try Checkpoint(reading: place.best).configuration.data == "data/as-given")
    }
    #expect(try StudyHarness.results(folder).tasks.map(\.data) == ["data/as-given"])
  }

  @Test func `a single run finds its data by the study's whole path`() throws {
    let folder = try harness.create(
      StudyHarness.study(#""starts": ["scratch"], "seeds": [1]"#),
      "single"
    )
    var origin = try folder.readOrigin()
    origin.data["image"]?.folder = "data/as-given"
    try AtomicFile.write(JSON.encode(origin), to: folder.origin)
    #expect(try harness.worker(folder).work(limit: 1) == .done)
    let run = try #require(folder.runs(.finished).first)
    let place = folder.run(run.name)
    let configuration = try place.readConfiguration()
    for start in [place.path, place.best] {
      let found = try RunData(of: configuration, at: start).open()
      #expect(found.digest == harness.training.dataSet.digest)
    }
    origin.data["image"]?.path = "data/gone"
    try AtomicFile.write(JSON.encode(origin), to: folder.origin)
    let error = #expect(throws: RunError.self) {
      try RunData(of: configuration, at: place.path).open()
    }
    #expect(error?.description.contains("data/as-given") == true)
    #expect(error?.description.contains("'data/gone'") == true)
    // A run of no study has one place only.
    #expect(throws: DataSetError.self) { try RunData(of: configuration, at: "elsewhere").open() }
  }

  @Test func `candidates are told with their validation`() throws {
    let folder = try harness.create(StudyHarness.study(Self.grid), "candidates")
    #expect(try harness.worker(folder).work() == .done)
    for cell in try StudyHarness.results(folder).cells {
      let candidates = try #require(cell.candidates)
      #expect(candidates.map(\.learningRate) == [0.01, 0.02])
      let values = try candidates.map { candidate in
        try RunSummary(of: RunFolder(folder.path + "/" + candidate.run)).bestMetric
      }
      #expect(candidates.map(\.validation) == values)
      // The first of the best is the one that the table is made of.
      #expect(ChoiceTable.tied(candidates).first?.run == cell.runs[0])
    }
  }

  @Test func `what is not finished is no failure and has no validation yet`() throws {
    let study = try StudyHarness.study(
      #""grid": {"learningRates": [0.01, 0.02, 0.03]}, "starts": ["scratch"], "seeds": [1]"#
    )
    let folder = try harness.create(study, "open")
    #expect(try harness.worker(folder).work(limit: 1) == .done)
    // Stopped after its first validation, so that there is a best one so far.
    let stop = StopAfter(4)
    #expect(try harness.worker(folder).work(shouldStop: stop.shouldStop) == .interrupted)
    let result = try folder.writeResults()
    let candidates = try #require(result.cells.first?.candidates)
    #expect(candidates.map(\.state) == [.finished, .waiting, .waiting])
    #expect(candidates.map { $0.validation == nil } == [false, true, true])
    #expect(candidates.map(\.isOpen) == [false, true, true])
    #expect(try folder.readResults().cells.first?.candidates == candidates)
  }

  @Test func `other words are the same study, and are taken over`() throws {
    let folder = try harness.create(StudyHarness.study(), "words")
    #expect(try harness.worker(folder).work(limit: 1) == .done)
    var study = try StudyHarness.study(
      #""title": "other", "source": "s", "question": "q", "notes": ["n"]"#
    )
    study.tasks[0].description = "what it shows"
    _ = try harness.create(study, "words")
    #expect(try folder.readStudy() == study)
    #expect(try folder.count(.finished) == 1)
    let result = try folder.writeResults()
    #expect(result.title == "other" && result.notes == ["n"])
    #expect(result.tasks.first?.description?.predicts == "what it shows")
  }

  @Test func `another study or other data is refused`() throws {
    let folder = try harness.create(StudyHarness.study(), "a")
    #expect(throws: Never.self) { try harness.create(StudyHarness.study(), "a") }
    let error = #expect(throws: RunError.self) {
      try harness.create(StudyHarness.study(Self.grid), "a")
    }
    #expect(error?.description.contains("holds another study") == true)
    try TinyDataSet.write(.pixels, to: harness.training.dataSet.folder, salt: 1)
    let changed = #expect(throws: RunError.self) { try harness.worker(folder).work() }
    #expect(changed?.description.contains("is not the one that the study was started with") == true)
    #expect(try folder.count(.running) == 0)
  }
}

extension Study {
  /// Candidates, or one run, with the first seed; one with each other; a pretraining with each.
  fileprivate var expectedRuns: Int {
    let candidates = grid?.learningRates?.count ?? 1
    let finetunings = candidates + seeds.count - 1
    return architectures.count * (finetunings + finetunings + seeds.count)
  }
}

@Suite struct WelchTests {
  /// Values of SciPy 1.17.1, scipy.stats.ttest_ind with equal_var=False and scipy.special.betainc.
  @Test func `p values are those of another implementation`() throws {
    let cases: [([Double], [Double], Double)] = [
      ([0.61, 0.64, 0.60], [0.55, 0.56, 0.50], 0.029106061097749273),
      ([1, 2, 3, 4, 5.5], [1.5, 2.5], 0.2914187095985823),
      ([10, 10.1, 10.2], [20, 20.1, 20.3], 5.082552383418368e-07),
    ]
    for (left, right, expected) in cases {
      let p = try #require(Welch.pValue(left, right))
      #expect(abs(p - expected) < 1e-10 * expected)
    }
    let beta = [
      (0.3, 2.5, 0.5, 0.018927124071945658), (0.999, 0.5, 3, 0.9999999996873826),
      (0.9, 50, 0.5, 0.001204149832559813),
    ]
    for (x, a, b, expected) in beta {
      #expect(abs(Welch.regularizedBeta(x, a, b) - expected) < 1e-12)
    }
    #expect(Welch.pValue([1], [1, 2]) == nil)
    #expect(Welch.pValue([1, 1], [2, 2]) == nil)
  }

  /// Of tables of Student's t: what lies beyond, to both sides, with a chance of 5 %.
  @Test func `confidence intervals have the quantiles of tables`() throws {
    for (freedom, expected) in [(1, 12.706204736), (4, 2.776445105), (30, 2.042272456)] {
      #expect(abs(Welch.quantile(beyond: 0.05, Double(freedom)) - expected) < 1e-8)
    }
    let width = try #require(Welch.halfWidth([1, 2, 3], [4, 5, 6]))
    #expect(abs(width - 2.776445105 * (2.0 / 3).squareRoot()) < 1e-8)
    #expect(Welch.halfWidth([1], [1, 2]) == nil)
  }

  /// The example of R's p.adjust with method = "holm".
  @Test func `several tests are corrected by Holm's procedure`() {
    let corrected = Holm.corrected([0.01, 0.04, 0.03, 0.005])
    for (value, expected) in zip(corrected, [0.03, 0.06, 0.06, 0.02]) {
      #expect(abs(value - expected) < 1e-15)
    }
    #expect(Holm.corrected([0.7, 0.9]) == [1, 1])
    #expect(Holm.corrected([]).isEmpty)
  }

  @Test func `a share of few samples is uncertain`() {
    #expect(SamplingError.standardError(ofShare: 0.5, samples: 100) == 0.05)
    #expect(SamplingError.standardError(ofShare: 0.5, samples: 0) == nil)
  }
}
