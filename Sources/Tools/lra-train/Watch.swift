internal import ArgumentParser
internal import Glibc
internal import ToolSupport
internal import Trainer

struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Follows a run: where it stands, its curves, and the time left.",
    discussion: """
      On a terminal the picture is redrawn as the run goes on; elsewhere a plain line is \
      written for every new line of metrics. Ends when the run does. Ctrl-C ends the \
      watching, not the run, and exits 130.

      Examples:
        lra-train watch a
        lra-train watch runs/a --once
      """
  )

  @Argument(help: ArgumentHelp("The run by folder or name.", valueName: "run"))
  var runName: String

  @Flag(help: "Show where the run stands now, and end.")
  var once = false

  @Option(help: ArgumentHelp("Seconds between two looks at the run.", valueName: "seconds"))
  var interval = 1.0

  mutating func validate() throws {
    guard (0.05...3600).contains(interval) else {
      throw ValidationError("'--interval' must be 0.05 to 3600")
    }
  }

  func run() throws {
    let folder = RunFolder(runPath(runName))
    var status = try RunStatus(of: folder)
    let view = WatchView(folder.path)
    let isTerminal = isatty(STDOUT_FILENO) == 1
    guard !once else {
      return print(view.picture(status, columns: outputColumns()).joined(separator: "\n"))
    }
    Interrupts.install()
    var shown = 0
    while true {
      if isTerminal {
        shown = redraw(view.picture(status, columns: outputColumns()), over: shown)
      } else {
        // A run that was started again has fewer lines than were shown.
        for line in status.lines.dropFirst(min(shown, status.lines.count)) {
          print(view.line(line, status))
        }
        shown = status.lines.count
      }
      fflush(nil)
      if status.summary != nil { break }
      try pause()
      status = try RunStatus(of: folder)
    }
    if !isTerminal, let end = view.end(status) { print(end) }
  }

  /// Writes the lines in the place of those before and says how many there are.
  private func redraw(_ lines: [String], over count: Int) -> Int {
    let back = count > 0 ? "\u{1B}[\(count)F\u{1B}[J" : ""
    print(back + lines.joined(separator: "\n"))
    return lines.count
  }

  /// Waits for the next look, and ends at once when an interrupt comes.
  private func pause() throws {
    let step = 0.05
    for _ in 0..<max(1, Int((interval / step).rounded())) {
      if Interrupts.wasRequested { throw ExitCode(ExitStatus.interrupted) }
      usleep(UInt32(step * 1e6))
    }
  }
}
