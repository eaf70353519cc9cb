internal import Trainer

/// The table of a study as text, a line a cell.
struct StudyTable {
  private let result: StudyResult

  init(_ result: StudyResult) { self.result = result }

  /// Prints the table, and fails when runs have failed.
  func show(json: Bool) throws {
    if json { try printJSON(result) } else { showText() }
    let failed = result.unfinished.filter { $0.failure != nil }.count
    guard failed == 0 else {
      throw RunError(
        "\(failed) \(failed == 1 ? "run" : "runs")",
        "failed and left out of the table",
        hint: "--retry puts them back on the list"
      )
    }
  }

  private func showText() {
    print(result.title)
    if let source = result.source { print("after \(source)") }
    if let scale = result.scale { print("reduced scale: \(scale)") }
    print("")
    let rows = [header] + result.cells.map(row)
    let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = zip(row, widths).map { padded($0, $1) }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      print(line)
    }
    for task in result.tasks where task.validation == "test" {
      print(
        "\(task.name) has no validation split: what was chosen on it was chosen on the test split"
      )
    }
    for run in result.unfinished {
      let reason = run.failure?.split(separator: "\n").first
      print(reason.map { "failed: \(run.run): \($0)" } ?? "not finished: \(run.run)")
    }
  }

  private var hasFractions: Bool { result.cells.contains { $0.fraction != nil } }
  private var hasShares: Bool { result.cells.contains { $0.pretrainingShare != nil } }

  private var header: [String] {
    ["task", "architecture", "start"] + (hasFractions ? ["data"] : [])
      + (hasShares ? ["pretraining"] : [])
      + ["test", "seeds", "against scratch", "parameters", "rate", "batch", "time"]
  }

  private func row(_ cell: StudyResult.Cell) -> [String] {
    let isShare = cell.metric == "accuracy"
    let scale = isShare ? 100.0 : 1
    let (decimals, unit) = isShare ? (1, " %") : (4, "")
    var test = fixed(scale * cell.mean, decimals)
    if let deviation = cell.deviation { test += " ± " + fixed(scale * deviation, decimals) }
    test += isShare ? unit : " " + cell.metric
    return [cell.task, cell.architecture, cell.start.rawValue]
      + (hasFractions ? [cell.fraction.map { percent($0) } ?? "100 %"] : [])
      + (hasShares ? [cell.pretrainingShare.map { percent($0) } ?? "-"] : [])
      + [
        test, "\(cell.seeds.count)", difference(cell, scale, decimals), "\(cell.parameters)",
        "\(cell.learningRate)" + (cell.isChosen ? "*" : ""), "\(cell.batchSize)",
        duration(cell.seconds),
      ]
  }

  private func difference(_ cell: StudyResult.Cell, _ scale: Double, _ decimals: Int) -> String {
    guard let scratch = result.cells.scratch(of: cell) else { return "" }
    let value = scale * (cell.mean - scratch.mean)
    let text = (value > 0 ? "+" : "") + fixed(value, decimals)
    return cell.pValue.map { text + " (p " + ($0 < 0.001 ? "<0.001" : fixed($0, 3)) + ")" } ?? text
  }

  private func percent(_ share: Double) -> String {
    "\(fixed(100 * share, share < 0.01 ? 1 : 0)) %"
  }
}
