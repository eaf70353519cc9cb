import DataKit
import Glibc
import TestSupport
import Testing

@testable import Trainer

/// What ranks do when one of them or all of them fail, and what they agree on.
@Suite struct RankFailureTests {
  private func start(
    _ harness: TrainingHarness,
    _ configuration: RunConfiguration,
    on dataSet: DataSet? = nil,
    resuming: Bool = false,
    replacing: Bool = false,
    _ group: any RankGroup
  ) throws -> TrainingRun {
    try TrainingRun.start(
      configuration,
      on: dataSet ?? harness.dataSet,
      in: RunFolder(harness.path("run")),
      resuming: resuming,
      replacing: replacing,
      pool: WorkerPool(threads: 1),
      ranks: group
    )
  }

  @Test func `a start that another rank cannot follow changes no file`() throws {
    let harness = try TrainingHarness(.tokens)
    let configuration = try harness.configuration(.pretrain, Objective(.masked), steps: 4)
    _ = try ThreadRanks.run(2) { try start(harness, configuration, $0).run() }
    let names = try fileNames(in: harness.path("run"))
    let summary = try readFile(RunFolder(harness.path("run")).summary)
    // Rank 1 opens a data set whose shards are gone when it reads them.
    try TinyDataSet.write(.tokens, to: harness.path("gone"))
    let gone = try DataSet(opening: harness.path("gone"))
    for name in try fileNames(in: harness.path("gone")) { unlink(harness.path("gone/" + name)) }
    for isResuming in [true, false] {
      let outcomes = ThreadRanks.outcomes(2) { group in
        _ = try start(
          harness,
          configuration,
          on: group.rank == 1 ? gone : nil,
          resuming: isResuming,
          replacing: !isResuming,
          group
        )
      }
      for outcome in outcomes { #expect(throws: RankError.self) { try outcome.get() } }
      #expect(try fileNames(in: harness.path("run")) == names)
      #expect(try readFile(RunFolder(harness.path("run")).summary) == summary)
    }
  }

  @Test func `an error that all ranks share is one error`() throws {
    let harness = try TrainingHarness(.tokens)
    let configuration = try harness.configuration(.pretrain, Objective(.masked), steps: 2) {
      $0.objective.mask = "token:0.000001:seed=1"
    }
    let outcomes = ThreadRanks.outcomes(2) { group in
      _ = try start(harness, configuration, group).run()
    }
    for outcome in outcomes {
      let error = #expect(throws: RankError.self) { try outcome.get() }
      #expect(try #require(error).reason.contains("no target to score"))
    }
  }

  @Test func `a score has the same bits on any number of ranks`() throws {
    let harness = try TrainingHarness(.tokens)
    var network = TrainingHarness.network()
    let s4 = StateSpace(.s4(states: 4, copies: 2, rank: 1, maximumLength: nil))
    network.layers = [.stateSpace(model: s4), .feedForward(expand: 2)]
    let configuration = try harness.configuration(.pretrain, Objective(.masked), network: network)
    // Kernels of a network that was trained on shorter sequences.
    let trained = Network(configuration.network, pool: WorkerPool(threads: 1))
    trained.initialize(seed: 1)
    trained.reserveKernels(for: 3)
    let path = harness.path("short.safetensors")
    try Checkpoint.write(trained, nil, configuration, Progress(), to: path)
    let scores = try [1, 2, 3].flatMap { ranks in
      try ThreadRanks.run(ranks) { group in
        try Evaluation(
          Checkpoint(reading: path),
          on: .test,
          of: harness.dataSet,
          batchSize: 1,
          pool: WorkerPool(threads: 1),
          ranks: group
        ).score()?.loss.bitPattern
      }
    }
    #expect(Set(scores).count == 1)
  }

  @Test func `a folder knows its files by any name`() throws {
    let folder = TemporaryFolder()
    let run = RunFolder(folder.path + "/run")
    try run.create(replacing: false)
    try AtomicFile.write([1], to: run.best)
    #expect(symlink(run.path, folder.path + "/link") == 0)
    #expect(run.holds(folder.path + "/./run/../run/best.safetensors"))
    #expect(run.holds(folder.path + "/link/best.safetensors"))
    #expect(RunFolder(folder.path + "/link/").holds(run.best))
    #expect(!RunFolder(folder.path + "/ru").holds(run.best))
    #expect(!RunFolder(folder.path + "/other").holds(run.best))
  }
}
