internal import DataKit

/// A line of `metrics.jsonl`.
///
/// Everything but `clock` is repeated bit for bit by a resumed run.
public struct MetricsLine: Codable, Sendable, Equatable {
  /// What depends on the machine.
  public struct Clock: Codable, Sendable, Equatable {
    /// Seconds since the run began, pauses not counted.
    public var seconds: Double
    /// Training samples a second since the line before; over the whole process in a summary.
    public var samplesPerSecond: Double
  }

  /// "step" or "validation".
  public var event: String
  /// Optimizer steps taken.
  public var step: Int
  /// The epoch of the last step, from 0.
  public var epoch: Int
  /// The mean since the line before, or over the validation split; nil without a target.
  public var loss: Double?
  /// Right classes per target; nil when targets are values.
  public var accuracy: Double?
  /// The explained share of the labels' variance; nil without regression, and during training.
  public var r2: Double?
  /// The rate of the last step; nil for a validation.
  public var learningRate: Double?
  /// Before clipping, at this step.
  public var gradientNorm: Double?
  /// The targets that the loss is a mean of.
  public var targets: Int
  /// Time and speed.
  public var clock: Clock
}

/// The metrics of a run: JSON lines and a TensorBoard event file.
final class RunLog {
  private let lines: AppendedFile
  private let events: EventFile
  /// The seconds of the run up to the last line that was kept.
  let seconds: Double

  /// Opens the log; lines after `step` are removed first, as those steps are done again.
  ///
  /// The event file begins with the configuration.
  init(_ folder: RunFolder, _ configuration: RunConfiguration, keepingUpTo step: Int) throws {
    var seconds = 0.0
    if let bytes = try? readFile(folder.metrics) {
      let kept = bytes.split(separator: UInt8(ascii: "\n")).filter { line in
        guard let metrics = try? JSON.decode(MetricsLine.self, from: Array(line)) else {
          return false
        }
        if metrics.step <= step { seconds = metrics.clock.seconds }
        return metrics.step <= step
      }
      try AtomicFile.write(kept.flatMap { $0 + [UInt8(ascii: "\n")] }, to: folder.metrics)
    }
    self.seconds = seconds
    lines = try AppendedFile(path: folder.metrics)
    events = try EventFile(folder: folder.path)
    let json = String(decoding: try configuration.encoded(), as: UTF8.self)
    try events.append(step: step, [("configuration", .text("```json\n\(json)```"))])
  }

  func append(_ line: MetricsLine) throws {
    try lines.append(JSON.encode(line) + [UInt8(ascii: "\n")])
    let prefix = line.event == "step" ? "train/" : "validation/"
    let scalars: [(String, Double?)] = [
      ("loss", line.loss), ("accuracy", line.accuracy), ("r2", line.r2),
      ("learning_rate", line.learningRate),
      ("gradient_norm", line.gradientNorm),
      ("samples_per_second", line.event == "step" ? line.clock.samplesPerSecond : nil),
    ]
    try events.append(
      step: line.step,
      scalars.compactMap { tag, value in value.map { (prefix + tag, .scalar($0)) } }
    )
  }

  /// Appends images to the event file.
  func append(_ images: [(tag: String, value: EventFile.Value)], step: Int) throws {
    try events.append(step: step, images)
  }
}

/// How a run ended, `summary.json`.
public struct RunSummary: Codable, Sendable, Equatable {
  /// "finished" or "interrupted".
  public var status: String
  /// What the run did.
  public var stage: RunConfiguration.Stage
  /// The preset it started from.
  public var preset: String
  /// The data set's task.
  public var task: String
  /// The data set's folder.
  public var data: String
  /// The data set's digest.
  public var dataDigest: String
  /// The checkpoint that the weights came from.
  public var from: String?
  /// The seed of weights, order and dropout.
  public var seed: UInt64
  /// Trainable values of the network.
  public var parameters: Int
  /// Optimizer steps taken.
  public var steps: Int
  /// Optimizer steps of the whole run.
  public var totalSteps: Int
  /// Passes over the training split, the last one possibly in part.
  public var epochs: Double
  /// Samples of a step.
  public var batchSize: Int
  /// The ranks of the last process; absent for one that trained alone.
  public var ranks: Int?
  /// What decides which weights are the best.
  public var monitor: RunConfiguration.Validation.Monitor
  /// The best value of the monitored metric.
  public var bestMetric: Double?
  /// The step of the best value.
  public var bestStep: Int?
  /// The last evaluation.
  public var lastValidation: Score?
  /// Seconds of all processes of the run, and the speed of the last one.
  public var clock: MetricsLine.Clock
  /// The memory of the last process.
  public var memory: Memory
  /// What the last process ran on; absent in older summaries.
  public var machine: RunMachine?

  /// Memory in bytes.
  public struct Memory: Codable, Sendable, Equatable {
    /// What the weights, the optimizer and batches of the longest sequences take.
    public var planned: Int
    /// The most that the process had in memory, its program and mapped files included.
    public var peak: Int
    /// Whether `peak` was counted from the run's begin; else it is that of the process, which may
    /// have made other runs before.
    public var isOfRun: Bool?
  }

  /// Reads the summary of a run.
  ///
  /// - Throws: ``RunError`` when there is none or it is damaged.
  public init(of folder: RunFolder) throws {
    guard let json = try? readFile(folder.summary) else {
      throw RunError(folder.path, "there is no readable summary.json")
    }
    do {
      self = try JSON.decode(RunSummary.self, from: json)
    } catch {
      throw RunError(folder.summary, "not a summary: \(JSON.explanation(of: error))")
    }
  }

  init(_ run: TrainingRun, status: String, clock: MetricsLine.Clock) {
    let configuration = run.configuration
    self.status = status
    stage = configuration.stage
    preset = configuration.preset
    task = run.task
    data = configuration.data
    dataDigest = configuration.dataDigest ?? ""
    from = configuration.from
    seed = configuration.seed
    parameters = run.network.layout.count
    steps = run.progress.step
    totalSteps = run.totalSteps
    epochs = Double(run.progress.step) / Double(run.stepsPerEpoch)
    batchSize = configuration.batchSize
    ranks = run.ranks.size > 1 ? run.ranks.size : nil
    monitor = configuration.validation.monitor
    bestMetric = run.progress.bestMetric
    bestStep = run.progress.bestStep
    lastValidation = run.progress.lastValidation
    self.clock = clock
    memory = Memory(
      planned: run.plannedMemory,
      peak: ProcessMemory.peak,
      isOfRun: run.countsOwnMemory ? true : nil
    )
    machine = RunMachine(threads: run.pool.threads)
  }

  /// The summary as indented JSON with sorted keys.
  public func encoded() throws -> [UInt8] { try JSON.encode(self, pretty: true) + [10] }
}
