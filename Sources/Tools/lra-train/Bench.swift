internal import ArgumentParser
internal import Foundation
internal import ToolSupport
internal import Trainer

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times training steps and evaluation on random batches of the published sizes.",
    discussion: """
      Each configuration is warmed up by one step and then timed: median, smallest and largest \
      seconds. GFLOP/s counts products of matrices and Fourier transforms; its share is that of \
      the rate which products alone reach on as many threads, measured at the start. For the \
      peak of memory of a configuration name it alone.

      --kernels times single kernels instead, after comparing results with a plain computation; \
      --allreduce, under mpirun or srun, the sums over ranks.

      Examples:
        lra-train bench --list
        lra-train bench s4-image transformer-image --threads 1
        lra-train bench s4-image --json --seconds 10
        lra-train bench --kernels --threads 2
        mpirun -n 4 lra-train bench --allreduce
      """
  )

  @Argument(help: "Configurations; all by default.")
  var names: [String] = []

  @Flag(help: "List the configurations.")
  var list = false

  @Flag(help: "Time single kernels.")
  var kernels = false

  @Flag(name: .customLong("allreduce"), help: "Time sums over ranks.")
  var allReduce = false

  @OptionGroup var ranks: RankOptions

  @Option(help: "Seconds to go on timing steps; evaluation gets half as many, a kernel a fifth.")
  var seconds = 5.0

  @Option(help: "Steps to time, whatever time they take.")
  var steps: Int?

  @Flag(help: "Time evaluation alone.")
  var forwardOnly = false

  @Option(
    help: ArgumentHelp(
      "Write weights, batch and results of one configuration for another program instead.",
      valueName: "file"
    )
  )
  var write: String?

  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if let steps, steps < 1 { throw ValidationError("'--steps' must be at least 1") }
    guard seconds > 0, seconds <= 86_400 else {
      throw ValidationError("'--seconds' must be more than 0 and at most 86400")
    }
    if kernels && allReduce {
      throw ValidationError("'--kernels' and '--allreduce' exclude each other")
    }
    if kernels || allReduce, !names.isEmpty || write != nil || forwardOnly {
      throw ValidationError(
        "'--kernels' and '--allreduce' time all there is of theirs, and nothing else"
      )
    }
    if write != nil, names.count != 1 {
      throw ValidationError("'--write' needs the name of one configuration")
    }
  }

  /// What --list --json prints.
  private struct Listed: Encodable {
    var event = "configuration"
    var configuration: BenchmarkConfiguration

    enum CodingKeys: String, CodingKey { case event, forwardOperations, stepOperations }

    func encode(to encoder: any Encoder) throws {
      try configuration.encode(to: encoder)
      var fields = encoder.container(keyedBy: CodingKeys.self)
      try fields.encode(event, forKey: .event)
      try fields.encode(configuration.operations.forward, forKey: .forwardOperations)
      try fields.encode(configuration.operations.step, forKey: .stepOperations)
    }
  }

  /// What --write --json prints.
  private struct Written: Encodable {
    var event = "written"
    var name: String
    var file: String
  }

  /// What --json prints of a configuration; seconds and bytes.
  private struct Result: Encodable {
    var event = "bench"
    var name: String
    var threads: Int
    var parameters: Int
    var loss: Double
    var step: Timing?
    var forward: Timing
    /// Operations a second of a step, or of an evaluation alone, and of products alone.
    var operationsPerSecond: Double
    var ceilingOperationsPerSecond: Double
    var peakBytes: Int
  }

  func run() throws {
    try Processor.check()
    if allReduce {
      return try ranks.run { try AllReduceTable(output.spoken(by: $0)).run($0.group) }
    }
    let chosen = try names.isEmpty ? BenchmarkConfiguration.all : names.map(named)
    if list {
      for configuration in chosen {
        if output.json {
          try printJSON(Listed(configuration: configuration))
        } else {
          print(
            padded(configuration.name, 28)
              + "\(configuration.batch) x \(configuration.length), width \(configuration.network.width), "
              + "\(configuration.network.depth) rounds"
          )
        }
      }
      return
    }
    let pool = output.pool
    if let write {
      try TrainingBenchmark(chosen[0], pool: pool).write(to: write)
      if output.json {
        try printJSON(Written(name: chosen[0].name, file: write))
      } else {
        print("written \(write)")
      }
      return
    }
    if kernels { return try KernelTable(seconds: seconds / 5, steps: steps, output).run(pool) }
    let ceiling = KernelTable.rate(of: KernelBenchmark.product(pool), seconds: 0.5)
    if !output.json {
      print(
        padded("configuration", 28) + padded("step, s (min - max)", 28)
          + padded("forward, s (min - max)", 28) + padded("GFLOP/s", 9) + padded("share", 7)
          + "peak"
      )
    }
    for configuration in chosen {
      let result = try measure(configuration, ceiling: ceiling, pool)
      if output.json { try printJSON(result) } else { show(result) }
    }
  }

  private func named(_ name: String) throws -> BenchmarkConfiguration {
    guard let configuration = BenchmarkConfiguration.named(name) else {
      throw ValidationError("There is no configuration '\(name)'; see 'lra-train bench --list'")
    }
    return configuration
  }

  private func measure(
    _ configuration: BenchmarkConfiguration,
    ceiling: Double,
    _ pool: WorkerPool
  ) throws -> Result {
    let benchmark = TrainingBenchmark(configuration, pool: pool)
    let forward = try Timing.measure(seconds: seconds / 2, count: steps) {
      _ = try benchmark.evaluation()
    }
    var loss = try benchmark.evaluation()
    var step: Timing?
    if !forwardOnly {
      loss = try benchmark.trainingStep()
      step = try Timing.measure(seconds: seconds, count: steps) {
        _ = try benchmark.trainingStep()
      }
    }
    guard loss.isFinite else { throw RunError(configuration.name, "the loss is not a number") }
    let operations = configuration.operations
    return Result(
      name: configuration.name,
      threads: pool.threads,
      parameters: benchmark.parameterCount,
      loss: loss,
      step: step,
      forward: forward,
      operationsPerSecond: step.map { operations.step / $0.median }
        ?? operations.forward / forward.median,
      ceilingOperationsPerSecond: ceiling,
      peakBytes: ProcessMemory.peak
    )
  }

  private func show(_ result: Result) {
    print(
      padded(result.name, 28) + padded(result.step.map(\.text) ?? "-", 28)
        + padded(result.forward.text, 28) + padded(fixed(result.operationsPerSecond / 1e9, 0), 9)
        + padded(
          fixed(100 * result.operationsPerSecond / result.ceilingOperationsPerSecond, 0) + " %",
          7
        ) + megabytes(result.peakBytes)
    )
  }
}
