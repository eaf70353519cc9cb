/// A run as its folder tells of it, finished or not.
struct RunRecord {
  /// The name in the report: that of a study's run, else the folder as it was given.
  let name: String
  /// Where its files are.
  let folder: RunFolder
  /// What it was told to do.
  let configuration: RunConfiguration
  /// `config.json` as it is.
  let configurationText: String
  /// Its lines of metrics.
  let metrics: [MetricsLine]
  /// How it ended; nil while it is under way or when it failed.
  let summary: RunSummary?
  /// The score of its best weights on the test split, where it was measured.
  let test: Metric?
  /// The samples that `test` is of.
  let testSamples: Int?

  /// A number and what it is.
  struct Metric: Equatable {
    var name: String
    var value: Double

    /// The number as tables show it.
    var text: String { MetricScale(name).text(value) + (MetricScale(name).isShare ? " %" : "") }
  }

  /// Reads a run.
  ///
  /// - Throws: ``RunError`` when its configuration cannot be read.
  init(_ name: String, in folder: RunFolder) throws {
    self.name = name
    self.folder = folder
    configuration = try folder.readConfiguration()
    configurationText = String(decoding: try readFile(folder.configuration), as: UTF8.self)
    metrics = folder.readMetrics()
    summary = try? RunSummary(of: folder)
    let score = try? TestScore(of: folder)
    test = score.map { Metric(name: $0.metric.name, value: $0.metric.value) }
    testSamples = score?.samples
  }

  /// The validations, in their order.
  var validations: [MetricsLine] { metrics.filter { $0.event == "validation" } }

  /// Whether the run came to its end.
  var isFinished: Bool { summary?.status == "finished" }

  /// Optimizer steps taken.
  var steps: Int { summary?.steps ?? metrics.last?.step ?? 0 }

  /// Seconds of training.
  var seconds: Double? { summary?.clock.seconds ?? metrics.last?.clock.seconds }

  /// The best validation by what decides which weights are kept.
  var bestValidation: Metric? {
    guard let summary, let best = summary.bestMetric else { return nil }
    return Metric(name: summary.monitor == .accuracy ? "accuracy" : "loss", value: best)
  }

  /// Whether targets are made of the input.
  var isPretraining: Bool { configuration.stage == .pretrain }
}

/// How a metric is written and which way is better.
struct MetricScale {
  /// "accuracy", "R2" or "loss".
  let name: String

  init(_ name: String) { self.name = name }

  /// Whether it is a share, written in percent.
  var isShare: Bool { name == "accuracy" }
  /// 1, or -1 where smaller is better.
  var direction: Double { name == "loss" ? -1 : 1 }
  /// What a value is multiplied with before it is written.
  var factor: Double { isShare ? 100 : 1 }
  /// Digits behind the point.
  var decimals: Int { isShare ? 1 : 3 }
  /// The name with its unit, as on axes.
  var axisLabel: String { isShare ? "accuracy, %" : name }
  /// Behind a difference in a sentence.
  var differenceUnit: String { isShare ? " points" : " " + name }

  /// A value without its unit.
  func text(_ value: Double) -> String { NumberText.fixed(factor * value, decimals) }
  /// A difference with its sign.
  func difference(_ value: Double) -> String { NumberText.signed(factor * value, decimals) }
}
