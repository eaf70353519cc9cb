internal import ArgumentParser
internal import DataKit
internal import ToolSupport
internal import Trainer

struct Kernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows how far the convolution kernels of a state-space run reach.",
    discussion: """
      For every layer, direction and shift, the largest |K| over the channels (section 3.6 of \
      the paper): of the run's best weights, and of the weights that its configuration and seed \
      begin with. Layers count from 1; a shift is a distance in positions. For S4, S4D, DSS, DLR \
      and Mega's moving average.

      Examples:
        lra-train kernels --run a > kernels.tsv
        lra-train kernels --run tuned --from pretrained --plot kernels.svg
        lra-train kernels --run runs/a/last.safetensors --length 1024 --json
      """
  )

  @Option(name: .customLong("run"), help: "The run by folder or name, or a checkpoint file.")
  var runName: String

  @Option(help: "Compare with this run or checkpoint instead of the initial weights.")
  var from: String?

  @Option(
    help: "The positions of a sequence; by default those of the longest in the run's data set."
  )
  var length: Int?

  @Option(help: ArgumentHelp("Draw the kernels into an SVG file as well.", valueName: "file"))
  var plot: String?

  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if let length, !(1...1 << 24).contains(length) {
      throw ValidationError("'--length' must be 1 to 2^24")
    }
  }

  /// What --json prints.
  private struct Result: Encodable {
    struct Kernel: Encodable {
      var layer: Int
      var direction: KernelMagnitude.Direction
      var firstShift: Int
      var trained: [Float]
      var reference: [Float]
    }

    var event = "kernels"
    var checkpoint: String
    var step: Int
    /// The other checkpoint; "initial" for the weights that training begins with.
    var reference: String
    var length: Int
    var kernels: [Kernel]
  }

  func run() throws {
    try Processor.check()
    let checkpoint = try Checkpoint(reading: RunFolder.checkpointPath(at: runPath(runName)))
    let other = try from.map { try Checkpoint(reading: RunFolder.checkpointPath(at: runPath($0))) }
    let comparison = try KernelComparison(
      of: checkpoint,
      against: other,
      length: length,
      pool: output.pool
    )
    if comparison.isDataMissing {
      output.note(
        "note: the run's data set was not found; the kernels are for \(comparison.length) positions, the "
          + "most that its network is made for (--length sets others)"
      )
    }
    if let plot {
      let drawing = KernelDrawing(comparison, referenceName: other == nil ? "initial" : "other")
      let title = "Kernels of \(checkpoint.path), step \(checkpoint.progress.step)"
      try AtomicFile.write(Array(drawing.svg(title: title).utf8), to: plot)
      output.note("plot: \(plot)")
    }
    try show(comparison, checkpoint, other)
  }

  private func show(
    _ comparison: KernelComparison,
    _ checkpoint: Checkpoint,
    _ other: Checkpoint?
  ) throws {
    let pairs = zip(comparison.trained, comparison.reference)
    guard !output.json else {
      return try printJSON(
        Result(
          checkpoint: checkpoint.path,
          step: checkpoint.progress.step,
          reference: other?.path ?? "initial",
          length: comparison.length,
          kernels: pairs.map { trained, reference in
            Result.Kernel(
              layer: trained.layer + 1,
              direction: trained.direction,
              firstShift: trained.firstShift,
              trained: trained.values,
              reference: reference.values
            )
          }
        )
      )
    }
    print("layer\tdirection\tshift\ttrained\t\(other == nil ? "initial" : "other")")
    for (trained, reference) in pairs {
      for (index, values) in zip(trained.values, reference.values).enumerated() {
        print(
          "\(trained.layer + 1)\t\(trained.direction.rawValue)\t\(trained.firstShift + index)\t"
            + "\(values.0)\t\(values.1)"
        )
      }
    }
  }
}
