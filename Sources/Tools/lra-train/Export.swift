internal import ArgumentParser
internal import Trainer

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a run's weights for other programs.",
    discussion: """
      The best weights, else the last, with the running statistics of batch norm. Names \
      are those of docs/checkpoints.md; the metadata field 'config' holds the run's \
      configuration. Equal weights give equal bytes.

      Examples:
        lra-train export --run b --output b.safetensors
        lra-train export --run runs/b/last.safetensors -o last-weights.safetensors
      """
  )

  /// The formats of exported weights.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case safetensors
  }

  @Option(name: .customLong("run"), help: "The run by folder or name, or a checkpoint file.")
  var runName: String

  @Option(help: "The format of the file.")
  var format: Format = .safetensors

  @Option(name: .shortAndLong, help: "The file to write; an older one is replaced.")
  var output: String

  func run() throws {
    let checkpoint = try Checkpoint(reading: RunFolder.checkpointPath(at: runPath(runName)))
    let count = try ExportedWeights.write(checkpoint, to: output)
    print("weights \(output)")
    print("tensors \(count)")
  }
}
