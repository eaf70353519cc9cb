import DataKit
import TestSupport

@testable import Trainer

/// A tiny data set and runs on it.
struct TrainingHarness {
  let folder: TemporaryFolder
  let dataSet: DataSet

  init(_ input: InputKind, masks: MaskSet? = MaskSet(policy: .token(ratio: 0.5), seed: 3)) throws {
    folder = TemporaryFolder()
    try TinyDataSet.write(input, to: folder.path + "/data", masks: masks)
    dataSet = try DataSet(opening: folder.path + "/data")
  }

  static func network(norm: NetworkConfiguration.Norm = .layer) -> NetworkConfiguration {
    NetworkConfiguration(
      encoder: .linear(inputs: 1),
      width: 8,
      layers: [.attention(heads: 2, causal: false, rotary: false), .feedForward(expand: 2)],
      depth: 1,
      norm: norm,
      outputs: 2,
      dropout: 0.1
    )
  }

  func configuration(
    _ stage: RunConfiguration.Stage = .finetune,
    _ objective: Objective = Objective(.classification),
    network: NetworkConfiguration = network(),
    steps: Int? = 9,
    adjust: (inout RunConfiguration) -> Void = { _ in }
  ) throws -> RunConfiguration {
    var configuration = RunConfiguration(
      preset: "test",
      stage: stage,
      data: dataSet.folder,
      objective: objective,
      network: network,
      optimizer: .init(learningRate: 0.01, weightDecay: 0.01),
      schedule: .init(.cosine, warmUpSteps: 2),
      batchSize: 4,
      epochs: nil,
      steps: steps,
      seed: 5,
      validation: .init(monitor: .loss),
      checkpointSteps: 2,
      reportSteps: 2
    )
    adjust(&configuration)
    return try configuration.resolved(for: dataSet)
  }

  func path(_ name: String) -> String { folder.path + "/" + name }

  func start(
    _ configuration: RunConfiguration,
    _ name: String,
    resuming: Bool = false,
    threads: Int = 1
  ) throws -> TrainingRun {
    try TrainingRun(
      configuration,
      on: dataSet,
      in: RunFolder(path(name)),
      resuming: resuming,
      pool: WorkerPool(threads: threads)
    )
  }

  /// The metrics without what depends on the machine.
  func metrics(_ name: String) throws -> [MetricsLine] {
    let text = try readFile(RunFolder(path(name)).metrics)
    return try text.split(separator: UInt8(ascii: "\n")).map { line in
      var metrics = try JSON.decode(MetricsLine.self, from: Array(line))
      metrics.clock = MetricsLine.Clock(seconds: 0, samplesPerSecond: 0)
      return metrics
    }
  }

  /// The files of a run that must not depend on anything but configuration and data.
  func results(_ name: String) throws -> [[UInt8]] {
    let folder = RunFolder(path(name))
    return try [folder.last, folder.best, folder.configuration].map { try readFile($0) }
  }
}

/// Asks for a stop after a number of questions.
final class StopAfter {
  private var rest: Int

  init(_ questions: Int) { rest = questions }

  func shouldStop() -> Bool {
    rest -= 1
    return rest < 0
  }
}
