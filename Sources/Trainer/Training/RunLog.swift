internal import DataKit

/// A line of `metrics.jsonl`.
///
/// Everything but `clock` is repeated bit for bit by a resumed run.
public struct MetricsLine: Codable, Sendable, Equatable {
  /// What depends on the machine.
  public struct Clock: Codable, Sendable, Equatable {
    /// Seconds since the run began, pauses not counted.
    public var seconds: Double
    public var samplesPerSecond: Double
  }

  /// "step" or "validation".
  public var event: String
  public var step: Int
  public var epoch: Int
  /// The mean since the line before, or over the validation split; nil without a target.
  public var loss: Double?
  public var accuracy: Double?
  public var learningRate: Double?
  /// Before clipping, at this step.
  public var gradientNorm: Double?
  /// The targets that the loss is a mean of.
  public var targets: Int
  public var clock: Clock
}

/// The metrics of a run: JSON lines and a TensorBoard event file.
final class RunLog {
  private let lines: AppendedFile
  private let events: EventFile

  /// Opens the log; lines after `step` are removed first, as those steps are done again.
  init(_ folder: RunFolder, keepingUpTo step: Int) throws {
    if let bytes = try? readFile(folder.metrics) {
      let kept = bytes.split(separator: UInt8(ascii: "\n")).filter { line in
        (try? JSON.decode(MetricsLine.self, from: Array(line))).map { $0.step <= step } ?? false
      }
      try AtomicFile.write(kept.flatMap { $0 + [UInt8(ascii: "\n")] }, to: folder.metrics)
    }
    lines = try AppendedFile(path: folder.metrics)
    events = try EventFile(folder: folder.path)
  }

  func append(_ line: MetricsLine) throws {
    try lines.append(JSON.encode(line) + [UInt8(ascii: "\n")])
    let prefix = line.event == "step" ? "train/" : "validation/"
    let scalars: [(String, Double?)] = [
      ("loss", line.loss), ("accuracy", line.accuracy), ("learning_rate", line.learningRate),
      ("gradient_norm", line.gradientNorm),
      ("samples_per_second", line.event == "step" ? line.clock.samplesPerSecond : nil),
    ]
    try events.append(
      step: line.step,
      scalars.compactMap { tag, value in value.map { (prefix + tag, $0) } }
    )
  }
}

/// How a run ended, `summary.json`.
public struct RunSummary: Codable, Sendable, Equatable {
  /// "finished" or "interrupted".
  public var status: String
  public var stage: RunConfiguration.Stage
  public var preset: String
  public var task: String
  public var data: String
  public var dataDigest: String
  public var from: String?
  public var seed: UInt64
  public var parameters: Int
  public var steps: Int
  public var totalSteps: Int
  /// Passes over the training split, the last one possibly in part.
  public var epochs: Double
  public var batchSize: Int
  public var monitor: RunConfiguration.Validation.Monitor
  public var bestMetric: Double?
  public var bestStep: Int?
  public var lastValidation: Score?
  public var clock: MetricsLine.Clock

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
    monitor = configuration.validation.monitor
    bestMetric = run.progress.bestMetric
    bestStep = run.progress.bestStep
    lastValidation = run.progress.lastValidation
    self.clock = clock
  }

  /// The summary as indented JSON with sorted keys.
  public func encoded() throws -> [UInt8] { try JSON.encode(self, pretty: true) + [10] }
}
