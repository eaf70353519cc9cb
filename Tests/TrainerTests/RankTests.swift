import DataKit
import TestSupport
import Testing

@testable import Trainer

/// Training on several ranks, which are threads here.
@Suite struct RankTests {
  static let cases: [(InputKind, Objective, NetworkConfiguration.Norm)] = [
    (.tokens, Objective(.masked), .layer), (.tokens, Objective(.causal), .layer),
    (.tokens, Objective(.masked), .batch), (.pixels, Objective(.classification), .batch),
    (.pixels, Objective(.masked, loss: .absolute), .layer),
  ]

  private func train(
    _ harness: TrainingHarness,
    _ configuration: RunConfiguration,
    _ name: String,
    ranks: Int,
    resuming: Bool = false,
    recomputing: Bool = false,
    shouldStop: @escaping (Int) -> Bool = { _ in false }
  ) throws {
    let outcomes = try ThreadRanks.run(ranks) { group in
      let run = try TrainingRun.start(
        configuration,
        on: harness.dataSet,
        in: RunFolder(harness.path(name)),
        resuming: resuming,
        recomputing: recomputing,
        pool: WorkerPool(threads: 1),
        ranks: group
      )
      // One rank alone is told to stop.
      return try run.run(shouldStop: {
        group.rank == group.size - 1 && shouldStop(run.progress.step)
      })
    }
    #expect(Set(outcomes).count == 1)
  }

  /// The largest relative difference of a number that two runs have on each line of metrics.
  private func difference(
    _ harness: TrainingHarness,
    _ left: String,
    _ right: String,
    _ number: (MetricsLine) -> Double?
  ) throws -> Double {
    let (left, right) = try (harness.metrics(left), harness.metrics(right))
    #expect(left.count == right.count)
    return zip(left, right).reduce(0) { largest, lines in
      #expect(lines.0.targets == lines.1.targets)
      guard let first = number(lines.0), let second = number(lines.1) else { return largest }
      return max(largest, abs(first - second) / max(abs(first), 1e-3))
    }
  }

  @Test(arguments: cases)
  func `any number of ranks gives the same curve`(
    input: InputKind,
    objective: Objective,
    norm: NetworkConfiguration.Norm
  ) throws {
    let harness = try TrainingHarness(input)
    let stage: RunConfiguration.Stage = objective.kind == .classification ? .finetune : .pretrain
    let network = TrainingHarness.network(norm: norm)
    // Batches of 5: three ranks get 1, 2 and 2 samples; the last batch of an epoch has 2 of 22.
    let configuration = try harness.configuration(stage, objective, network: network, steps: 20) {
      $0.batchSize = norm == .batch ? 11 : 5
      $0.dropsLastBatch = false
      $0.reportSteps = 1
    }
    try train(harness, configuration, "1", ranks: 1)
    for ranks in [2, 3] {
      try train(harness, configuration, "\(ranks)", ranks: ranks)
      // The gradient of a bias before batch norm is 0 but for rounding, Adam makes steps of it, and
      // the running means that validation uses follow them with a delay.
      let loss = try difference(harness, "1", "\(ranks)") { line in
        norm == .batch && line.event != "step" ? nil : line.loss
      }
      #expect(loss < 1e-4)
      #expect(try difference(harness, "1", "\(ranks)", \.gradientNorm) < 1e-3)
    }
  }

  @Test func `a rank alone has the bits of a run without ranks`() throws {
    let harness = try TrainingHarness(.tokens)
    let network = TrainingHarness.network(norm: .batch)
    let configuration = try harness.configuration(.pretrain, Objective(.masked), network: network)
    try train(harness, configuration, "ranks", ranks: 1)
    _ = try harness.start(configuration, "alone").run()
    #expect(try harness.results("ranks") == harness.results("alone"))
    #expect(try harness.metrics("ranks") == harness.metrics("alone"))
  }

  @Test func `the same ranks give the same bits, recomputed or stopped between`() throws {
    let harness = try TrainingHarness(.tokens)
    let network = TrainingHarness.network(norm: .batch)
    let configuration = try harness.configuration(.pretrain, Objective(.masked), network: network)
    try train(harness, configuration, "a", ranks: 3)
    try train(harness, configuration, "b", ranks: 3, recomputing: true)
    try train(harness, configuration, "c", ranks: 3, shouldStop: { $0 == 3 })
    try train(harness, configuration, "c", ranks: 3, resuming: true)
    for other in ["b", "c"] {
      #expect(try harness.results(other) == harness.results("a"))
      #expect(try harness.metrics(other) == harness.metrics("a"))
    }
  }

  @Test func `a run goes on with another number of ranks from the same bits`() throws {
    let harness = try TrainingHarness(.tokens)
    let configuration = try harness.configuration(.pretrain, Objective(.masked)) {
      $0.reportSteps = 1
    }
    try train(harness, configuration, "whole", ranks: 2)
    try train(harness, configuration, "parts", ranks: 2, shouldStop: { $0 == 4 })
    let stopped = try readFile(RunFolder(harness.path("parts")).last)
    let states = try ThreadRanks.run(3) { group in
      let run = try TrainingRun.start(
        configuration,
        on: harness.dataSet,
        in: RunFolder(harness.path("parts")),
        resuming: true,
        pool: WorkerPool(threads: 1),
        ranks: group
      )
      return run.network.parameters.withValues { Array($0).map(\.bitPattern) }
    }
    #expect(Set(states).count == 1)
    #expect(try readFile(RunFolder(harness.path("parts")).last) == stopped)
    try train(harness, configuration, "parts", ranks: 3, resuming: true)
    #expect(try difference(harness, "whole", "parts", \.loss) < 1e-4)
  }

