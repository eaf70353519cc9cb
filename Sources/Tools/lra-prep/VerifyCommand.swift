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

  @Argument(help: "The folders of one or more data sets.", completion: .directory)
  var folders: [String]
  @OptionGroup var progress: ProgressOptions

  func validate() throws {
    guard !folders.isEmpty else { throw ValidationError("name at least one data set") }
  }

  func run() throws {
    var isSound = true
    for folder in folders {
      let reporter = progress.reporter("verify", of: folder, unit: "files")
      let result = try Verification(folder: folder).run { reporter.update($0) }
      reporter.finish()
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
