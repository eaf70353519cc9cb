internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport

/// `lra-prep receive`: a data set from a stream.
struct ReceiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receive",
    abstract: "Reads a data set from standard input and checks every byte.",
    usage: "lra-prep receive <folder> [<options>]",
    discussion: """
      The stream is that of 'lra-prep send', plain, zstd or gzip. Until all files
      have come and are right, they wait in FOLDER/incoming and the folder is no
      data set. What a broken transfer brought whole is kept: send everything
      again, or leave out what is held.

      Examples:
        lra-prep send data/image | ssh host lra-prep receive data/image
        lra-prep receive data/text < text.tar.zst
        ssh host lra-prep receive d --have > held
        lra-prep send data/image --skip held | ssh host lra-prep receive d
      """
  )

  @Argument(help: "The folder to fill.", completion: .directory)
  var folder: String
  @Flag(help: "Read nothing; print digest and name of every whole file held.")
  var have = false
  @Flag(help: "Replace another data set, and files that are in the way.")
  var force = false
  @Flag(help: "Write one JSON object to standard output when done.")
  var json = false
  @OptionGroup var progress: ProgressOptions

  /// What --json prints.
  private struct Event: Encodable {
    var event = "received"
    var folder: String
    var task: String
    var files: Int
    var bytes: Int
    var held: Int
  }

  func run() throws {
    if have {
      for file in try HeldFile.all(in: folder) { print(file.line) }
      return
    }
    guard isatty(STDIN_FILENO) == 0 else {
      throw ValidationError("standard input is a terminal; pipe 'lra-prep send' into it")
    }
    let receipt = try DataSetReceiver(folder: folder, replacing: force)
      .receiveWithProgress(progress.format)
    let event = Event(
      folder: folder,
      task: receipt.manifest.task,
      files: receipt.files,
      bytes: receipt.byteCount,
      held: receipt.held
    )
    if json { print(try JSONText.line(event)) }
    if progress.showsSummary {
      let held = event.held == 0 ? "" : ", \(event.held) were there already"
      printError("\(folder): \(event.task), \(event.files) files received\(held); all are sound")
    }
  }
}
