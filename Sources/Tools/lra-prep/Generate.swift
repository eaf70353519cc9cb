internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport

/// `lra-prep generate`: data sets from a seed.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Makes ListOps or Pathfinder data from a seed, as an archive like the release.",
    discussion: """
      Examples:
        lra-prep generate listops --seed 1 --output listops.tar.gz
        lra-prep generate pathfinder --samples 200000 --output pathfinder.tar.gz
      """,
    subcommands: [GenerateListOpsCommand.self, GeneratePathfinderCommand.self]
  )
}

/// The options that all generators share.
struct GenerateOptions: ParsableArguments {
  @Option(help: "The seed, 0 to 2^64 - 1; it alone decides the samples.")
  var seed: UInt64 = 0

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The archive to write; - is standard output.", valueName: "file.tar.gz"),
    completion: .file(extensions: ["gz"])
  )
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Threads that make samples (default: one for each processor).",
      valueName: "count"
    )
  )
  var threads: Int?

  @Flag(help: "Replace an existing output.")
  var force = false

  @OptionGroup var progress: ProgressOptions

  /// The threads to use.
  var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  /// Where bytes may lie for the time: beside the output, or the system's temporary folder.
  var spoolFolder: String {
    guard let output, output != "-" else { return FileManager.default.temporaryDirectory.path }
    return URL(fileURLWithPath: output).deletingLastPathComponent().path
  }

  /// Refuses what cannot be right before any work.
  func check() throws {
    guard let output else { throw ValidationError("Missing expected argument '--output'") }
    if output.isEmpty { throw ValidationError("--output must not be empty") }
    if let threads, threads < 1 || threads > 1024 {
      throw ValidationError("--threads \(threads) is not in 1...1024")
    }
  }

  /// Opens the archive, lets `body` fill it with progress shown, and completes it.
  ///
  /// - Parameters:
  ///   - label: what the progress line is called.
  ///   - total: how many samples.
  ///   - compressionLevel: of gzip, 0...9.
  ///   - body: adds the members; calls its second argument with the samples done so far.
  /// - Throws: ``ToolFailure`` if the output exists, and what the writer and `body` throw.
  func write(
    label: String,
    total: Int,
    compressionLevel: Int = 6,
    _ body: (ArchiveWriter, @escaping (Int) throws -> Void) throws -> Void
  ) throws {
    let path = output ?? "-"
    if path != "-", !force, FileManager.default.fileExists(atPath: path) {
      throw ToolFailure("\(path): the file exists; --force replaces it")
    }
    let reporter = progress.reporter("generate", of: label, unit: "samples", total: total)
    let writer = try ArchiveWriter(path: path, compressionLevel: compressionLevel)
    try body(writer) { reporter.update(done: $0) }
    try writer.finish()
    reporter.finish()
  }
}

/// A failure with its sentence.
struct ToolFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
