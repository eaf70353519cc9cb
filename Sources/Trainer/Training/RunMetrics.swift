extension RunFolder {
  /// The lines of `metrics.jsonl` in their order; none while there is no file.
  ///
  /// What is not a line of metrics is passed over: a run that is under way may have written its last
  /// line only in part.
  public func readMetrics() -> [MetricsLine] {
    guard let bytes = try? readFile(metrics) else { return [] }
    return MetricsLine.lines(in: bytes)
  }
}

extension MetricsLine {
  /// The lines of metrics in a text.
  static func lines(in bytes: [UInt8]) -> [MetricsLine] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      try? JSON.decode(MetricsLine.self, from: Array(line))
    }
  }
}
