internal import ArgumentParser
internal import DataKit
internal import ToolSupport

/// `lra-prep generate pathfinder`.
struct GeneratePathfinderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pathfinder",
    abstract: "Makes Pathfinder images.",
    discussion: """
      Writes PNG images and text metadata in the layout of the Long Range Arena
      release. The same seed gives the same images for any number of threads and
      samples.

      Examples:
        lra-prep generate pathfinder --samples 200000 --output path32.tar.gz
        lra-prep generate pathfinder --resolution 128 --samples 1000 --output - \\
          | tar -t -z
        lra-prep generate pathfinder --resolution 64 --contour-length 6 \\
          --samples 100 --output easy.tar.gz

      --parameters reads a JSON object with every parameter; --print-parameters
      writes one to start from.
      """
  )

  @Option(help: "How many images.")
  var samples = 200_000

  @Option(help: "Width and height in pixels: 32, 64, 128, 256 or 512.")
  var resolution = 32

  @Option(help: "Paddles of a target snake: 14 is hard, 9 intermediate, 6 easy.")
  var contourLength = 14

  @Option(help: "Images in a folder.")
  var batchSize = 1000

  @Option(help: ArgumentHelp("A JSON file with all parameters of the images.", valueName: "file"))
  var parameters: String?

  @Flag(help: "Write the parameters as JSON to standard output and stop.")
  var printParameters = false

  @Flag(help: "Fill the rest of each image with single paddles.")
  var singlePaddles = false

  @OptionGroup var common: GenerateOptions

  func validate() throws {
    if PathfinderParameters.published(resolution: resolution) == nil {
      throw ValidationError(
        "--resolution \(resolution) is unknown, expected 32, 64, 128, 256 or 512"
      )
    }
    if samples < 1 { throw ValidationError("--samples must be at least 1") }
    if !printParameters { try common.check() }
  }

  func run() throws {
    let parameters = try resolvedParameters()
    if printParameters { return print(try JSONText.encode(parameters)) }
    let archive = try PathfinderArchive(
      model: PathfinderModel(parameters: parameters),
      seed: common.seed,
      sampleCount: samples,
      batchSize: batchSize,
      threads: common.threadCount
    )
    try common.write(label: "pathfinder\(parameters.resolution)", total: samples) {
      writer,
      progress in
      try archive.write(to: writer, progress: progress)
    }
  }

  private func resolvedParameters() throws -> PathfinderParameters {
    var result: PathfinderParameters
    if let parameters {
      result = try JSONText.decode(PathfinderParameters.self, at: parameters)
    } else {
      guard
        let preset = PathfinderParameters.published(
          resolution: resolution,
          contourLength: contourLength
        )
      else { throw ExitCode.validationFailure }
      result = preset
    }
    if singlePaddles { result.hasSinglePaddles = true }
    return result
  }
}
