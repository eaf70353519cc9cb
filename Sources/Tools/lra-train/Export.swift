internal import ArgumentParser
internal import DataKit
internal import Trainer

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a run's weights or its metrics for other programs.",
    discussion: """
      The best weights, else the last, with the running statistics of batch norm. Names \
      are those of docs/checkpoints.md; the metadata field 'config' holds the run's \
      configuration. Equal weights give equal bytes. With '--format csv', the metrics of a \
      run as a table: a row for each line of metrics.jsonl.

      Examples:
        lra-train export --run b --output b.safetensors
        lra-train export --run runs/b/last.safetensors -o last-weights.safetensors
        lra-train export --run b --format csv -o metrics.csv
      """
  )

  /// What is exported: weights, or metrics.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case safetensors
    case csv
  }

  @Option(name: .customLong("run"), help: "The run by folder or name, or a checkpoint file.")
  var runName: String

  @Option(help: "The format of the file.")
  var format: Format = .safetensors

  @Option(name: .shortAndLong, help: "The file to write; an older one is replaced.")
  var output: String

  func run() throws {
    guard format == .safetensors else { return try exportMetrics() }
    let checkpoint = try Checkpoint(reading: RunFolder.checkpointPath(at: runPath(runName)))
    let count = try ExportedWeights.write(checkpoint, to: output)
    print("weights \(output)")
    print("tensors \(count)")
  }

  private func exportMetrics() throws {
    let table = try RunFolder(runPath(runName)).metricsTable()
    try AtomicFile.write(Array(table.utf8), to: output)
    print("metrics \(output)")
    print("lines \(table.split(separator: "\n").count - 1)")
  }
}
