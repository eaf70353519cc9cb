public import ArgumentParser
internal import Glibc

extension ParsableCommand {
  /// Parses the command line, runs the command and ends the process.
  ///
  /// Wrong usage, help and other exit codes are the argument parser's; any other error is written to
  /// standard error as one sentence behind "error: ", and the process exits with 1.
  public static func runTool() -> Never {
    prepareProcess()
    var command: any ParsableCommand
    do {
      command = try parseAsRoot()
    } catch {
      exit(withError: error)
    }
    do {
      try command.run()
      guard fflush(nil) == 0 else {
        writeToStandardError("error: standard output: cannot write all of it\n")
        Glibc.exit(ExitStatus.failure)
      }
      exit()
    } catch let error where error is ExitCode || exitCode(for: error) != .failure {
      exit(withError: error)
    } catch {
      writeToStandardError("error: \(error)\n")
      Glibc.exit(ExitStatus.failure)
    }
  }
}

/// Fills standard streams that were closed, so that no file of ours takes their numbers and gets
/// messages written into it, and turns a file size limit into an error of `write`.
private func prepareProcess() {
  for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
    _ = open("/dev/null", O_RDWR)
  }
  signal(SIGXFSZ, SIG_IGN)
}

/// Writes text to standard error in one piece.
public func writeToStandardError(_ text: String) {
  var text = text
  text.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
}
