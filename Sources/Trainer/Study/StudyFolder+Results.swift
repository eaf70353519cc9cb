internal import DataKit

extension StudyFolder {
  /// Puts together what the finished runs found.
  ///
  /// - Throws: ``RunError`` when a file of the study or of a finished run is damaged.
  public func result() throws -> StudyResult {
    let (study, origin) = (try readStudy(), try readOrigin())
    let ended = try runs(.finished, .failed, .running, .waiting)
    let finished = try runs(.finished)
    var (tasks, shapes): ([StudyResult.Task], [String: TaskShape]) = ([], [:])
    for task in study.tasks {
      guard let data = origin.data[task.name] else { continue }
      let dataSet = try DataSet(opening: data.path)
      let shape = try TaskShape(dataSet)
      shapes[task.name] = shape
      tasks.append(self.task(task, data, dataSet.manifest, shape, ended))
    }
    return StudyResult(
      title: study.title,
      source: study.source,
      question: study.question,
      notes: study.notes,
      scale: study.scale?.summary,
      command: origin.command,
      version: origin.version,
      tasks: tasks,
      cells: try cells(finished, ended, states(), shapes),
      unfinished: try runs(.failed).map { .init(run: $0.name, failure: $0.failure) }
        + runs(.running, .waiting).map { .init(run: $0.name, failure: nil) }
    )
  }

  /// Writes ``result()`` to `results.json`.
  ///
  /// - Throws: as ``result()``, and ``FileError``.
  @discardableResult
  public func writeResults() throws -> StudyResult {
    try locked {
      let result = try result()
      try AtomicFile.write(JSON.encode(result, pretty: true) + [10], to: results)
      return result
    }
  }

  private func task(
    _ task: Study.Task,
    _ data: StudyOrigin.Data,
    _ manifest: Manifest,
    _ shape: TaskShape,
    _ runs: [StudyRun]
  ) -> StudyResult.Task {
    let own = runs.filter { $0.cell.task == task.name }.map(\.configuration)
    var (samples, used): ([String: Int], [String: Int]) = ([:], [:])
    for split in Split.allCases {
      let all = shape.samples[split] ?? 0
      samples[split.rawValue] = all
      used[split.rawValue] =
        own.map { min(all, (split == .train ? $0.trainingSamples : $0.validation.samples) ?? all) }
        .max() ?? 0
    }
    return StudyResult.Task(
      name: task.name,
      data: data.folder,
      digest: data.digest,
      samples: samples,
      used: used,
      validation: manifest.validationSplit.rawValue,
      provenance: manifest.provenance.inputs.map { "\($0.name), SHA-256 \($0.sha256)" },
      description: TaskDescription(manifest, words: task.description, folder: data.folder)
    )
  }

  /// A cell for every kind of finished finetunings, with the best candidate alone.
  private func cells(
    _ finished: [StudyRun],
    _ all: [StudyRun],
    _ states: [String: State],
    _ shapes: [String: TaskShape]
  ) throws -> [StudyResult.Cell] {
    var order: [StudyRun.Cell] = []
    var byCell: [StudyRun.Cell: [StudyRun]] = [:]
    for run in finished where run.configuration.stage == .finetune {
      if byCell[run.cell] == nil { order.append(run.cell) }
      byCell[run.cell, default: []].append(run)
    }
    var cells: [StudyResult.Cell] = []
    for cell in order {
      let runs = byCell[cell] ?? []
      let candidates = runs.filter(\.isCandidate).map(\.name)
      let best = try best(of: candidates)
      let kept = runs.filter { !$0.isCandidate || $0.name == best }
      // A run without a state changes it at this moment.
      let tried = all.filter { $0.cell == cell && $0.isCandidate }
        .map { candidate($0, states[$0.name] ?? .running) }
      if let cell = try self.cell(cell, kept, tried, shapes) { cells.append(cell) }
    }
    return cells.map { cell in
      var cell = cell
      cell.pValue = cells.scratch(of: cell).flatMap {
        Welch.pValue(cell.values, $0.values)
      }
      return cell
    }
  }

  private func cell(
    _ cell: StudyRun.Cell,
    _ runs: [StudyRun],
    _ candidates: [StudyResult.Candidate],
    _ shapes: [String: TaskShape]
  ) throws -> StudyResult.Cell? {
    guard let first = runs.first else { return nil }
    let scores = try runs.map { try TestScore(of: run($0.name)).metric }
    let summaries = try runs.map { run in
      try ([run.name] + (run.pretraining.map { [$0] } ?? [])).map {
        try RunSummary(of: self.run($0))
      }
    }
    let values = scores.map(\.value)
    let configuration = try run(first.name).readConfiguration()
    return StudyResult.Cell(
      task: cell.task,
      architecture: cell.architecture,
      start: cell.start,
      fraction: cell.fraction,
      pretrainingShare: cell.pretrainingShare,
      metric: scores[0].name,
      values: values,
      seeds: runs.map(\.seed),
      mean: values.mean,
      deviation: values.deviation,
      pValue: nil,
      learningRate: configuration.optimizer.learningRate,
      batchSize: configuration.batchSize,
      isChosen: !candidates.isEmpty,
      candidates: candidates.isEmpty ? nil : candidates,
      parameters: summaries[0][0].parameters,
      seconds: summaries.map { $0.reduce(0) { $0 + $1.clock.seconds } }.mean,
      operations: try shapes[cell.task].map { try operations(of: first, $0) } ?? 0,
      runs: runs.map { "runs/" + $0.name },
      pretrainings: runs.compactMap { $0.pretraining.map { "runs/" + $0 } }
    )
  }

  /// The state of every run by its name.
  private func states() throws -> [String: State] {
    var states: [String: State] = [:]
    // A run that moves on meanwhile has the later state.
    for state in State.allCases {
      for run in try runs(state) { states[run.name] = state }
    }
    return states
  }

  /// A candidate, with its validation when it is finished: the best so far says nothing of the end.
  private func candidate(_ run: StudyRun, _ state: State) -> StudyResult.Candidate {
    let summary = state == .finished ? (try? RunSummary(of: self.run(run.name))) : nil
    return StudyResult.Candidate(
      run: "runs/" + run.name,
      learningRate: run.configuration.optimizer.learningRate,
      batchSize: run.configuration.batchSize,
      monitor: (summary?.monitor ?? run.configuration.validation.monitor).rawValue,
      validation: summary?.bestMetric,
      state: state
    )
  }

  /// Those of a finetuning's training and of the pretraining before it.
  private func operations(of run: StudyRun, _ shape: TaskShape) throws -> Double {
    try ([run.name] + (run.pretraining.map { [$0] } ?? [])).reduce(0) { sum, name in
      let summary = try RunSummary(of: self.run(name))
      let configuration = try self.run(name).readConfiguration()
      return sum + Double(summary.steps) * shape.operations(of: configuration).step
    }
  }
}
