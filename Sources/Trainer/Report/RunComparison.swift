internal import DataKit

/// Runs without a study, put side by side: a cell for each task, preset and start.
struct RunComparison {
  private let runs: [RunRecord]

  init(_ runs: [RunRecord]) { self.runs = runs }

  /// The runs as the result of a study.
  func content(version: String) -> ReportContent {
    let finished = runs.filter { $0.isFinished && !$0.isPretraining }
    let isTested = !finished.isEmpty && finished.allSatisfy { $0.test != nil }
    var faults: [String] = []
    var cells: [StudyResult.Cell] = []
    var groups: [[RunRecord]] = []
    for run in finished {
      guard let cell = cell(run, isTested: isTested, &faults) else { continue }
      if let place = cells.firstIndex(where: { Self.key($0) == Self.key(cell) }) {
        groups[place].append(run)
      } else {
        cells.append(cell)
        groups.append([run])
      }
    }
    for index in cells.indices { fill(&cells[index], groups[index], isTested: isTested) }
    let names = runs.map(\.name)
    let result = StudyResult(
      title: names.count == 1 ? "Run \(names[0])" : "\(names.count) runs side by side",
      command: "lra-train report " + names.joined(separator: " "),
      version: version,
      tasks: tasks(),
      cells: compared(cells),
      unfinished: runs.filter { !$0.isFinished }.map { .init(run: $0.name, failure: nil) }
    )
    return ReportContent(
      result,
      isStudy: false,
      split: isTested ? "test" : "validation",
      runs: runs,
      faults: faults,
      dataFolders: Dictionary(
        runs.compactMap(dataSet).map { ($0.digest, $0.folder) },
        uniquingKeysWith: { first, _ in first }
      )
    )
  }

  private func dataSet(of run: RunRecord) -> DataSet? {
    try? RunData(of: run.configuration, at: run.folder.path).open()
  }

  private static func key(_ cell: StudyResult.Cell) -> [String] {
    [cell.task, cell.architecture, cell.start.rawValue, cell.metric]
  }

  /// The empty cell that a finished run of finetuning belongs to.
  private func cell(
    _ run: RunRecord,
    isTested: Bool,
    _ faults: inout [String]
  ) -> StudyResult.Cell? {
    guard let summary = run.summary,
      let metric = isTested ? run.test : run.bestValidation
    else { return nil }
    guard let start = start(of: run) else {
      faults.append(
        "\(run.name): how its weights began is not known, as '\(run.configuration.from ?? "")' "
          + "cannot be read; it is left out of the table"
      )
      return nil
    }
    return StudyResult.Cell(
      task: summary.task,
      architecture: run.configuration.preset,
      start: start,
      metric: metric.name,
      values: [],
      seeds: [],
      mean: 0,
      learningRate: run.configuration.optimizer.learningRate,
      batchSize: run.configuration.batchSize,
      isChosen: false,
      parameters: summary.parameters,
      seconds: 0,
      operations: 0,
      runs: [],
      pretrainings: []
    )
  }

  private func fill(_ cell: inout StudyResult.Cell, _ group: [RunRecord], isTested: Bool) {
    cell.values = group.compactMap { (isTested ? $0.test : $0.bestValidation)?.value }
    cell.seeds = group.map(\.configuration.seed)
    cell.mean = cell.values.mean
    cell.deviation = cell.values.deviation
    cell.runs = group.map(\.name)
    let before = group.map(pretraining)
    cell.pretrainings = before.compactMap { $0?.name }
    cell.seconds =
      zip(group, before).map { ($0.seconds ?? 0) + ($1?.seconds ?? 0) }.mean
  }

  private func compared(_ cells: [StudyResult.Cell]) -> [StudyResult.Cell] {
    cells.map { cell in
      var cell = cell
      let scratch = cells.first {
        $0.start == .scratch && $0.task == cell.task && $0.architecture == cell.architecture
      }
      if cell.start != .scratch, let scratch {
        cell.pValue = Welch.pValue(cell.values, scratch.values)
      }
      return cell
    }
  }

  /// How a run's weights began, by the run that it went on from or by the checkpoint itself.
  private func start(of run: RunRecord) -> Study.Start? {
    guard let from = run.configuration.from else { return .scratch }
    let objective =
      pretraining(of: run)?.configuration.objective
      ?? (try? Checkpoint(reading: from))?.configuration.objective
    switch objective?.kind {
    case .masked?: return .masked
    case .causal?: return .causal
    default: return nil
    }
  }

  /// The run that another one took its weights from, when it is among those reported.
  private func pretraining(of run: RunRecord) -> RunRecord? {
    guard let from = run.configuration.from else { return nil }
    return runs.first { from.hasPrefix($0.folder.path + "/") }
  }

  /// The data sets of all runs, as far as they can be opened.
  private func tasks() -> [StudyResult.Task] {
    var seen: Set<String> = []
    return runs.compactMap { run in
      let digest = run.configuration.dataDigest ?? ""
      guard seen.insert(digest).inserted else { return nil }
      let manifest = dataSet(of: run).flatMap { $0.digest == digest ? $0.manifest : nil }
      let counts = manifest?.splits.mapValues(\.samples) ?? [:]
      return StudyResult.Task(
        name: run.summary?.task ?? manifest?.task ?? run.configuration.preset,
        data: run.configuration.data,
        digest: digest,
        samples: counts,
        used: used(digest, counts, manifest?.validationSplit ?? .validation),
        validation: manifest?.validationSplit.rawValue ?? "validation",
        provenance: manifest?.provenance.inputs.map { "\($0.name), SHA-256 \($0.sha256)" } ?? [],
        description: manifest.map { TaskDescription($0, folder: run.configuration.data) }
      )
    }
  }

  /// The most samples of each split that a run of a data set looked at; none where nothing was scored.
  private func used(
    _ digest: String,
    _ counts: [String: Int],
    _ validation: Split
  ) -> [String: Int] {
    let own = runs.filter { $0.configuration.dataDigest ?? "" == digest }
    func most(_ values: [Int?]) -> Int { values.compactMap { $0 }.max() ?? 0 }
    var used: [String: Int] = [:]
    if let all = counts[Split.train.rawValue] {
      used["train"] = most(own.map { min(all, $0.configuration.trainingSamples ?? all) })
    }
    if let all = counts[validation.rawValue] {
      used["validation"] = most(own.map { min(all, $0.configuration.validation.samples ?? all) })
    }
    if counts[Split.test.rawValue] != nil { used["test"] = most(own.map(\.testSamples)) }
    return used
  }
}
