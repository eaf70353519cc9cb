internal import ArgumentParser
internal import DataKit
internal import FoundationEssentials
internal import ToolSupport

/// `lra-prep mask`: more mask sets for a finished data set.
struct MaskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mask",
    abstract: "Adds mask sets to a finished data set.",
    discussion: """
      Examples:
        lra-prep mask data/listops --mask token:0.5:seed=0:variants=4
        lra-prep mask data/image --mask span:0.5:length=32 --mask causal
      """
  )

  @Argument(help: "The data set's folder.", completion: .directory)
  var folder: String
  @Option(help: "token:RATIO, span:RATIO:length=N or causal, with :seed=N and :variants=N.")
  var mask: [String]
  @Option(help: "Threads that draw masks.")
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
