extension RunFolder {
  /// The lines of `metrics.jsonl` in their order; none while there is no file.
  ///
  /// What is not a line of metrics is passed over: a run that is under way may have written its last
  /// line only in part.
  public func readMetrics() -> [MetricsLine] {
    guard let bytes = try? readFile(metrics) else { return [] }
    return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      try? JSON.decode(MetricsLine.self, from: Array(line))
    }
  }

  /// `metrics.jsonl` as comma-separated values (RFC 4180, lines ended by a line feed): a header, then a
  /// row for each line; what a line does not have is empty.
  ///
  /// - Throws: ``RunError`` when there is no run or it has no metrics yet.
  public func metricsTable() throws -> String {
    _ = try readConfiguration()
    let lines = readMetrics()
    guard !lines.isEmpty else { throw RunError(path, "the run has no metrics yet") }
    return ([MetricsLine.columns] + lines.map(\.cells)).map { $0.joined(separator: ",") + "\n" }
      .joined()
  }
}

extension MetricsLine {
  /// The names of ``cells``.
  fileprivate static let columns = [
    "event", "step", "epoch", "loss", "accuracy", "r2", "learning_rate", "gradient_norm", "targets",
    "seconds", "samples_per_second",
  ]

  /// The line as text, numbers with all their digits; no value needs quotes.
  fileprivate var cells: [String] {
    func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    return [
      event, "\(step)", "\(epoch)", text(loss), text(accuracy), text(r2), text(learningRate),
      text(gradientNorm), "\(targets)", text(clock.seconds), text(clock.samplesPerSecond),
    ]
  }
}
