extension Section {
  /// The main table: a row for each architecture and start, a column for each task.
  static func comparison(_ content: ReportContent) -> Section? {
    let table = ComparisonTable(content)
    return table.isEmpty ? nil : Section("comparison", "Comparison", table.markup())
  }
}

/// Mean and deviation over the seeds, and the difference to training from scratch.
struct ComparisonTable {
  private let content: ReportContent
  private let cells: [StudyResult.Cell]
  private let tasks: [String]

  init(_ content: ReportContent) {
    self.content = content
    cells = content.mainCells
    tasks = ReportContent.tasks(cells)
  }

  var isEmpty: Bool { cells.isEmpty }

  func markup() -> Markup {
    .table(
      "Comparison",
      caption: Markup(caption),
      .headings([("architecture", false), ("start", false)] + tasks.map { (column($0), true) }),
      Markup(ReportContent.architectures(cells).map(group))
    )
  }

  private var caption: String {
    let seeds = Set(cells.map(\.values.count))
    let spread = seeds == [1] ? "" : " ± standard deviation"
    let count = seeds.count == 1 ? "n = \(seeds.first ?? 1)" : "n as given"
    let share = Set(cells.compactMap(\.pretrainingShare)).filter { $0 > 0 }
    let note =
      share.isEmpty
      ? ""
      : " Pretraining has \(share.sorted().map(Self.percent).joined(separator: ", ")) of all epochs."
    return
      "Mean\(spread) over the seeds (\(count)), \(content.split) split; below, the difference to "
      + "the same architecture from scratch and its p. Bold: the best mean of a column. Each "
      + "number leads to its runs.\(note)"
  }

  static func percent(_ share: Double) -> String { NumberText.short(100 * share) + " %" }

  private func column(_ task: String) -> String {
    let metrics = Set(cells.filter { $0.task == task }.map(\.metric)).sorted()
    return task + ", " + metrics.map { MetricScale($0).isShare ? "%" : $0 }.joined(separator: " / ")
  }

  private func group(_ architecture: String) -> Markup {
    let own = cells.filter { $0.architecture == architecture }
    let starts = ReportContent.starts(own)
    let rows = starts.enumerated().map { index, start in
      Markup.element(
        "tr",
        [:],
        index == 0
          ? .element(
            "th",
            ["scope": "rowgroup", "rowspan": "\(starts.count)"],
            Markup(architecture)
          ) : "",
        .element("th", ["scope": "row", "class": "start \(start.rawValue)"], Markup(start.title)),
        Markup(
          tasks.map { task in
            value(own.first { $0.task == task && $0.start == start })
          }
        )
      )
    }
    return .element("tbody", [:], Markup(rows))
  }

  private func value(_ cell: StudyResult.Cell?) -> Markup {
    guard let cell else { return .number("–") }
    let scale = MetricScale(cell.metric)
    let mean = Markup.element(
      isBest(cell) ? "strong" : "span",
      [:],
      .element("data", ["value": "\(cell.mean)"], Markup(scale.text(cell.mean)))
    )
    let spread = cell.deviation.map { " ± \(scale.text($0))" } ?? ""
    let count = Set(cells.map(\.values.count)).count > 1 ? " (n = \(cell.values.count))" : ""
    return .element(
      "td",
      ["class": "n"],
      .element(
        "a",
        ["href": "#" + anchor(cell)],
        mean,
        .element("small", [:], Markup(spread + count))
      ),
      difference(cell, scale)
    )
  }

  private func difference(_ cell: StudyResult.Cell, _ scale: MetricScale) -> Markup {
    guard let scratch = content.scratch(of: cell) else { return "" }
    let difference = cell.mean - scratch.mean
    let isClear = cell.pValue.map { $0 < 0.05 } ?? false
    return .element(
      "div",
      ["class": isClear ? "difference clear" : "difference"],
      .element("span", [:], Markup(scale.difference(difference))),
      Markup(cell.pValue.map { ", \(NumberText.chance($0))" } ?? "")
    )
  }

  private func isBest(_ cell: StudyResult.Cell) -> Bool {
    let direction = MetricScale(cell.metric).direction
    return cells.filter { $0.task == cell.task && $0.metric == cell.metric }
      .allSatisfy { direction * $0.mean <= direction * cell.mean }
  }

  private func anchor(_ cell: StudyResult.Cell) -> String {
    RunTable.anchor(of: cell, in: content.result.cells)
  }
}
