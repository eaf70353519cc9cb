internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport

/// `lra-prep send`: a data set as one stream.
struct SendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Writes a data set to standard output as one tar stream.",
    usage: "lra-prep send <folder> [<options>]",
    discussion: """
      Every file is checked while it is read; a damaged one breaks the stream
      off. 'tar x' opens the stream too.

      Examples:
        lra-prep send data/image | ssh host lra-prep receive data/image
        lra-prep send data/text --zstd > text.tar.zst
        lra-prep send data/text | zstd -T0 -9 | ssh host lra-prep receive text
        lra-prep send data/image | tee >(ssh a lra-prep receive d) \\
          | ssh b lra-prep receive d

      After a broken transfer only the rest:
        ssh host lra-prep receive d --have > held
        lra-prep send data/image --skip held | ssh host lra-prep receive d
      """
  )

  @Argument(help: "The data set's folder.", completion: .directory)
  var folder: String
  @Option(
    help: ArgumentHelp(
      "Leave out the files that 'receive --have' printed into this file; - reads standard input.",
      valueName: "file"
    ),
    completion: .file()
  )
  var skip: String?
  @Flag(help: "Compress the stream with zstd; the receiver notices by itself.")
  var zstd = false
  @Flag(help: "Write one JSON object when done, to standard error.")
  var json = false
  @OptionGroup var progress: ProgressOptions

  /// What --json prints.
  private struct Event: Encodable {
    var event = "sent"
    var folder: String
    var files: Int
    var bytes: Int
    var skipped: Int
  }

  func run() throws {
    guard isatty(STDOUT_FILENO) == 0 else {
      throw ValidationError("a data set is not written to a terminal; pipe it into something")
    }
    // A receiver that goes away is an error with a sentence, not a silent end.
    signal(SIGPIPE, SIG_IGN)
    let sender = try DataSetSender(folder: folder, skipping: try held())
    let reporter = progress.reporter("send", of: folder, totalBytes: sender.byteCount)
    let stream = try DataSetStream(compression: zstd ? .zstd : .none)
    try sender.send(to: stream) { reporter.update(bytes: $0) }
    reporter.finish()
    let event = Event(
      folder: folder,
      files: sender.files.count,
      bytes: sender.byteCount,
      skipped: sender.skipped.count
    )
    if json {
      printError(try JSONText.line(event))
    } else if progress.showsSummary {
      let left = event.skipped == 0 ? "" : ", \(event.skipped) left out"
      printError("\(folder): \(event.files) files sent, \(event.bytes) bytes\(left)")
    }
  }

  private func held() throws -> [HeldFile] {
    guard let skip else { return [] }
    let file = skip == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: skip)
    guard let file else { throw ToolFailure("\(skip): cannot read the file") }
    let data = try file.readToEnd() ?? Data()
    return try HeldFile.parse(
      String(decoding: data, as: UTF8.self),
      path: skip == "-" ? "standard input" : skip
    )
  }
}
