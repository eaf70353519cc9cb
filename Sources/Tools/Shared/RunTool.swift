public import ArgumentParser
internal import Glibc

/// Runs a command line: wrong usage exits as the argument parser says, any other error is written
/// once to standard error and exits 1.
public func runTool<Command: ParsableCommand>(_ type: Command.Type) {
  let command: any ParsableCommand
  do {
    command = try Command.parseAsRoot()
  } catch {
    Command.exit(withError: error)
  }
  do {
    var command = command
    try command.run()
  } catch let code as ExitCode {
    exit(code.rawValue)
  } catch let error as CleanExit {
    Command.exit(withError: error)
  } catch let error as ValidationError {
    Command.exit(withError: error)
  } catch {
    let text = "\(error)"
    if text.hasPrefix("HelpRequested") || text.hasPrefix("helpRequested") {
      Command.exit(withError: error)
    }
    printError("error: \(text)")
    exit(ExitStatus.failure)
  }
}

/// Writes a line to standard error.
public func printError(_ text: String) {
  var line = text + "\n"
  line.withUTF8 { bytes in
    var rest = UnsafeRawBufferPointer(bytes)
    while !rest.isEmpty {
      let written = write(STDERR_FILENO, rest.baseAddress, rest.count)
      guard written > 0 else { return }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }
}
