public import ArgumentParser
internal import Glibc

extension ParsableCommand {
  /// Parses the command line, runs the command and ends the process.
  ///
  /// Wrong usage, help and other exit codes are the argument parser's; any other error is written to
  /// standard error as one sentence behind "error: ", and the process exits with 1.
  public static func runTool() -> Never {
    var command: any ParsableCommand
    do {
      command = try parseAsRoot()
    } catch {
      exit(withError: error)
    }
    do {
      try command.run()
      exit()
    } catch let error where error is ExitCode || exitCode(for: error) != .failure {
      exit(withError: error)
    } catch {
      writeToStandardError("error: \(error)\n")
      Glibc.exit(ExitStatus.failure)
    }
  }
}

/// Writes text to standard error in one piece.
public func writeToStandardError(_ text: String) {
  var text = text
  text.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
}
