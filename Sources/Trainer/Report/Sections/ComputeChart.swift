extension Section {
  /// The metric over what training cost.
  static func compute(_ content: ReportContent) -> Section? {
    let cells = content.mainCells
    let usesOperations = !cells.isEmpty && cells.allSatisfy { $0.operations > 0 }
    let cost: (StudyResult.Cell) -> Double = { usesOperations ? $0.operations : $0.seconds }
    guard Set(cells.map(cost)).count > 1, cells.allSatisfy({ cost($0) > 0 }) else { return nil }
    let panels = ReportContent.tasks(cells).map { task in
      panel(task, cells.filter { $0.task == task }, usesOperations, cost)
    }
    return Section(
      "compute",
      "Compute",
      .paragraph(
        usesOperations
          ? "The metric over the floating-point operations of training, pretraining included, by the "
            + "formula of lra-train bench. A broken line joins the initializations of one architecture."
          : "The metric over the seconds of training by the clock, pretraining included, on the machine that "
            + "each run had and under whatever load. A broken line joins the initializations of one architecture."
      ),
      .legend(ReportContent.starts(cells).map { (Palette.Hue($0), $0.title) }),
      .element("figure", [:], .element("div", ["class": "grid-of"], Markup(panels)))
    )
  }

  private static func panel(
    _ task: String,
    _ cells: [StudyResult.Cell],
    _ usesOperations: Bool,
    _ cost: (StudyResult.Cell) -> Double
  ) -> Markup {
    let scale = MetricScale(cells.first?.metric ?? "")
    let series = cells.map { cell in
      Series(
        label: cell.architecture,
        hue: .init(cell.start),
        form: .dots,
        points: [CellCharts.point(cell, at: cost(cell), scale)]
      )
    }
    let pairs = ReportContent.architectures(cells).map { name in
      cells.filter { $0.architecture == name }.map { (x: cost($0), y: scale.factor * $0.mean) }
        .sorted { $0.x < $1.x }
    }
    let unit = usesOperations ? "operations" : "seconds"
    return Chart(
      title: task,
      context: "Compute",
      summary: cells.map { cell in
        "\(cell.architecture) \(cell.start.title): \(scale.text(cell.mean)) at "
          + "\(NumberText.short(cost(cell))) \(unit)"
      }.joined(separator: "; ") + ".",
      x: Axis(
        usesOperations ? "floating-point operations of training" : "seconds of training",
        over: cells.map(cost),
        spread: .logarithmic,
        text: usesOperations ? { NumberText.short($0) } : nil
      ),
      y: Axis(scale.axisLabel, over: series.flatMap(\.heights)),
      series: series,
      pairs: pairs.filter { $0.count > 1 }
    ).markup()
  }
}
