internal import Glibc
internal import Synchronization

/// Reports one stage of a command on standard error: how much is done, how fast, and the time left.
///
/// As text, one line is rewritten on a terminal, at most ten times a second, and a plain line is
/// written elsewhere at most every five seconds. As JSON, a line is written when the stage begins,
/// at most once a second, and when it ends. Safe to call from any thread.
public final class ProgressReporter: Sendable {
  private struct State {
    var report: ProgressReport
    var lastWrite: ContinuousClock.Instant
    var lastWidth = 0
    var isFinished = false
  }

  private let format: ProgressFormat
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start: ContinuousClock.Instant
  private let state: Mutex<State>

  /// A reporter of a stage that begins now.
  ///
  /// - Parameters:
  ///   - stage: what is done, one word: "write".
  ///   - subject: what it is done to, such as a task or a folder.
  ///   - unit: the name of what is counted, in the plural: "samples"; nil when only bytes are.
  ///   - total: how many there will be, or nil if unknown.
  ///   - totalBytes: how many bytes there will be, or nil if unknown. The time left follows from
  ///     it where `total` is unknown.
  ///   - format: how to report.
  public init(
    stage: String,
    subject: String? = nil,
    unit: String? = nil,
    total: Int? = nil,
    totalBytes: Int? = nil,
    format: ProgressFormat = .text
  ) {
    self.format = format
    start = .now
    let report = ProgressReport(
      stage: stage,
      subject: subject,
      unit: unit,
      total: total,
      totalBytes: totalBytes
    )
    state = Mutex(State(report: report, lastWrite: start))
    if format == .json { writeToStandardError(report.json + "\n") }
  }

  /// Notes how much is done so far, and may write a line; nil leaves what is known.
  public func update(
    done: Int? = nil,
    of total: Int? = nil,
    bytes: Int? = nil,
    ofBytes totalBytes: Int? = nil
  ) {
    guard format != .none else { return }
    state.withLock { state in
      guard !state.isFinished else { return }
      if let done { state.report.done = max(state.report.done, done) }
      state.report.total = total ?? state.report.total
      state.report.totalBytes = totalBytes ?? state.report.totalBytes
      if let bytes { state.report.bytes = max(state.report.bytes ?? 0, bytes) }
      let now = ContinuousClock.now
      guard now - state.lastWrite >= interval else { return }
      state.lastWrite = now
      write(&state, at: now)
    }
  }

  /// Writes the last line, with the mean rate over the whole time; later calls do nothing.
  public func finish() {
    guard format != .none else { return }
    state.withLock { state in
      guard !state.isFinished else { return }
      state.isFinished = true
      state.report.isFinished = true
      write(&state, at: .now)
    }
  }

  private var interval: Duration {
    if format == .json { return .seconds(1) }
    return isTerminal ? .milliseconds(100) : .seconds(5)
  }

  private func write(_ state: inout State, at now: ContinuousClock.Instant) {
    state.report.seconds = (now - start) / .seconds(1)
    guard format == .text else { return writeToStandardError(state.report.json + "\n") }
    let line = state.report.text
    guard isTerminal else { return writeToStandardError(line + "\n") }
    let padding = String(repeating: " ", count: max(0, state.lastWidth - line.utf8.count))
    state.lastWidth = line.utf8.count
    writeToStandardError("\r" + line + padding + (state.isFinished ? "\n" : ""))
  }
}
