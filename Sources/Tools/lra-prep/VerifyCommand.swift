internal import ArgumentParser
internal import DataKit
internal import ToolSupport

/// `lra-prep verify`: every checksum.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks every checksum of a data set and names damaged samples.",
    discussion: """
      Example:
        lra-prep verify data/listops

      Exits 0 when everything is sound, 1 otherwise.
      """
  )

  @Argument(help: "The folders of one or more data sets.")
  var folders: [String]
  @Flag(name: .shortAndLong, help: "No progress.")
  var quiet = false

  func validate() throws {
    guard !folders.isEmpty else { throw ValidationError("name at least one data set") }
  }

  func run() throws {
    var isSound = true
    for folder in folders {
      let progress = ProgressReporter(
        label: "verify \(folder)",
        total: nil,
        unit: "files",
        quiet: quiet
      )
      let result = try Verification(folder: folder).run { done, _ in
        progress.update(completed: done)
      }
      progress.finish()
      guard result.faults.isEmpty else {
        isSound = false
        for fault in result.faults { printError("error: \(fault)") }
        continue
      }
      print("\(folder): \(result.files) files are sound")
    }
    if !isSound { throw ExitCode(ExitStatus.failure) }
  }
}
