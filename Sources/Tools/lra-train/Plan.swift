internal import ArgumentParser
internal import DataKit
internal import Trainer

struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows the parameters and the memory of a run before it starts.",
    discussion: """
      Without --data the sizes are those of the published data.

      Examples:
        lra-train plan --preset transformer-image
        lra-train plan --preset transformer-text --stage finetune --batch-size 4
      """
  )

  @Option(help: "The data set's folder.")
  var data: String?

  @Option(help: "What the run does.")
  var stage: RunConfiguration.Stage = .pretrain

  @OptionGroup(title: "Settings") var settings: SettingOptions
  @OptionGroup var memory: MemoryOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws { try refuseStandardInput(data) }

  /// What --json prints; sizes in bytes.
  private struct Result: Encodable {
    var event = "plan"
    var preset: String
    var stage: String
    var batchSize: Int
    var length: Int
    var parameters: Int
    var weightBytes: Int
    var gradientBytes: Int
    var momentBytes: Int
    var activationBytes: Int
    var scratchBytes: Int
    var programBytes: Int
    var totalBytes: Int
    var availableBytes: Int?
    var fittingBatchSize: Int?
  }

  func run() throws {
    let dataSet = try data.map { try DataSet(opening: $0) }
    let suggested = dataSet.flatMap { Preset.suggested(forTask: $0.manifest.task)?.name }
    guard let name = settings.preset ?? suggested else {
      throw ValidationError("Missing expected argument '--preset <preset>'")
    }
    let preset = try Preset.named(name)
    var configuration = preset.configuration(for: stage)
    try settings.apply(to: &configuration)
    let shape = dataSet.map { DataShape($0.manifest) } ?? preset.shape
    configuration = configuration.fitted(to: shape)
    try configuration.check()
    let largest =
      try dataSet.map { try configuration.largestBatch(of: $0) }
      ?? (configuration.batchSize, configuration.network.maximumLength)
    let result = result(of: configuration, largest, sequences: shape.sequences)
    if output.json { try printJSON(result) } else { show(result) }
  }

  private func plan(
    _ configuration: RunConfiguration,
    samples: Int,
    length: Int,
    sequences: Int
  ) -> MemoryPlan {
    var plan = Network.memoryPlan(
      configuration.network,
      rows: samples * sequences,
      length: length,
      threads: output.threads ?? WorkerPool.availableCores,
      recomputes: memory.recompute
    )
    plan.program = ProcessMemory.resident
    return plan
  }

  private func result(
    of configuration: RunConfiguration,
    _ largest: (samples: Int, length: Int),
    sequences: Int
  ) -> Result {
    func plan(samples: Int) -> MemoryPlan {
      self.plan(configuration, samples: samples, length: largest.length, sequences: sequences)
    }
    let planned = plan(samples: largest.samples)
    let available = availableMemory()
    var fitting: Int?
    if let available, planned.total > available {
      var (fits, tooLarge) = (0, largest.samples)
      while tooLarge - fits > 1 {
        let middle = (fits + tooLarge) / 2
        if plan(samples: middle).total <= available { fits = middle } else { tooLarge = middle }
      }
      fitting = fits > 0 ? fits : nil
    }
    return Result(
      preset: configuration.preset,
      stage: stage.rawValue,
      batchSize: configuration.batchSize,
      length: largest.length,
      parameters: Network.parameterCount(configuration.network),
      weightBytes: planned.parameters,
      gradientBytes: planned.gradients,
      momentBytes: planned.moments,
      activationBytes: planned.activations,
      scratchBytes: planned.scratch,
      programBytes: planned.program,
      totalBytes: planned.total,
      availableBytes: available,
      fittingBatchSize: fitting
    )
  }

  private func show(_ result: Result) {
    print("\(result.stage) '\(result.preset)', batch \(result.batchSize) of \(result.length)")
    let rows = [
      ("parameters", "\(result.parameters)"), ("weights", megabytes(result.weightBytes)),
      ("gradients", megabytes(result.gradientBytes)), ("moments", megabytes(result.momentBytes)),
      ("activations", megabytes(result.activationBytes)),
      ("scratch", megabytes(result.scratchBytes)), ("program", megabytes(result.programBytes)),
      ("total", megabytes(result.totalBytes)),
    ]
    for (name, value) in rows {
      print(padded(name, 12) + value)
    }
    guard let available = result.availableBytes, result.totalBytes > available else { return }
    output.note("warning: only \(megabytes(available)) are free")
    let hint =
      result.fittingBatchSize.map { "--batch-size \($0) fits" }
      ?? "not even one sample fits; take a smaller preset"
      + (memory.recompute ? "" : ", or --recompute")
    output.note("hint: \(hint)")
  }
}
