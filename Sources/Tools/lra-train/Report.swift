internal import ArgumentParser
internal import DataKit
internal import ToolSupport
internal import Trainer

struct WriteReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes one page of HTML about a study or about runs.",
    discussion: """
      The page has the comparison with its spread and p values, learning curves, accuracy \
      over data and compute, kernels, masked samples and their reconstructions, data, runs \
      and configurations, each where there is something to show. It needs no network and no \
      scripts. Equal folders give equal bytes.

      Examples:
        lra-train report studies/small -o report.html
        lra-train report runs/a runs/b runs/c -o report.html
      """
  )

  @Argument(help: "The folder of a study, or runs by folder or name.")
  var runs: [String]

  @Option(name: .shortAndLong, help: "The file to write; an older one is replaced.")
  var output: String

  @Flag(help: "Write the result as one JSON object.")
  var json = false

  @Option(help: "Threads to compute with; all cores by default. The result does not change.")
  var threads: Int?

  mutating func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("'--threads' must be 1 to 1024")
    }
  }

  /// What --json prints.
  private struct Result: Encodable {
    var event = "report"
    var output: String
    var runs: Int
    var bytes: Int
  }

  func run() throws {
    try Processor.check()
    let report = try Report(
      of: runs.map(reportPath),
      version: Train.version,
      pool: WorkerPool(threads: threads ?? WorkerPool.availableCores)
    )
    let page = Array(report.html().utf8)
    try AtomicFile.write(page, to: output)
    guard !json else {
      return try printJSON(Result(output: output, runs: report.runCount, bytes: page.count))
    }
    print("report \(output)")
    print("runs \(report.runCount)")
  }

  /// A study's folder as it is; a run as everywhere.
  private func reportPath(_ name: String) -> String {
    RunFolder(runPath(name)).holdsRun ? runPath(name) : name
  }
}
