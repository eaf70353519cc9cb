extension Section {
  /// The metric over the share of the training split.
  static func fractions(_ content: ReportContent) -> Section? {
    let cells = content.result.cells.filter { $0.pretrainingShare == nil }
    let varied = Set(cells.filter { $0.fraction ?? 1 != 1 }.map(\.task))
    let shown = cells.filter { varied.contains($0.task) }
    guard !shown.isEmpty else { return nil }
    let shares = Set(shown.map { $0.fraction ?? 1 }).sorted()
    let charts = CellCharts(shown) { $0.fraction ?? 1 }
    return Section(
      "fractions",
      "Amount of data",
      .paragraph(
        "The metric on the \(content.split) split over the share of the training split that pretraining "
          + "and finetuning saw. Marks are means, bars one standard deviation to each side."
      ),
      .legend(ReportContent.starts(cells).map { (Palette.Hue($0), $0.title) }),
      Markup(
        charts.figures(
          over: Axis(
            "share of the training split",
            over: shares,
            spread: .logarithmic,
            named: shares,
            text: ComparisonTable.percent
          )
        )
      )
    )
  }

  /// The metric over the share of a budget that pretraining had.
  static func shares(_ content: ReportContent) -> Section? {
    let cells = content.result.cells.filter { $0.pretrainingShare != nil }
    guard !cells.isEmpty else { return nil }
    let shares = Set(cells.compactMap(\.pretrainingShare)).sorted()
    let charts = CellCharts(cells, fromScratch: true) { $0.pretrainingShare ?? 0 }
    return Section(
      "shares",
      "Share of pretraining",
      .paragraph(
        "Pretraining and finetuning share a fixed number of epochs; 0 % is training from scratch. Marks "
          + "are means on the \(content.split) split, bars one standard deviation to each side."
      ),
      .legend(
        ReportContent.starts(cells).filter { $0 != .scratch }.map { (Palette.Hue($0), $0.title) }
      ),
      Markup(
        charts.figures(
          over: Axis(
            "share of epochs given to pretraining",
            over: shares,
            named: shares,
            text: ComparisonTable.percent
          )
        )
      )
    )
  }
}

/// Charts of cells over one of their numbers: a panel for each task and architecture.
struct CellCharts {
  private let cells: [StudyResult.Cell]
  private let fromScratch: Bool
  private let number: (StudyResult.Cell) -> Double

  /// - Parameters:
  ///   - cells: what is shown.
  ///   - fromScratch: whether lines of pretraining begin with the cell from scratch, which has none of
  ///     its own then.
  ///   - number: what stands along the bottom.
  init(
    _ cells: [StudyResult.Cell],
    fromScratch: Bool = false,
    number: @escaping (StudyResult.Cell) -> Double
  ) {
    (self.cells, self.fromScratch, self.number) = (cells, fromScratch, number)
  }

  /// A figure for each task.
  func figures(over x: Axis) -> [Markup] {
    ReportContent.tasks(cells).map { task in
      let own = cells.filter { $0.task == task }
      let scale = MetricScale(own.first?.metric ?? "")
      let all = ReportContent.architectures(own).map { name in
        (name, lines(own.filter { $0.architecture == name }, scale))
      }
      let y = Axis(scale.axisLabel, over: all.flatMap { $0.1.flatMap(\.heights) })
      let panels = all.map { name, series in
        Chart(
          title: name,
          context: task,
          summary: Self.summary(series, scale),
          x: x,
          y: y,
          series: series
        ).markup()
      }
      return .figures(task, "", panels)
    }
  }

  private func lines(_ cells: [StudyResult.Cell], _ scale: MetricScale) -> [Series] {
    let starts = ReportContent.starts(cells)
    let drawn = fromScratch && starts.count > 1 ? starts.filter { $0 != .scratch } : starts
    return drawn.map { start in
      let own = cells.filter { $0.start == start || fromScratch && $0.start == .scratch }
      return line(own, scale, start.label, .init(start))
    }
  }

  private func line(
    _ cells: [StudyResult.Cell],
    _ scale: MetricScale,
    _ label: String,
    _ hue: Palette.Hue
  ) -> Series {
    Series(
      label: label,
      hue: hue,
      isDashed: hue == .causal,
      form: .marks,
      points: cells.sorted { number($0) < number($1) }.map {
        Self.point($0, at: number($0), scale)
      }
    )
  }

  /// The mean of a cell with its deviation to both sides.
  static func point(_ cell: StudyResult.Cell, at x: Double, _ scale: MetricScale) -> Series.Point {
    let mean = scale.factor * cell.mean
    let spread = cell.deviation.map { scale.factor * $0 }
    return Series.Point(x: x, y: mean, spread: spread.map { mean - $0...mean + $0 })
  }

  private static func summary(_ series: [Series], _ scale: MetricScale) -> String {
    let lines = series.map { line in
      (line.label.isEmpty ? "" : line.label + ": ")
        + line.points.map { NumberText.fixed($0.y, scale.decimals) }.joined(separator: ", ")
    }
    return "\(scale.axisLabel), from left to right. " + lines.joined(separator: "; ") + "."
  }
}
