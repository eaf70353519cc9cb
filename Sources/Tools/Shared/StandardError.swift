/// Writes a line to standard error.
public func printError(_ line: String) { writeToStandardError(line + "\n") }
