internal import DataKit

/// Where a run stands, as its folder says: for those who watch it from another process.
public struct RunStatus: Sendable {
  /// What the run was told to do.
  public let configuration: RunConfiguration
  /// Its lines of metrics so far.
  public let lines: [MetricsLine]
  /// How it ended; nil while it is under way.
  public let summary: RunSummary?
  /// The optimizer steps of the whole run; nil when its data set cannot be asked.
  public let totalSteps: Int?

  /// Reads the folder of a run.
  ///
  /// - Throws: ``RunError`` when there is no run in it.
  public init(of folder: RunFolder) throws {
    configuration = try folder.readConfiguration()
    summary = try? RunSummary(of: folder)
    lines = folder.readMetrics()
    totalSteps = summary?.totalSteps ?? Self.totalSteps(of: configuration, in: folder)
  }

  /// The limit in steps, and that in epochs where the data set can be counted.
  private static func totalSteps(
    of configuration: RunConfiguration,
    in folder: RunFolder
  ) -> Int? {
    guard configuration.epochs != nil else { return configuration.steps }
    guard let dataSet = try? RunData(of: configuration, at: folder.path).open(),
      let samples = dataSet.manifest.splits[Split.train.rawValue]?.samples
    else { return nil }
    return try? configuration.totalSteps(
      samples: min(samples, configuration.trainingSamples ?? samples)
    )
  }

  /// Optimizer steps taken.
  public var step: Int { summary?.steps ?? lines.last?.step ?? 0 }

  /// The last line about training.
  public var lastStep: MetricsLine? { lines.last { $0.event == "step" } }

  /// The last line about the validation split.
  public var lastValidation: MetricsLine? { lines.last { $0.event == "validation" } }

  /// The time left at the last speed, in seconds; nil when nothing tells, and at the end.
  public var secondsLeft: Double? {
    guard summary == nil, let totalSteps, let line = lastStep, line.clock.samplesPerSecond > 0
    else {
      return nil
    }
    return Double((totalSteps - step) * configuration.batchSize) / line.clock.samplesPerSecond
  }

  /// A number over steps, from the lines of an event that have it.
  public func curve(
    _ event: String,
    _ value: (MetricsLine) -> Double?
  ) -> [(step: Double, value: Double)] {
    lines.compactMap { line in
      guard line.event == event, let number = value(line), number.isFinite else { return nil }
      return (Double(line.step), number)
    }
  }
}
