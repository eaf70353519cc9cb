internal import ArgumentParser
internal import Foundation
internal import ToolSupport
internal import Trainer

// What a session says.

extension TrainingSession {
  func announce(_ run: TrainingRun, _ pool: WorkerPool, _ ranks: Ranks) {
    let configuration = run.configuration
    output.note("run: \(run.folder.path)")
    ranks.announce(pool, output)
    output.note(
      "\(stage.rawValue) '\(configuration.preset)' on '\(configuration.data)': "
        + "\(run.network.layout.count) parameters, \(run.totalSteps) steps of "
        + "\(configuration.batchSize), \(run.stepsPerEpoch) an epoch"
    )
    if let transfer = run.transfer { announce(transfer, from: configuration.from ?? "") }
    if run.progress.step > 0 { output.note("going on from step \(run.progress.step)") }
    if configuration.schedule.warmUpSteps > run.totalSteps {
      output.note(
        "note: the warm-up of \(configuration.schedule.warmUpSteps) steps is longer than the run"
      )
    }
  }

  private func announce(_ transfer: TransferReport, from path: String) {
    output.note("weights from '\(path)':")
    output.note("  loaded: \(transfer.loaded.count) tensors")
    for (label, names) in [
      ("adapted", transfer.adapted), ("dropped", transfer.dropped),
      ("initialised", transfer.initialised),
    ] {
      output.note("  \(label): \(names.isEmpty ? "none" : names.joined(separator: ", "))")
    }
  }

  func report(_ run: TrainingRun, _ outcome: TrainingRun.Outcome) throws {
    let summary = try RunSummary(of: run.folder)
    if output.json {
      try printJSON(summary)
    } else if outcome == .finished {
      print("run \(run.folder.path)")
      print(bestLine(summary))
    }
    guard outcome == .finished else {
      output.note(
        "interrupted after step \(summary.steps) of \(summary.totalSteps); go on with "
          + "'lra-train \(stage.rawValue) --run \(run.folder.path) --resume'"
      )
      throw ExitCode(ExitStatus.interrupted)
    }
  }

  private func bestLine(_ summary: RunSummary) -> String {
    guard let best = summary.bestMetric, let step = summary.bestStep else {
      return "validation none"
    }
    return "validation \(summary.monitor.rawValue) \(fixed(best, 4)) (best, step \(step))"
  }
}

/// Writes a value as one line of JSON with sorted keys to standard output.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// A number with so many decimals.
func fixed(_ value: Double, _ decimals: Int) -> String {
  String(format: "%.\(decimals)f", value)
}
