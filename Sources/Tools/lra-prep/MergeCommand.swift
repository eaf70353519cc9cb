internal import ArgumentParser
internal import DataKit
internal import ToolSupport

/// `lra-prep merge`: the parts of a build become one data set.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Joins the parts of a build into the data set that one process would have written.",
    usage: "lra-prep merge <folder> ... --output <folder> [<options>]",
    discussion: """
      Examples:
        lra-prep merge part0 part1 part2 part3 --output data/pathx
        lra-prep merge data/pathx --output data/pathx     # all parts in one folder

      Every file is checked against its part's record. Parts in other folders are
      copied and stay as they are.
      """
  )

  @Argument(help: "The folders that hold the parts.", completion: .directory)
  var folders: [String]
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The data set's folder.", valueName: "folder"),
    completion: .directory
  )
  var output: String
  @Flag(help: "Replace a finished data set.")
  var force = false
  @OptionGroup var progress: ProgressOptions

  func validate() throws {
    guard !folders.isEmpty, !output.isEmpty else { throw ValidationError("name the folders") }
  }

  func run() throws {
    let merge = try PartMerge(folders, into: output, replacesExisting: force)
    let reporter = progress.reporter("merge", of: output, unit: "files")
    let manifest = try merge.run { reporter.update($0) }
    reporter.finish()
    if progress.showsSummary {
      printError("\(manifest.task): \(manifest.files.count) files -> \(output)")
    }
  }
}
