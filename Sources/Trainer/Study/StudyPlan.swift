public import DataKit

/// Every run of a study, in the order in which one worker takes them.
public struct StudyPlan: Sendable {
  /// The study.
  public let study: Study
  /// The runs, each behind those it depends on.
  public private(set) var runs: [StudyRun] = []
  private let shapes: [String: TaskShape]

  /// Expands a study.
  ///
  /// - Parameters:
  ///   - study: checked.
  ///   - shapes: the size and shape of every task's data.
  /// - Throws: ``RunError`` when a preset or a change makes no sense.
  public init(_ study: Study, shapes: [String: TaskShape]) throws {
    (self.study, self.shapes) = (study, shapes)
    for task in study.tasks {
      for architecture in study.architectures where architecture.presets[task.name] != nil {
        for cell in cells(task, architecture) { try add(cell, task, architecture) }
      }
    }
    guard !runs.isEmpty else {
      throw RunError(study.title, "no architecture has a preset for any of the tasks")
    }
    try checkNames()
    for run in runs where run.seed == study.seeds[0] {
      try Self.naming(run) {
        let fitted = run.configuration.fitted(to: shape(of: run).shape)
        try fitted.check()
        if let mask = fitted.objective.mask, mask.contains(":") { _ = try MaskSet(parsing: mask) }
      }
    }
  }

  /// Checks that every run of the first seed can be made on the data that is there.
  ///
  /// - Throws: ``RunError`` with the first run that cannot.
  public func check(on dataSets: [String: DataSet]) throws {
    for run in runs where run.seed == study.seeds[0] {
      guard let dataSet = dataSets[run.cell.task] else { continue }
      try Self.naming(run) { _ = try run.configuration.resolved(for: dataSet).maskSet(of: dataSet) }
    }
  }

  /// Puts the run's name before what is wrong with it.
  private static func naming(_ run: StudyRun, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      throw RunError(run.name, "\(error)")
    }
  }

  /// Names become names of files.
  private func checkNames() throws {
    var seen: Set<String> = []
    for run in runs {
      guard seen.insert(run.name).inserted else {
        throw RunError(
          study.title,
          "two runs would be called '\(run.name)'",
          hint: "give tasks and architectures other names"
        )
      }
      guard run.name.utf8.count <= 200 else {
        throw RunError(study.title, "'\(run.name)' is too long for a run's name (200 bytes)")
      }
    }
  }

  /// The size of a run's data.
  public func shape(of run: StudyRun) -> TaskShape {
    guard let shape = shapes[run.cell.task] else { preconditionFailure("a run without a task") }
    return shape
  }

  private func cells(_ task: Study.Task, _ architecture: Study.Architecture) -> [StudyRun.Cell] {
    let starts = study.starts.filter { architecture.starts?.contains($0) ?? true }
    let fractions = study.fractions?.map { Optional($0) } ?? [nil]
    let shares = study.tiedEpochs?.shares.map { Optional($0) } ?? [nil]
    return fractions.flatMap { fraction in
      shares.flatMap { share in
        starts.filter { share == nil || ($0 == .scratch) == (share == 0) }.map { start in
          StudyRun.Cell(
            task: task.name,
            architecture: architecture.name,
            start: start,
            fraction: fraction,
            pretrainingShare: share
          )
        }
      }
    }
  }

  private mutating func add(
    _ cell: StudyRun.Cell,
    _ task: Study.Task,
    _ architecture: Study.Architecture
  ) throws {
    guard let shape = shapes[task.name] else {
      throw RunError(study.title, "the size of task '\(task.name)' is not known")
    }
    let builder = StudyRunBuilder(study, cell, task, architecture, shape)
    let candidates = try builder.candidates()
    for (index, seed) in study.seeds.prefix(study.scale?.seeds ?? .max).enumerated() {
      if cell.start != .scratch { runs.append(try builder.pretraining(seed)) }
      if index == 0 {
        runs += candidates
      } else {
        runs.append(builder.finetuning(seed, among: candidates))
      }
    }
  }
}
