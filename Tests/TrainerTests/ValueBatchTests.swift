import DataKit
import TestSupport
import Testing

@testable import Trainer

/// Batches of pairs, colour, sound and time series, and regression.
@Suite struct ValueBatchTests {
  private let folder = TemporaryFolder()

  private func source(
    _ objective: Objective,
    masks: MaskSet? = nil
  ) throws -> BatchSource {
    let dataSet = try DataSet(opening: folder.path)
    return try BatchSource(dataSet.split(.train), of: dataSet, objective, masks: masks)
  }

  private func writeSeries() throws {
    var data = HandMadeDataSet(.series, labels: [10, 30, 20])
    data.channels = 2
    // Two positions, and once three, of two channels.
    let x: [[Float]] = [[1, 2, 3, 4], [5, 6, 7, 8, 9, 10], [11, 12, 13, 14]]
    try data.write(x, to: folder.path)
  }

  @Test func `labels are scaled from -1 to 1, and short series end in zeros`() throws {
    try writeSeries()
    var objective = Objective(.regression, loss: .squared)
    objective.labels = LabelRange(minimum: 10, maximum: 30)
    let (batch, target) = try source(objective).batch([0, 1, 2], variant: 0)
    guard case .values(let input) = batch.input, case .values(let labels, .squared) = target else {
      Issue.record("not a batch of values with values")
      return
    }
    #expect(labels == [-1, 1, 0])
    #expect(batch.lengths == [2, 3, 2])
    #expect(input == [1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0, 0])
  }

  @Test func `a masked position hides all its channels`() throws {
    try writeSeries()
    let masks = MaskSet(policy: .token(ratio: 1))
    let (batch, target) = try source(Objective(.masked, loss: .absolute), masks: masks)
      .batch([0, 1], variant: 0)
    guard case .values(let input) = batch.input, case .values(let values, .absolute) = target else {
      Issue.record("not a batch of values with values")
      return
    }
    #expect(input == [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1])
    #expect(values == [1, 2, 3, 4, -10_000, -10_000, 5, 6, 7, 8, 9, 10])
  }

  @Test func `the next position is the causal target`() throws {
    try writeSeries()
    let (_, target) = try source(Objective(.causal, loss: .absolute)).batch([1], variant: 0)
    guard case .values(let values, _) = target else {
      Issue.record("not a target of values")
      return
    }
    #expect(values == [7, 8, 9, 10, -10_000, -10_000])
  }

  @Test func `pairs are all first sequences, then all second ones`() throws {
    var data = HandMadeDataSet(.tokens, labels: [0, 1], classes: 2)
    data.tokens = ["<mask>", "<pad>", "<unk>", "<eos>", "a", "b"]
    let x: [[UInt8]] = [[4, 3], [5, 5, 3]]
    let y: [[UInt8]] = [[5, 3], [4, 4, 4, 3]]
    try data.write(x, pairs: y, to: folder.path)
    let (batch, target) = try source(Objective(.classification)).batch([0, 1], variant: 0)
    guard case .tokens(let tokens) = batch.input, case .classes(let classes) = target else {
      Issue.record("not a batch of tokens with classes")
      return
    }
    #expect(batch.rows == 4 && batch.length == 4)
    #expect(tokens == [4, 3, 1, 1, 5, 5, 3, 1, 5, 3, 1, 1, 4, 4, 4, 3])
    #expect(batch.lengths == [2, 3, 2, 4])
    #expect(classes == [0, 1])
    let (pretraining, next) = try source(Objective(.causal)).batch([1], variant: 0)
    guard case .classes(let targets) = next else {
      Issue.record("not a target of classes")
      return
    }
    #expect(pretraining.rows == 2)
    #expect(targets == [5, 3, -100, -100, 4, 4, 3, -100])
  }

