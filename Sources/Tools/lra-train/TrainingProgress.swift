internal import Glibc
internal import ToolSupport
internal import Trainer

/// The state of a run on standard error: one rewritten line on a terminal, else a line at most
/// every five seconds and one per validation.
final class TrainingProgress {
  private let run: TrainingRun
  private let isQuiet: Bool
  private let keepsValidations: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastWrite: ContinuousClock.Instant?
  private var width = 0

  /// The progress of a run; without `validations` they leave no lines of their own.
  init(_ run: TrainingRun, quiet: Bool, validations: Bool = true) {
    self.run = run
    isQuiet = quiet
    keepsValidations = validations
  }

  /// Shows an event of the run.
  func show(_ event: TrainingRun.Event) {
    guard !isQuiet else { return }
    switch event {
    case .step(let line): rewrite(text(of: line))
    case .evaluating(let done, let count):
      if isTerminal { rewrite("evaluating \(done)/\(count)") }
    case .validation where !keepsValidations: break
    case .validation(let line, let isBest):
      let accuracy =
        line.accuracy.map { ", accuracy \(fixed($0, 4))" }
        ?? line.r2.map { ", R2 \(fixed($0, 4))" } ?? ""
      let loss = line.loss.map { fixed($0, 4) } ?? "not finite"
      keep(
        "validation after step \(line.step): loss \(loss)\(accuracy)\(isBest ? " (best)" : "")"
      )
    case .saved: break
    }
  }

  /// Ends the rewritten line.
  func finish() {
    if width > 0 { writeToStandardError("\n") }
    width = 0
  }

  private func text(of line: MetricsLine) -> String {
    var text = "step \(line.step)/\(run.totalSteps), epoch \(line.epoch + 1)"
    if let loss = line.loss { text += ", loss \(fixed(loss, 4))" }
    if let accuracy = line.accuracy { text += ", accuracy \(fixed(accuracy, 4))" }
    let rate = line.clock.samplesPerSecond
    guard rate > 0 else { return text }
    let seconds = Double(run.totalSteps - line.step) * Double(run.configuration.batchSize) / rate
    return text + ", \(fixed(rate, rate < 100 ? 1 : 0)) samples/s, \(time(seconds)) left"
  }

  private func rewrite(_ text: String) {
    let now = ContinuousClock.now
    let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
    if let lastWrite, now - lastWrite < interval { return }
    lastWrite = now
    guard isTerminal else { return writeToStandardError(text + "\n") }
    let padding = String(repeating: " ", count: max(0, width - text.utf8.count))
    width = text.utf8.count
    writeToStandardError("\r" + text + padding)
  }

  private func keep(_ text: String) {
    guard isTerminal, width > 0 else { return writeToStandardError(text + "\n") }
    let padding = String(repeating: " ", count: max(0, width - text.utf8.count))
    width = 0
    writeToStandardError("\r" + text + padding + "\n")
  }

  private func time(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded())
    if whole >= 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
    return whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
  }
}
