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

  /// What --json prints of a whole study; seconds and bytes.
  private struct Sum: Encodable {
    var event = "study"
    var scale: String
    var runs: Int
    var estimatedSeconds: Double
    var memoryBytes: Int
  }

  func show() throws {
    let pool = output.pool
    let rate = KernelTable.rate(of: KernelBenchmark.product(pool), seconds: 0.5)
    let estimates = try estimates(plan.runs, rate, pool)
    if !output.json { print(padded("run", 66) + padded("time", 14) + "memory") }
    for (run, estimate) in estimates { try show(run, estimate) }
    try show(estimates.map(\.1), scale: plan.study.scale?.summary ?? "full")
    if let full = plan.fullScale {
      try show(self.estimates(full, rate, pool).map(\.1), scale: "full")
    }
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

  private func estimates(
    _ plan: StudyPlan,
    _ rate: Double,
    _ pool: WorkerPool
  ) throws -> [(StudyRun, StudyEstimate)] {
    try plan.runs.map { run in
      let shape = plan.shape(of: run)
      return (
        run,
        try StudyEstimate(run, on: shape, operationsPerSecond: rate, threads: pool.threads)
      )
    }
  }

  private func show(_ run: StudyRun, _ estimate: StudyEstimate) throws {
    guard !output.json else {
      return try printJSON(
        Listed(
          name: run.name,
          estimatedSeconds: estimate.seconds,
          memoryBytes: estimate.memory,
          dependencies: run.dependencies
        )
      )
    }
    print(
      padded(run.name, 65) + " " + padded(duration(estimate.seconds), 14)
        + megabytes(estimate.memory)
    )
  }

  private func show(_ estimates: [StudyEstimate], scale: String) throws {
    let seconds = estimates.reduce(0) { $0 + $1.seconds }
    let memory = estimates.map(\.memory).max() ?? 0
    guard !output.json else {
      return try printJSON(
        Sum(
          scale: scale,
          runs: estimates.count,
          estimatedSeconds: seconds,
          memoryBytes: memory
        )
      )
    }
    print(
      "\(scale == "full" ? "full scale" : "reduced scale"): \(estimates.count) runs, "
        + "\(duration(seconds)) one after the other, at most \(megabytes(memory))"
        + (scale == "full" ? "" : "; \(scale)")
    )
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
