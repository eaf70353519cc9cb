internal import Glibc
internal import Synchronization

/// A progress line on standard error: count, rate and time left.
///
/// On a terminal one line is rewritten, at most ten times a second; otherwise a plain line is
/// written at most every few seconds. Nothing is written when quiet. Safe to call from any thread.
public final class ProgressReporter: Sendable {
  private struct State {
    var completed = 0
    var secondary = 0.0
    var lastReport: ContinuousClock.Instant?
    var lastWidth = 0
    var finished = false
  }

  private let label: String
  private let total: Int?
  private let unit: String
  private let secondaryUnit: String?
  private let quiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  /// A reporter that has not reported yet.
  ///
  /// - Parameters:
  ///   - label: what is done, in front of the line: "generate".
  ///   - total: the number of units to come, or nil if unknown; gives the time left.
  ///   - unit: the name of what is counted, in the plural: "samples".
  ///   - secondaryRate: the name of a second quantity whose rate is shown too: "MB".
  ///   - quiet: whether to write nothing at all.
  public init(
    label: String,
    total: Int?,
    unit: String,
    secondaryRate: String? = nil,
    quiet: Bool = false
  ) {
    self.label = label
    self.total = total
    self.unit = unit
    secondaryUnit = secondaryRate
    self.quiet = quiet
  }

  /// Notes the number of units done so far, and the second quantity; may write a line.
  public func update(completed: Int, secondary: Double = 0) {
    guard !quiet else { return }
    state.withLock { state in
      guard !state.finished else { return }
      state.completed = max(state.completed, completed)
      state.secondary = max(state.secondary, secondary)
      let now = ContinuousClock.now
      let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
      guard now - (state.lastReport ?? start) >= interval else { return }
      state.lastReport = now
      write(&state, at: now, isLast: false)
    }
  }

  /// Writes the last line, with the mean rate over the whole time; later calls do nothing.
  public func finish() {
    guard !quiet else { return }
    state.withLock { state in
      guard !state.finished else { return }
      state.finished = true
      write(&state, at: .now, isLast: true)
    }
  }

  private func write(_ state: inout State, at now: ContinuousClock.Instant, isLast: Bool) {
    let seconds = max((now - start) / .seconds(1), 1e-9)
    let rate = Double(state.completed) / seconds
    var line = "\(label): \(state.completed)"
    if let total { line += "/\(total)" }
    line += " \(unit), \(Self.rounded(rate)) \(unit)/s"
    if let secondaryUnit {
      line += ", \(Self.rounded(state.secondary / seconds)) \(secondaryUnit)/s"
    }
    if isLast {
      line += ", took \(Self.time(seconds))"
    } else if let total, rate > 0 {
      line += ", \(Self.time(Double(total - state.completed) / rate)) left"
    }
    let padding = String(repeating: " ", count: max(0, state.lastWidth - line.utf8.count))
    state.lastWidth = line.utf8.count
    var text = isTerminal ? "\r" + line + padding + (isLast ? "\n" : "") : line + "\n"
    text.withUTF8 { bytes in _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
  }

  /// A rate: whole from 100 on, one decimal below.
  private static func rounded(_ value: Double) -> String {
    if value >= 100 { return String(Int(value.rounded())) }
    return String((value * 10).rounded() / 10)
  }

  /// A time as "1 h 02 min", "3 min 04 s" or "5 s".
  private static func time(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9).rounded())
    func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
    if whole >= 3600 { return "\(whole / 3600) h \(padded(whole % 3600 / 60)) min" }
    if whole >= 60 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    return "\(whole) s"
  }
}
