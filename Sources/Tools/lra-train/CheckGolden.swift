internal import ArgumentParser
internal import Foundation
internal import ToolSupport
internal import Trainer

struct CheckGolden: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-golden",
    abstract: "Proves that this build computes what files of exact results say.",
    discussion: """
      Builds the network or the operators that each file describes, runs them, and compares \
      every tensor: activations, losses, gradients, weights after steps of training. \
      docs/golden-files.md tells the format and the limits. The exit code is 1 when a limit is \
      exceeded.

      Examples:
        lra-train check-golden fixtures/golden/*.safetensors
        lra-train check-golden --verbose fixtures/golden/s4_causal_lm.safetensors
        lra-train check-golden --json fixtures/golden/op_conv.safetensors
      """
  )

  @Argument(
    help: "Golden files in the safetensors format.",
    completion: .file(extensions: ["safetensors"])
  )
  var files: [String]

  @Flag(name: .shortAndLong, help: "Show every tensor, not only those beyond their limit.")
  var verbose = false

  @OptionGroup var output: OutputOptions

  /// What --json prints, one line a file.
  private struct Result: Encodable {
    struct Tensor: Encodable {
      var name: String
      var values: Int
      /// Absent when it is not finite.
      var error: Double?
      var limit: Double
      var passes: Bool
    }

    var event = "golden"
    var file: String
    var name: String
    var passes: Bool
    var tensors: [Tensor]
    var unused: [String]
    var unlimited: [String]
  }

  func run() throws {
    try Processor.check()
    let pool = output.pool
    var failed: [String] = []
    for path in files {
      let report: GoldenReport
      do {
        report = try GoldenFile(path: path).check(pool)
      } catch {
        output.note("error: \(error)")
        failed.append(path)
        continue
      }
      if !report.passes { failed.append(path) }
      if output.json { try printJSON(result(path, report)) } else { show(report) }
    }
    guard failed.isEmpty else {
      output.note(
        "\(failed.count) of \(files.count) files failed: \(failed.joined(separator: ", "))"
      )
      throw ExitCode(ExitStatus.failure)
    }
  }

  private func result(_ path: String, _ report: GoldenReport) -> Result {
    Result(
      file: path,
      name: report.name,
      passes: report.passes,
      tensors: report.comparisons.map {
        Result.Tensor(
          name: $0.tensor,
          values: $0.count,
          error: $0.error.isFinite ? $0.error : nil,
          limit: $0.limit,
          passes: $0.passes
        )
      },
      unused: report.unused,
      unlimited: report.unlimited
    )
  }

  private func show(_ report: GoldenReport) {
    let worst = report.comparisons.map { $0.limit > 0 ? $0.error / $0.limit : $0.error }.max() ?? 0
    print(
      padded(report.passes ? "ok" : "FAILED", 8) + padded(report.name, 26)
        + "\(report.comparisons.count) tensors, worst at \(percent(worst)) of its limit"
    )
    for comparison in report.comparisons where verbose || !comparison.passes {
      print(
        "  " + padded(comparison.passes ? "ok" : "beyond", 8) + padded(comparison.tensor, 38)
          + "error \(scientific(comparison.error)), limit \(scientific(comparison.limit))"
      )
    }
    if !report.unused.isEmpty {
      output.note("  note: not compared: \(report.unused.joined(separator: ", "))")
    }
    if !report.unlimited.isEmpty {
      output.note(
        "  note: not compared, as the file's noise of it is not finite: "
          + report.unlimited.joined(separator: ", ")
      )
    }
  }

  private func scientific(_ value: Double) -> String { String(format: "%.2e", value) }

  private func percent(_ share: Double) -> String {
    share.isFinite ? fixed(100 * share, 0) + " %" : "infinite"
  }
}
