internal import ArgumentParser
internal import DataKit
internal import FoundationEssentials
internal import ToolSupport

/// `lra-prep mask`: more mask sets for a finished data set.
struct MaskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mask",
    abstract: "Adds mask sets to a finished data set.",
    usage: "lra-prep mask <folder> --mask <mask> ... [<options>]",
    discussion: """
      Examples:
        lra-prep mask data/listops --mask token:0.5:seed=0:variants=4
        lra-prep mask data/image --mask span:0.5:length=32 --mask causal

      A mask set is token:RATIO, span:RATIO:length=N or causal; :seed=N (0) and
      :variants=N (1) may follow. RATIO is the share of masked positions, over 0
      and at most 1; a pretraining takes variant k in epoch k.
      """
  )

  @Argument(help: "The data set's folder.", completion: .directory)
  var folder: String
  @Option(help: "A mask set to add; can be given several times.")
  var mask: [String]
  @Option(
    help: ArgumentHelp("Threads that draw masks; files do not depend on it.", valueName: "count")
  )
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @OptionGroup var progress: ProgressOptions

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads must be 1 to 1024")
    }
    do {
      for text in mask { _ = try MaskSet(parsing: text) }
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    let sets = try mask.map { try MaskSet(parsing: $0) }
    let reporter = progress.reporter("mask", of: folder, unit: "files")
    let manifest = try MaskWriter.add(sets, to: folder, threads: threads) { reporter.update($0) }
    reporter.finish()
    guard progress.showsSummary else { return }
    printError("\(folder): mask sets \(manifest.masks.map(\.name).joined(separator: ", "))")
  }
}
