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
  private let contrasts: [Contrast]
  private let sampling: SamplingText
  private let tasks: [String]

  init(_ content: ReportContent) {
    self.content = content
    cells = content.mainCells
    contrasts = content.contrasts
    sampling = SamplingText(content)
    tasks = ReportContent.tasks(cells)
  }

  var isEmpty: Bool { cells.isEmpty }

  func markup() -> Markup {
    .table(
      "Comparison",
      caption: Markup(caption),
      .headings(
        [("architecture", false), ("initialization", false)] + tasks.map { (column($0), true) }
      ),
      chance,
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
      "Mean\(spread) over the seeds (\(count)), \(content.split) split, and the binomial standard error "
      + "(s.e.) that the number of scored samples leaves. Below, the difference to the same architecture "
      + "from scratch, ± its 95 % confidence interval over the seeds, each by itself and not corrected, "
      + "p of Welch's test, and p with Holm's correction for all comparisons of the table; bold where that "
      + "is under 0.05. Bold mean: the best of a column. Each number leads to its runs.\(note)"
  }

  static func percent(_ share: Double) -> String { NumberText.short(100 * share) + " %" }

  private func column(_ task: String) -> String {
    let metrics = Set(cells.filter { $0.task == task }.map(\.metric)).sorted()
    return task + ", " + metrics.map { MetricScale($0).isShare ? "%" : $0 }.joined(separator: " / ")
  }

  /// What is reached without looking at a sample, under every task that has classes.
  private var chance: Markup {
    let levels = tasks.map { name -> ChanceLevel? in
      guard cells.contains(where: { $0.task == name && MetricScale($0.metric).isShare }),
        let task = content.task(name)
      else { return nil }
      return ChanceLevel(content.description(of: task), task, split: content.split)
    }
    let names = Set(levels.compactMap { $0?.name }).sorted()
    guard !names.isEmpty else { return "" }
    let values = levels.map { level -> Markup in
      guard let level else { return .number("–") }
      return .number(
        Markup(NumberText.fixed(100 * level.accuracy, 1))
          + .element("div", ["class": "difference"], Markup(level.basis))
      )
    }
    return .element(
      "tbody",
      ["class": "chance"],
      .element(
        "tr",
        [:],
        .element(
          "th",
          ["scope": "row", "colspan": "2"],
          Markup("chance: " + names.joined(separator: " or "))
        ),
        Markup(values)
      )
    )
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
    let error = sampling.standardError(of: cell).map { "s.e. \(scale.text($0))" }
    return .element(
      "td",
      ["class": "n"],
      .element(
        "a",
        ["href": "#" + anchor(cell)],
        mean,
        .element("small", [:], Markup(spread + count))
      ),
      error.map { .element("small", ["class": "error"], Markup(NumberText.unbroken($0))) } ?? "",
      difference(cell)
    )
  }

  private func difference(_ cell: StudyResult.Cell) -> Markup {
    guard let contrast = contrasts.first(where: { $0.cell == cell }) else { return "" }
    return .element(
      "div",
      ["class": contrast.isSignificant ? "difference clear" : "difference"],
      .element("span", [:], Markup(contrast.effect)),
      contrast.certainty.isEmpty ? "" : .element("br", [:]) + Markup(contrast.certainty)
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
