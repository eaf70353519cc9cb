internal import DataKit
internal import Trainer

/// What a study would take, run by run, before anything is done.
struct StudyListing {
  private let plan: StudyOptions.Plan
  private let output: OutputOptions

  init(_ plan: StudyOptions.Plan, _ output: OutputOptions) {
    (self.plan, self.output) = (plan, output)
  }

  /// What --json prints of a run; seconds and bytes.
  private struct Listed: Encodable {
    var event = "run"
    var name: String
    var estimatedSeconds: Double
    var memoryBytes: Int
    var dependencies: [String]
  }

  func show() throws {
    let pool = output.pool
    let rate = KernelTable.rate(of: KernelBenchmark.product(pool), seconds: 0.5)
    var (seconds, memory) = (0.0, 0)
    if !output.json { print(padded("run", 66) + padded("time", 14) + "memory") }
    for run in plan.runs.runs {
      guard let shape = try shape(of: run) else { continue }
      let estimate = try StudyEstimate(
        run,
        on: shape,
        operationsPerSecond: rate,
        threads: pool.threads
      )
      seconds += estimate.seconds
      memory = max(memory, estimate.memory)
      if output.json {
        try printJSON(
          Listed(
            name: run.name,
            estimatedSeconds: estimate.seconds,
            memoryBytes: estimate.memory,
            dependencies: run.dependencies
          )
        )
      } else {
        print(
          padded(run.name, 65) + " " + padded(duration(estimate.seconds), 14)
            + megabytes(estimate.memory)
        )
      }
    }
    guard !output.json else { return }
    print(
      "\(plan.runs.runs.count) runs, \(duration(seconds)) in all one after the other, at most "
        + megabytes(memory)
    )
    if let scale = plan.study.scale { print("scale: \(scale.summary)") }
    output.note(
      "note: times are guesses within a factor of about two, from \(fixed(rate / 1e9, 0)) GFLOP/s "
        + "measured now on \(pool.threads) threads"
    )
    for task in plan.study.tasks where plan.dataSets[task.name] == nil {
      output.note(
        "note: no data set in '\(plan.folders[task.name] ?? task.name)'; '\(task.name)' is taken as "
          + "published"
      )
    }
  }

  private func shape(of run: StudyRun) throws -> TaskShape? {
    try plan.dataSets[run.cell.task].map { try TaskShape($0) }
      ?? TaskShape.published(run.cell.task)
  }
}

/// Seconds as a person says them.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite else { return "for ever" }
  if seconds < 60 { return fixed(seconds, seconds < 10 ? 1 : 0) + " s" }
  if seconds < 3600 { return fixed(seconds / 60, 1) + " min" }
  if seconds < 2 * 86_400 { return fixed(seconds / 3600, 1) + " h" }
  return fixed(seconds / 86_400, 1) + " days"
}
