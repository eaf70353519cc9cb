extension Section {
  /// What each cell of the main table cost.
  static func budget(_ content: ReportContent) -> Section? {
    let cells = content.mainCells
    guard !cells.isEmpty else { return nil }
    let chosen = cells.contains(where: \.isChosen)
    return Section(
      "budget",
      "Budget",
      .table(
        "Budget",
        caption: Markup(
          "Steps × samples of a step, of the first seed's runs; time and floating-point operations (FLOPs) are the mean over the "
            + "seeds, pretraining included. Time is that of the clock, under whatever load the machine had. "
            + (BudgetMatch(content).sentence ?? "")
            + (chosen ? " † chosen on the validation split from several." : "")
        ),
        .headings([
          ("task", false), ("architecture", false), ("initialization", false), ("parameters", true),
          ("pretraining", true), ("finetuning", true), ("learning rate", true), ("time", true),
          ("FLOPs", true),
        ]),
        .element("tbody", [:], Markup(cells.map { row($0, content) }))
      ),
      ChoiceTable(content).markup() ?? ""
    )
  }

  private static func row(_ cell: StudyResult.Cell, _ content: ReportContent) -> Markup {
    func steps(_ names: [String]) -> Markup {
      guard let run = content.runs(names).first else { return "–" }
      return "\(NumberText.grouped(run.steps)) × \(run.configuration.batchSize)"
    }
    return .element(
      "tr",
      [:],
      .cell(Markup(cell.task)),
      .cell(Markup(cell.architecture)),
      .element("td", ["class": "start \(cell.start.rawValue)"], Markup(cell.start.title)),
      .number(Markup(NumberText.grouped(cell.parameters))),
      .number(steps(cell.pretrainings)),
      .number(steps(cell.runs)),
      .number(Markup(NumberText.short(cell.learningRate) + (cell.isChosen ? "†" : ""))),
      .number(Markup(NumberText.time(cell.seconds))),
      .number(Markup(cell.operations > 0 ? NumberText.short(cell.operations) : "–"))
    )
  }
}
