import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct CheckpointTests {
  @Test func `every truncation of a checkpoint is refused in one sentence`() throws {
    let harness = try TrainingHarness(.pixels)
    _ = try harness.start(harness.configuration(steps: 1), "run").run()
    let bytes = try readFile(RunFolder(harness.path("run")).last)
    let path = harness.path("cut.safetensors")
    for count in [0, 7, 8, 100, 5000, bytes.count / 2, bytes.count - 1] {
      try AtomicFile.write(Array(bytes.prefix(count)), to: path)
      #expect {
        try Checkpoint(reading: path)
      } throws: { error in
        "\(error)".hasPrefix(path + ": ") && !"\(error)".contains("\n")
      }
    }
  }

  @Test func `another architecture is refused in one sentence`() throws {
    let harness = try TrainingHarness(.pixels)
    let narrow = try harness.configuration(steps: 1)
    _ = try harness.start(narrow, "run").run()
    let checkpoint = try Checkpoint(reading: RunFolder(harness.path("run")).last)
    var wide = narrow.network
    wide.width = 12
    let network = Network(wide, pool: WorkerPool(threads: 1))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.restore(network) }
    #expect(
      try #require(error).reason
        == "another architecture: 'enc.weight' has shape [8, 1], this network needs [12, 1]"
    )
    let transferError = #expect(throws: CheckpointError.self) {
      try checkpoint.transfer(to: network)
    }
    #expect(
      try #require(transferError).reason
        == "another architecture: width is 8 there, 12 in this network"
    )
  }

  @Test(arguments: [(-1, 0, 0), (3, -3, 0), (3, 0, 1_000_000)])
  func `a run goes on only where it can have stood`(place: (Int, Int, Int)) throws {
    let harness = try TrainingHarness(.pixels)
    let configuration = try harness.configuration(steps: 3)
    let run = try harness.start(configuration, "run")
    _ = try run.run()
    var progress = Progress()
    (progress.step, progress.epoch, progress.batchInEpoch) = place
    try Checkpoint.write(
      run.network,
      configuration.optimizer.adamW(for: run.network.layout, WorkerPool(threads: 1)),
      configuration,
      progress,
      to: RunFolder(harness.path("run")).last
    )
    let error = #expect(throws: CheckpointError.self) {
      try harness.start(configuration, "run", resuming: true)
    }
    #expect(try #require(error).reason.hasPrefix("the checkpoint is damaged: step \(place.0) is"))
  }

  @Test(arguments: [-1, .nan, .infinity, 0.5, 0x1p31])
  func `a length of kernels that cannot be is refused`(length: Float) throws {
    let harness = try TrainingHarness(.pixels)
    var network = TrainingHarness.network()
    network.layers = [
      .stateSpace(model: StateSpace(.s4(states: 4, copies: 2, rank: 1, maximumLength: nil)))
    ]
    let configuration = try harness.configuration(network: network, steps: 1)
    let made = Network(configuration.network, pool: WorkerPool(threads: 1))
    made.initialize(seed: 1)
    made.buffers["blocks.0.layer.len"] = [length]
    let path = harness.path("length.safetensors")
    try Checkpoint.write(made, nil, configuration, Progress(), to: path)
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(reading: path).restore(made)
    }
    #expect(try #require(error).reason.contains("'blocks.0.layer.len' is ["))
    let transferError = #expect(throws: CheckpointError.self) {
      try Checkpoint(reading: path).transfer(to: made)
    }
    #expect(try #require(transferError).reason.contains("'blocks.0.layer.len' is ["))
  }

  @Test func `a shard is no checkpoint`() throws {
    let harness = try TrainingHarness(.pixels)
    let path = harness.dataSet.folder + "/train-00000-of-00001.safetensors"
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(reading: path) }
    #expect(try #require(error).description == "\(path): not a checkpoint of lra-train")
  }

  @Test func `going on with other data is refused`() throws {
    let harness = try TrainingHarness(.pixels)
    let configuration = try harness.configuration(steps: 2)
    _ = try harness.start(configuration, "run").run()
    try TinyDataSet.write(.pixels, to: harness.path("other"), salt: 1)
    let other = try DataSet(opening: harness.path("other"))
    let error = #expect(throws: CheckpointError.self) {
      try TrainingRun(
        configuration.resolved(for: other),
        on: other,
        in: RunFolder(harness.path("run")),
        resuming: true,
        pool: WorkerPool(threads: 1)
      )
    }
    #expect(try #require(error).reason.hasPrefix("the run was started with other data"))
  }

  @Test func `finetuning drops the mask column and the head, and keeps the rest`() throws {
    let harness = try TrainingHarness(.pixels)
    let network = TrainingHarness.network(norm: .batch)
    let pretrain = try harness.configuration(
      .pretrain,
      Objective(.masked, loss: .absolute),
      network: network
    )
    _ = try harness.start(pretrain, "pretrained").run()
    let checkpoint = try Checkpoint(
      reading: RunFolder.checkpointPath(at: harness.path("pretrained"))
    )
    let finetune = try harness.configuration(network: network) { $0.from = checkpoint.path }
    let run = try harness.start(finetune, "finetuned")
    let report = try #require(run.transfer)
    #expect(report.adapted.count == 1 && report.adapted[0].hasPrefix("enc.weight"))
    #expect(report.initialised == ["dec.lin.weight", "dec.lin.bias"])
    #expect(report.dropped == ["dec.lin.weight", "dec.lin.bias"])
    #expect(
      report.loaded.count == run.network.layout.names.count - 3
        + run.network.buffers.layout.names.count
    )
    let weight: [Float] = try checkpoint.file.elements(of: "parameter.enc.weight")
    #expect(run.network.parameters["enc.weight"] == (0..<8).map { weight[2 * $0] })
    let name = "blocks.0.norm.bn.running_mean"
    #expect(try run.network.buffers[name] == checkpoint.file.elements(of: "buffer." + name))
    #expect(try run.run() == .finished)
  }

  @Test func `weights of a causal run are taken over whole`() throws {
    let harness = try TrainingHarness(.pixels)
    let pretrain = try harness.configuration(.pretrain, Objective(.causal, loss: .absolute))
    #expect(pretrain.network.isCausal)
    _ = try harness.start(pretrain, "pretrained").run()
    let best = RunFolder(harness.path("pretrained")).best
    let run = try harness.start(harness.configuration { $0.from = best }, "finetuned")
    #expect(try #require(run.transfer).adapted.isEmpty)
  }

  @Test func `other heads are refused although the shapes agree`() throws {
    let harness = try TrainingHarness(.tokens)
    _ = try harness.start(harness.configuration(.pretrain, Objective(.masked)), "a").run()
    let finetune = try harness.configuration {
      $0.network.layers[0] = .attention(heads: 4, causal: false, rotary: false)
      $0.from = RunFolder(harness.path("a")).best
    }
    let error = #expect(throws: CheckpointError.self) { try harness.start(finetune, "b") }
    #expect(try #require(error).reason.contains("attention(heads 2)"))
    #expect(!RunFolder(harness.path("b")).holdsRun)
  }
}