  @Test func `labels and objective have to agree`() throws {
    try writeSeries()
    #expect(throws: DataSetError.self) { _ = try source(Objective(.classification)) }
    #expect(throws: DataSetError.self) { _ = try source(Objective(.causal)) }
    #expect(
      Objective(.classification).fitted(hasClasses: false) == Objective(.regression, loss: .squared)
    )
  }

  @Test func `statistics by time step are used when asked for`() throws {
    let scale = InputScale.steps(divisor: 2, mean: [1, 2], deviation: [4, 8])
    var values: [Float] = [10, 20]
    scale.apply(to: &values, channels: 1)
    #expect(values == [1, 1])
    try writeSeries()
    let dataSet = try DataSet(opening: folder.path)
    #expect(throws: DataSetError.self) { _ = try InputScale(dataSet, way: "unit") }
  }
}

/// Whole runs on data that is not tokens or grey images.
@Suite struct ValueRunTests {
  private let folder = TemporaryFolder()

  private func run(_ configuration: RunConfiguration, _ name: String) throws -> TrainingRun {
    let dataSet = try DataSet(opening: folder.path + "/data")
    return try TrainingRun(
      configuration.resolved(for: dataSet),
      on: dataSet,
      in: RunFolder(folder.path + "/" + name),
      pool: WorkerPool(threads: 2)
    )
  }

  private func configuration(
    _ stage: RunConfiguration.Stage,
    _ objective: Objective
  ) -> RunConfiguration {
    RunConfiguration(
      preset: "test",
      stage: stage,
      data: folder.path + "/data",
      objective: objective,
      network: TrainingHarness.network(),
      optimizer: .init(learningRate: 0.02),
      schedule: .init(.constant),
      batchSize: 8,
      epochs: nil,
      steps: 120,
      validation: .init(monitor: .accuracy)
    )
  }

  @Test func `regression on two channels learns, and its weights may be pretrained`() throws {
    var data = HandMadeDataSet(.series, labels: [])
    data.channels = 2
    var x: [[Float]] = []
    for index in 0..<32 {
      let level = Float(index % 8) / 8
      x.append((0..<6).flatMap { _ in [level, 1 - level] })
      data.labels.append(100 + 50 * level)
    }
    data.masks = MaskSet(policy: .token(ratio: 0.5), seed: 1)
    try data.write(x, to: folder.path + "/data")
    var pretraining = configuration(.pretrain, Objective(.masked, loss: .absolute))
    pretraining.steps = 5
    let pretrained = try run(pretraining, "a")
    #expect(pretrained.network.configuration.encoder == .linear(inputs: 3))
    #expect(pretrained.network.configuration.outputs == 2)
    _ = try pretrained.run()
    var finetuning = configuration(.finetune, Objective(.classification))
    finetuning.from = RunFolder(folder.path + "/a").best
    let run = try run(finetuning, "b")
    #expect(run.configuration.objective.kind == .regression)
    #expect(run.configuration.objective.labels == LabelRange(minimum: 100, maximum: 143.75))
    #expect(run.transfer?.adapted.count == 1)
    _ = try run.run()
    let score = try #require(run.progress.lastValidation)
    #expect(try #require(score.r2) > 0.9)
    // The deviation of the labels is 14.3.
    #expect(try #require(score.rootMeanSquaredError) < 14.3 * 0.1.squareRoot())
    #expect(score.accuracy == nil)
  }

  @Test func `pairs are told apart`() throws {
    var data = HandMadeDataSet(.tokens, labels: [], classes: 2)
    data.tokens = ["<mask>", "<pad>", "<unk>", "<eos>", "a", "b"]
    var (x, y): ([[UInt8]], [[UInt8]]) = ([], [])
    for index in 0..<32 {
      let (first, second) = (UInt8(4 + index % 2), UInt8(4 + index / 2 % 2))
      x.append([first, first, 3])
      y.append([second, 3])
      data.labels.append(first == second ? 1 : 0)
    }
    try data.write(x, pairs: y, to: folder.path + "/data")
    let run = try run(configuration(.finetune, Objective(.classification)), "a")
    #expect(run.network.configuration.head == .pairs)
    _ = try run.run()
    #expect(run.progress.lastValidation?.accuracy == 1)
  }
}
