internal import Trainer

/// The state of a run in words and curves.
struct WatchView {
  private let path: String

  init(_ path: String) { self.path = path }

  /// A few lines about the run with its curves, none longer than `columns`.
  func picture(_ status: RunStatus, columns: Int) -> [String] {
    let configuration = status.configuration
    var lines = [
      "\(path): \(configuration.stage.rawValue) '\(configuration.preset)' on '\(configuration.data)'",
      progress(status, columns: columns),
    ]
    if let last = status.lastStep { lines.append("training    " + numbers(last)) }
    if let last = status.lastValidation {
      lines.append("validation  " + numbers(last) + ", after step \(last.step)")
    }
    let plot = BraillePlot(columns: min(columns - 14, 72), rows: 6)
    for (title, event, value) in Self.curves {
      let curve = plot.lines(status.curve(event, value)) { fixed($0, 4) }
      if !curve.isEmpty { lines += ["", title] + curve }
    }
    if let end = end(status) { lines += ["", end] }
    return lines.map { String($0.prefix(columns)) }
  }

  private static let curves: [(String, String, @Sendable (MetricsLine) -> Double?)] = [
    ("training loss", "step", { $0.loss }), ("validation loss", "validation", { $0.loss }),
    ("validation accuracy", "validation", { $0.accuracy }),
    ("validation R2", "validation", { $0.r2 }),
  ]

  /// "[#####     ] step 120/500, epoch 2, 4321 samples/s, 2 min 05 s left".
  private func progress(_ status: RunStatus, columns: Int) -> String {
    var text = "step \(status.step)"
    if let total = status.totalSteps { text += "/\(total)" }
    if let last = status.lines.last { text += ", epoch \(last.epoch + 1)" }
    if let rate = status.summary?.clock.samplesPerSecond
      ?? status.lastStep?.clock.samplesPerSecond, rate > 0
    {
      text += ", \(fixed(rate, rate < 100 ? 1 : 0)) samples/s"
    }
    if let left = status.secondsLeft { text += ", \(Self.time(left)) left" }
    guard let total = status.totalSteps, total > 0, columns >= text.count + 14 else { return text }
    let filled = min(10, 10 * status.step / total)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 10 - filled)
    return bar + " " + text
  }

  private func numbers(_ line: MetricsLine) -> String {
    let values = [("loss", line.loss), ("accuracy", line.accuracy), ("R2", line.r2)]
    return values.compactMap { name, value in value.map { "\(name) \(fixed($0, 4))" } }
      .joined(separator: ", ")
  }

  /// A line of metrics for those who read no pictures.
  func line(_ line: MetricsLine, _ status: RunStatus) -> String {
    let total = status.totalSteps.map { "/\($0)" } ?? ""
    guard line.event == "step" else {
      return "validation after step \(line.step)\(total): \(numbers(line))"
    }
    let rate = line.clock.samplesPerSecond
    return "step \(line.step)\(total): \(numbers(line))"
      + (rate > 0 ? ", \(fixed(rate, rate < 100 ? 1 : 0)) samples/s" : "")
  }

  /// How the run ended, or nil while it is under way.
  func end(_ status: RunStatus) -> String? {
    guard let summary = status.summary else { return nil }
    let best =
      if let value = summary.bestMetric, let step = summary.bestStep {
        ", best validation \(summary.monitor.rawValue) \(fixed(value, 4)) at step \(step)"
      } else { "" }
    return "\(summary.status) after \(summary.steps) steps in \(Self.time(summary.clock.seconds))"
      + best
  }

  private static func time(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9).rounded())
    if whole >= 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
    return whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
  }
}
