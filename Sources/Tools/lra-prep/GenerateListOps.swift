internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport

/// `lra-prep generate listops`.
struct GenerateListOpsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "listops",
    abstract: "Makes ListOps expressions.",
    discussion: """
      Writes three tables, train, val and test, in the layout of the Long Range
      Arena release. The same seed gives the same rows for any number of threads.

      Examples:
        lra-prep generate listops --seed 1 --output listops.tar.gz
        lra-prep generate listops --samples 1000 --test-samples 100 -o small.tar.gz
        lra-prep generate listops --minimum-length 20 --maximum-length 200 \\
          --samples 500 --output - | tar -t -z
      """
  )

  @Option(help: "Examples for training.")
  var samples = 96_000

  @Option(help: "Examples for validation (default: a 48th of --samples, at least 1).")
  var validationSamples: Int?

  @Option(help: "Examples for the test (default: a 48th of --samples, at least 1).")
  var testSamples: Int?

  @Option(help: "How deep operators may nest.")
  var depth = 10

  @Option(help: "The most arguments of an operator.")
  var maximumArguments = 10

  @Option(help: "Operators, values and closing brackets must be more than this.")
  var minimumLength = 500

  @Option(help: "Operators, values and closing brackets must be fewer than this.")
  var maximumLength = 2000

  @Option(help: "The chance that an argument is a digit and not an expression.")
  var valueProbability = 0.75

  @OptionGroup var common: GenerateOptions

  /// The parameters that the flags describe.
  private var parameters: ListOpsParameters {
    var result = ListOpsParameters()
    result.maximumDepth = depth
    result.maximumArguments = maximumArguments
    result.minimumLength = minimumLength
    result.maximumLength = maximumLength
    result.treeProbability = 1 - valueProbability
    return result
  }

  func validate() throws {
    if let problem = parameters.problem { throw ValidationError(problem) }
    for (option, count, least) in [
      ("samples", samples, 1), ("validation-samples", validationSamples ?? 0, 0),
      ("test-samples", testSamples ?? 0, 0),
    ] where !(least...ListOpsArchive.countLimit).contains(count) {
      throw ValidationError(
        "--\(option) \(count) is not in \(least)...\(ListOpsArchive.countLimit)"
      )
    }
    try common.check()
  }

  func run() throws {
    let others = max(1, samples / 48)
    let archive = try ListOpsArchive(
      generator: ListOpsGenerator(parameters: parameters, seed: common.seed),
      trainCount: samples,
      validationCount: validationSamples ?? others,
      testCount: testSamples ?? others,
      threads: common.threadCount
    )
    // Higher levels take many times as long as making the rows.
    try common.write(
      label: "listops",
      total: archive.counts.reduce(0, +),
      compressionLevel: 1
    ) { writer, progress in
      try archive.write(to: writer, spoolFolder: common.spoolFolder, progress: progress)
    }
  }
}
