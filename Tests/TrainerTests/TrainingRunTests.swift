import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct TrainingRunTests {
  static let objectives: [(InputKind, Objective)] = [
    (.pixels, Objective(.classification)), (.tokens, Objective(.masked)),
    (.pixels, Objective(.masked, loss: .absolute)), (.pixels, Objective(.causal)),
  ]

  @Test(arguments: objectives)
  func `an interrupted run ends with the bits of an uninterrupted one`(
    input: InputKind,
    objective: Objective
  ) throws {
    let harness = try TrainingHarness(input)
    let stage: RunConfiguration.Stage = objective.kind == .classification ? .finetune : .pretrain
    let configuration = try harness.configuration(
      stage,
      objective,
      network: TrainingHarness.network(norm: .batch)
    )
    #expect(try harness.start(configuration, "whole").run() == .finished)
    // Every question is either before a step or between two batches of an evaluation.
    var pauses = 0
    while true {
      let run = try harness.start(configuration, "parts", resuming: pauses > 0)
      let stop = StopAfter(3)
      if try run.run(shouldStop: stop.shouldStop) == .finished { break }
      pauses += 1
    }
    #expect(pauses > 2)
    #expect(try harness.results("parts") == harness.results("whole"))
    #expect(try harness.metrics("parts") == harness.metrics("whole"))
  }

  @Test func `steps after the last checkpoint are done again`() throws {
    let harness = try TrainingHarness(.pixels)
    let configuration = try harness.configuration { $0.checkpointSteps = 4 }
    #expect(try harness.start(configuration, "whole").run() == .finished)
    // A checkpoint of step 3 beside metrics up to step 8 is what a kill can leave behind.
    let run = try harness.start(configuration, "killed")
    var observed = 0
    _ = try run.run(
      shouldStop: { observed >= 7 },
      observer: { event in
        if case .step(let line) = event { observed = line.step }
      }
    )
    let last = RunFolder(harness.path("killed")).last
    let early = try harness.start(configuration, "early")
    _ = try early.run(shouldStop: { early.progress.step >= 3 })
    try AtomicFile.write(readFile(RunFolder(harness.path("early")).last), to: last)
    #expect(try harness.start(configuration, "killed", resuming: true).run() == .finished)
    #expect(try harness.results("killed") == harness.results("whole"))
    #expect(try harness.metrics("killed") == harness.metrics("whole"))
  }

  @Test func `the number of threads does not change a bit`() throws {
    let harness = try TrainingHarness(.tokens)
    let configuration = try harness.configuration(.pretrain, Objective(.masked))
    for threads in [1, 2] {
      _ = try harness.start(configuration, "threads-\(threads)", threads: threads).run()
    }
    #expect(try harness.results("threads-1") == harness.results("threads-2"))
    #expect(try harness.metrics("threads-1") == harness.metrics("threads-2"))
  }

  @Test func `one batch is learned by heart`() throws {
    let harness = try TrainingHarness(.pixels)
    let configuration = try harness.configuration(steps: 60) {
      $0.batchSize = 22
      $0.network.dropout = 0
      $0.optimizer.learningRate = 0.02
      $0.validation.everySteps = 60
    }
    let run = try harness.start(configuration, "run")
    #expect(try run.run() == .finished)
    let last = try #require(harness.metrics("run").last { $0.event == "step" })
    #expect(last.accuracy == 1)
    #expect(try #require(last.loss) < 0.2)
  }

  @Test func `a loss that is not finite stops the run and keeps the checkpoint`() throws {
    let harness = try TrainingHarness(.pixels)
    let configuration = try harness.configuration { $0.optimizer.learningRate = 1e30 }
    let run = try harness.start(configuration, "run")
    let error = #expect(throws: DivergenceError.self) { try run.run() }
    let sentence = try #require(error).description
    #expect(sentence.contains("is not finite at step"))
    #expect(sentence.contains("learning rate"))
  }

  @Test func `a run in the folder is not overwritten`() throws {
    let harness = try TrainingHarness(.pixels)
    let configuration = try harness.configuration(steps: 1)
    _ = try harness.start(configuration, "run").run()
    let error = #expect(throws: RunError.self) { try harness.start(configuration, "run") }
    #expect(try #require(error).description.contains("there is a run in it already\nhint: "))
  }

  @Test(arguments: [
    NetworkConfiguration.Layer.attention(heads: 2, causal: false, rotary: false),
    .stateSpace(model: StateSpace(.s4(states: 4, copies: 2, rank: 1, maximumLength: nil))),
  ])
  func `validation does not depend on when it happens`(
    layer: NetworkConfiguration.Layer
  ) throws {
    let harness = try TrainingHarness(.tokens)
    var network = TrainingHarness.network()
    network.layers = [layer, .feedForward(expand: 2)]
    let often = try harness.configuration(.pretrain, Objective(.masked), network: network) {
      $0.validation.everySteps = 1
    }
    let seldom = try harness.configuration(.pretrain, Objective(.masked), network: network) {
      $0.validation.everySteps = 9
    }
    _ = try harness.start(often, "often").run()
    _ = try harness.start(seldom, "seldom").run()
    let last = try #require(harness.metrics("often").last)
    #expect(try harness.metrics("seldom").last == last)
    #expect(last.event == "validation")
  }

  @Test func `a batch larger than the split is refused`() throws {
    let harness = try TrainingHarness(.pixels)
    let configuration = try harness.configuration { $0.batchSize = 23 }
    let error = #expect(throws: RunError.self) { try harness.start(configuration, "run") }
    #expect(
      try #require(error).description
        == "configuration: batchSize is 23, but the training split has only 22 samples"
    )
    #expect(!RunFolder(harness.path("run")).holdsRun)
  }

  @Test func `a data set without masks is refused`() throws {
    let harness = try TrainingHarness(.pixels, masks: nil)
    let error = #expect(throws: DataSetError.self) {
      try harness.configuration(.pretrain, Objective(.masked, loss: .absolute))
    }
    #expect(try #require(error).description.contains("the data set has no masks\nhint: "))
  }

  @Test func `the last partial batch is scored unless left out`() throws {
    let harness = try TrainingHarness(.pixels)
    let counts = try [false, true].map { drops in
      let configuration = try harness.configuration { $0.validation.dropsLastBatch = drops }
      let name = "drops-\(drops)"
      _ = try harness.start(configuration, name).run()
      return try harness.metrics(name).last?.targets
    }
    #expect(counts == [7, 4])
  }
}
