internal import DataKit
internal import Trainer

/// What a study would take, run by run, before anything is done.
struct StudyListing {
  private let output: OutputOptions
  private let pool: WorkerPool
  /// What products of matrices alone reach now.
  private let operationsPerSecond: Double

  init(_ output: OutputOptions) {
    self.output = output
    pool = output.pool
    operationsPerSecond = KernelTable.rate(of: KernelBenchmark.product(pool), seconds: 0.5)
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

  /// Shows the runs of a study that was not started, and what it takes at full scale.
  func show(_ plan: StudyOptions.Plan) throws {
    let scale = plan.study.scale?.summary ?? "full"
    try show(plan.runs.runs, plan.runs.shape(of:), scale: scale)
    if let full = plan.fullScale {
      try show(full.runs.map { try estimate($0, full.shape(of: $0)) }, scale: "full")
    }
    noteAccuracy()
    for task in plan.study.tasks where plan.dataSets[task.name] == nil {
      output.note(
        "note: no data set in '\(plan.folders[task.name] ?? task.name)'; '\(task.name)' is taken as "
          + "published"
      )
    }
  }

  /// Shows the open runs of a study.
  func show(openIn folder: StudyFolder) throws {
    let shapes = try folder.readOrigin().data.mapValues {
      try TaskShape(DataSet(opening: $0.path))
    }
    let runs = try folder.runs(.running, .waiting).filter { shapes[$0.cell.task] != nil }
    let scale = try folder.readStudy().scale?.summary ?? "full"
    try show(runs, { shapes[$0.cell.task]! }, scale: scale)
    noteAccuracy()
  }

  private func show(
    _ runs: [StudyRun],
    _ shape: (StudyRun) -> TaskShape,
    scale: String
  ) throws {
    let estimates = try runs.map { try estimate($0, shape($0)) }
    if !output.json { print(padded("run", 66) + padded("time", 14) + "memory") }
    for (run, estimate) in zip(runs, estimates) { try show(run, estimate) }
    try show(estimates, scale: scale)
  }

  private func noteAccuracy() {
    output.note(
      "note: times are guesses within a factor of about two, from "
        + "\(fixed(operationsPerSecond / 1e9, 0)) GFLOP/s measured now on \(pool.threads) threads"
    )
  }

  private func estimate(_ run: StudyRun, _ shape: TaskShape) throws -> StudyEstimate {
    try StudyEstimate(
      run,
      on: shape,
      operationsPerSecond: operationsPerSecond,
      threads: pool.threads
    )
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
