internal import Foundation

/// A built program of this package, run as a user would.
public struct Program: Sendable {
  /// What a run of a program left.
  public struct Result: Sendable {
    /// The exit code.
    public var exitCode: Int32
    /// What it wrote to standard output.
    public var output: String
    /// What it wrote to standard error.
    public var errors: String
  }

  /// Where the program is.
  public let path: String

  /// The program at a path.
  public init(path: String) { self.path = path }

  /// The program of that name, beside the tests.
  public init(_ name: String) {
    path =
      Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }?
      .deletingLastPathComponent().appendingPathComponent(name).path
      ?? Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent(name).path
      ?? name
  }

  /// Runs a line in bash, where `prep` and `train` are the programs.
  ///
  /// - Parameters:
  ///   - line: one or more commands; a pipeline fails with any of its programs.
  ///   - folder: the working folder.
  /// - Returns: exit code and texts.
  /// - Throws: what starting a process throws.
  public static func shell(_ line: String, in folder: String) throws -> Result {
    let programs = ["prep": "lra-prep", "train": "lra-train"].map { name, program in
      "\(name)() { '\(Program(program).path)' \"$@\"; }; "
    }
    let setUp = "set -o pipefail; " + programs.joined()
    return try Program(path: "/bin/bash").run(["-c", setUp + line], in: folder)
  }

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: what follows the program's name.
  ///   - folder: the working folder.
  ///   - environment: variables set beside those of the tests.
  ///   - interrupt: asked with what was written to standard error so far; the program gets SIGTERM
  ///     once it says yes.
  /// - Returns: exit code and texts.
  /// - Throws: what starting a process throws.
  public func run(
    _ arguments: [String],
    in folder: String,
    environment: [String: String] = [:],
    interruptWhen interrupt: ((String) -> Bool)? = nil
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, errors) = (folder + "/.stdout", folder + "/.stderr")
    for file in [output, errors] {
      guard FileManager.default.createFile(atPath: file, contents: nil) else {
        throw CocoaError(.fileWriteUnknown)
      }
    }
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    if let interrupt {
      while process.isRunning, !interrupt(text(errors)) { Thread.sleep(forTimeInterval: 0.005) }
      if process.isRunning { process.terminate() }
    }
    process.waitUntilExit()
    return Result(
      exitCode: process.terminationStatus,
      output: text(output),
      errors: text(errors)
    )
  }

  private func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }
}
