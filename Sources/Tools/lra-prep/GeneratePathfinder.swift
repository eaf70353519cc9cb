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

  @Option(help: "Width and height in pixels: 32, 64, 128, 256 or 512 (default: 32).")
  var resolution: Int?

  @Option(help: "Paddles of a target snake: 14 is hard, 9 intermediate, 6 easy (default: 14).")
  var contourLength: Int?

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
    if let resolution, !PathfinderParameters.resolutions.contains(resolution) {
      throw ValidationError(
        "--resolution \(resolution) is unknown, expected 32, 64, 128, 256 or 512"
      )
    }
    if parameters != nil, resolution != nil || contourLength != nil {
      throw ValidationError(
        "--parameters has resolution and contour length: leave --resolution and --contour-length out"
      )
    }
    for (option, value, range) in [
      ("contour-length", contourLength ?? 14, PathfinderParameters.contourLengths),
      ("samples", samples, PathfinderArchive.sampleCounts),
      ("batch-size", batchSize, PathfinderArchive.batchSizes),
    ] where !range.contains(value) {
      throw ValidationError(
        "--\(option) \(value) is not in \(range.lowerBound)...\(range.upperBound)"
      )
    }
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
      if let problem = result.problem { throw ToolFailure("\(parameters): \(problem)") }
    } else {
      guard
        let preset = PathfinderParameters.published(
          resolution: resolution ?? 32,
          contourLength: contourLength ?? 14
        )
      else { throw ExitCode.validationFailure }
      result = preset
    }
    if singlePaddles { result.hasSinglePaddles = true }
    return result
  }
}