  @Test func `local statistics are the mean over ranks`() throws {
    let harness = try TrainingHarness(.pixels)
    let network = TrainingHarness.network(norm: .batch)
    let configuration = try harness.configuration(network: network, steps: 6) {
      $0.batchNorm = .local
      $0.reportSteps = 1
    }
    try train(harness, configuration, "local", ranks: 2)
    try train(harness, configuration, "again", ranks: 2)
    #expect(try harness.results("local") == harness.results("again"))
    try train(harness, configuration, "alone", ranks: 1)
    // Not the same network, but one like it.
    let difference = try difference(harness, "alone", "local", \.loss)
    #expect(difference > 1e-4 && difference < 0.2)
  }

  @Test func `ranks that differ stop with the field`() throws {
    let harness = try TrainingHarness(.pixels)
    let same = try harness.configuration()
    let (seed, steps) = try (
      harness.configuration { $0.seed = 6 }, harness.configuration(steps: 8)
    )
    func sentence(_ other: RunConfiguration, program: String = "") throws -> String {
      let outcomes = ThreadRanks.outcomes(3) { group in
        try TrainingRun.start(
          group.rank == 1 ? other : same,
          on: harness.dataSet,
          in: RunFolder(harness.path("run")),
          program: group.rank == 1 ? program : "",
          pool: WorkerPool(threads: 1),
          ranks: group
        )
      }
      let sentences = outcomes.map { outcome in
        if case .failure(let error) = outcome { "\(error)" } else { "" }
      }
      #expect(Set(sentences).count == 1)
      return sentences[0]
    }
    let prefix = "rank 1: ranks disagree: "
    #expect(try sentence(seed).hasPrefix(prefix + "seed is 6, on rank 0 it is 5\nhint: "))
    #expect(try sentence(steps).hasPrefix(prefix + "steps is 8, on rank 0 it is 9\n"))
    #expect(try sentence(same, program: "abc").hasPrefix(prefix + "the program is abc"))
    #expect(!RunFolder(harness.path("run")).holdsRun)
  }

  @Test func `batches that cannot be split are refused`() throws {
    let harness = try TrainingHarness(.pixels)
    let configuration = try harness.configuration {
      $0.network.norm = .batch
      $0.dropsLastBatch = false
    }
    func check(ranks: Int) throws {
      try configuration.checkSplit(samples: 22, over: ranks)
    }
    try check(ranks: 2)
    #expect("\(#expect(throws: RunError.self) { try check(ranks: 3) }!)".contains("has 2 of 3"))
    #expect("\(#expect(throws: RunError.self) { try check(ranks: 5) }!)".contains("over 5 ranks"))
  }

  @Test func `shares cover a batch in order`() throws {
    for (size, count) in [(3, 10), (4, 2), (1, 5)] {
      let shares = try ThreadRanks.run(size) { $0.share(of: count) }
      #expect(shares.flatMap { Array($0) } == Array(0..<count))
      #expect(shares.allSatisfy { (count / size...(count + size - 1) / size).contains($0.count) })
    }
  }
}

/// Parts of batches of pairs with dropout of both kinds.
@Suite struct BatchShareTests {
  @Test(arguments: [false, true])
  func `parts of pairs add up to the whole`(isTied: Bool) throws {
    var network = TrainingHarness.network()
    network.encoder = .embedding(vocabulary: 6)
    network.head = .pairs
    network.dropout = 0.3
    network.tiedDropout = isTied
    let (samples, length) = (5, 4)
    let tokens = (0..<2 * samples * length).map { Int32($0 * 7 % 6) }
    let classes = (0..<samples).map { Int32($0 % 2) }
    func pass(_ places: Range<Int>, of share: BatchShare?) throws -> (LossResult, [Float]) {
      let model = Network(network, pool: WorkerPool(threads: 1))
      model.initialize(seed: 3)
      let rows = Array(places) + places.map { $0 + samples }
      let input = rows.flatMap { tokens[$0 * length..<($0 + 1) * length] }
      let result = try model.trainingPass(
        Batch(rows: rows.count, length: length, input: .tokens(input)),
        .classes(Array(classes[places])),
        dropoutSeed: 9,
        step: 2,
        share: share
      )
      return (result, model.gradients.withValues { Array($0) })
    }
    let whole = try pass(0..<samples, of: nil)
    var loss = 0.0
    var gradients = [Float](repeating: 0, count: whole.1.count)
    for places in [0..<2, 2..<5] {
      let share = BatchShare(samples: places, total: samples, counted: samples)
      let part = try pass(places, of: share)
      loss += part.0.lossSum
      for index in gradients.indices { gradients[index] += part.1[index] }
    }
    #expect(abs(loss - whole.0.lossSum) < 1e-5)
    for (sum, expected) in zip(gradients, whole.1) { #expect(abs(sum - expected) < 1e-6) }
  }
}
