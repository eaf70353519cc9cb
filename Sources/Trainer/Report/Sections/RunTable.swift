extension Section {
  /// Every run with where its numbers stand.
  static func runs(_ content: ReportContent) -> Section? {
    guard !content.runs.isEmpty || !content.result.unfinished.isEmpty else { return nil }
    return Section("runs", "Runs", RunTable(content).markup())
  }
}

/// The runs, grouped by the cells that they made.
struct RunTable {
  private let content: ReportContent

  init(_ content: ReportContent) { self.content = content }

  /// The name of a cell's place in the table.
  static func anchor(of cell: StudyResult.Cell, in cells: [StudyResult.Cell]) -> String {
    "cell-\(cells.firstIndex(of: cell) ?? 0)"
  }

  func markup() -> Markup {
    Markup([unfinished, faults, content.runs.isEmpty ? "" : table])
  }

  private var table: Markup {
    .table(
      "Runs",
      caption:
        "Best validation is that of the weights that are kept; it is the loss in pretraining. Seconds are "
        + "those of the clock, under whatever load the machine had. Peak memory is the most of the process "
        + "while the run went on; ≤ where only the most since the process began is known, which may have "
        + "made other runs before. Of a run that was resumed it is that of the last process. Each number "
        + "can be read in the folder's summary.json and test.json.",
      .headings([
        ("run", false), ("seed", true), ("steps", true), ("best validation", true), ("test", true),
        ("seconds", true), ("peak memory, MB", true), ("state", false),
      ]),
      Markup(
        content.result.cells.enumerated().map { body($0.element, "cell-\($0.offset)") }
      ),
      others
    )
  }

  private func body(_ cell: StudyResult.Cell, _ id: String) -> Markup {
    let names = zip(cell.pretrainings, cell.runs).flatMap { [$0, $1] }
    let runs = content.runs(names.isEmpty ? cell.runs : names)
    guard !runs.isEmpty else { return .element("tbody", ["id": id]) }
    return .element(
      "tbody",
      ["id": id],
      heading(Self.title(cell)),
      Markup(runs.map(row))
    )
  }

  /// "listops, S4, masked pretraining, 10 % of the data".
  static func title(_ cell: StudyResult.Cell) -> String {
    var parts = [cell.task, cell.architecture, cell.start.title]
    if let fraction = cell.fraction {
      parts.append(ComparisonTable.percent(fraction) + " of the data")
    }
    if let share = cell.pretrainingShare, share > 0 {
      parts.append(ComparisonTable.percent(share) + " of the epochs for pretraining")
    }
    return parts.joined(separator: ", ")
  }

  private func heading(_ text: String) -> Markup {
    .element(
      "tr",
      ["class": "group"],
      .element("th", ["colspan": "8", "scope": "rowgroup"], Markup(text))
    )
  }

  /// Runs that no cell is made of: those that were not chosen, and those that have not ended.
  private var others: Markup {
    let used = Set(content.result.cells.flatMap { $0.runs + $0.pretrainings })
    let rest = content.runs.filter { !used.contains($0.name) }
    guard !rest.isEmpty else { return "" }
    let title =
      content.result.cells.isEmpty ? "runs" : "runs that no number of the tables is made of"
    return .element("tbody", [:], heading(title), Markup(rest.map(row)))
  }

  private func row(_ run: RunRecord) -> Markup {
    let summary = run.summary
    return .element(
      "tr",
      [:],
      .cell(.element("code", [:], Markup(run.name))),
      .number("\(run.configuration.seed)"),
      .number(Markup(NumberText.grouped(run.steps))),
      .number(Markup(run.bestValidation?.text ?? "–")),
      .number(Markup(run.test?.text ?? "–")),
      .number(Markup(run.seconds.map { NumberText.fixed($0, $0 < 100 ? 1 : 0) } ?? "–")),
      .number(
        Markup(
          summary.map {
            ($0.memory.isOfRun == true ? "" : "≤\u{A0}")
              + NumberText.fixed(Double($0.memory.peak) / 1e6, 0)
          } ?? "–"
        )
      ),
      .cell(Markup(summary?.status ?? "not finished"))
    )
  }

  private var unfinished: Markup {
    let missing = content.result.unfinished
    guard !missing.isEmpty else { return "" }
    return .element(
      "div",
      ["class": "warning", "role": "note"],
      .element("strong", [:], "\(NumberText.count(missing.count, "run")) without a result:"),
      .element(
        "ul",
        [:],
        Markup(
          missing.map { run in
            .element(
              "li",
              [:],
              .element("code", [:], Markup(run.run)),
              Markup(run.failure.map { " failed: \($0)" } ?? " is not finished")
            )
          }
        )
      )
    )
  }

  private var faults: Markup { Self.notes(content.faults) }

  /// What could not be shown, a line each.
  static func notes(_ notes: [String]) -> Markup {
    guard !notes.isEmpty else { return "" }
    return .element(
      "ul",
      ["class": "warning", "role": "note"],
      Markup(notes.map { .element("li", [:], Markup($0)) })
    )
  }
}
