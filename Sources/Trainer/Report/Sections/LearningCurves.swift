extension Section {
  /// How validation went during pretraining and finetuning.
  static func curves(_ content: ReportContent) -> Section? {
    let cells = content.mainCells
    let groups = cells.isEmpty ? LearningCurves.single(content) : LearningCurves.cells(content)
    let figures = groups.flatMap { $0.figures() }
    guard !figures.isEmpty else { return nil }
    let starts = ReportContent.starts(cells)
    return Section(
      "curves",
      "Learning curves",
      .paragraph(
        "On the validation split, over optimizer steps. Lines are means over the seeds, bands reach from "
          + "the least to the greatest. Panels of a row share their vertical axis."
      ),
      starts.isEmpty ? "" : .legend(starts.map { (Palette.Hue($0), $0.title) }),
      Markup(figures)
    )
  }
}

/// The learning curves of a task: a panel for each architecture.
struct LearningCurves {
  /// The runs that make one line.
  private struct Line {
    var architecture: String
    var label: String
    var hue: Palette.Hue
    var runs: [RunRecord]
  }

  private let task: String
  private let pretraining: [Line]
  private let finetuning: [Line]

  /// The curves of a comparison.
  static func cells(_ content: ReportContent) -> [LearningCurves] {
    let cells = content.mainCells
    return ReportContent.tasks(cells).map { task in
      let own = cells.filter { $0.task == task }
      func lines(_ runs: (StudyResult.Cell) -> [String]) -> [Line] {
        own.map { cell in
          Line(
            architecture: cell.architecture,
            label: cell.start.label,
            hue: .init(cell.start),
            runs: content.runs(runs(cell))
          )
        }
      }
      return LearningCurves(
        task: task,
        pretraining: lines(\.pretrainings),
        finetuning: lines(\.runs)
      )
    }
  }

  /// The curves of runs that nothing is compared with.
  static func single(_ content: ReportContent) -> [LearningCurves] {
    func line(_ run: RunRecord) -> Line {
      Line(architecture: run.name, label: "", hue: .plain, runs: [run])
    }
    return [
      LearningCurves(
        task: "Runs",
        pretraining: content.runs.filter(\.isPretraining).map(line),
        finetuning: content.runs.filter { !$0.isPretraining }.map(line)
      )
    ]
  }

  /// A figure for each stage that there are lines of.
  func figures() -> [Markup] {
    [
      figure("\(task): pretraining", pretraining) { $0.loss },
      figure("\(task): finetuning", finetuning, metric: finetuningMetric) { line in
        switch finetuningMetric {
        case "accuracy": line.accuracy
        case "R2": line.r2
        default: line.loss
        }
      },
    ].compactMap { $0 }
  }

  private var finetuningMetric: String {
    let lines = finetuning.flatMap(\.runs).flatMap(\.validations)
    if lines.contains(where: { $0.accuracy != nil }) { return "accuracy" }
    return lines.contains { $0.r2 != nil } ? "R2" : "loss"
  }

  private func figure(
    _ title: String,
    _ lines: [Line],
    metric: String = "loss",
    value: (MetricsLine) -> Double?
  ) -> Markup? {
    let scale = MetricScale(metric)
    let series = lines.map { line in
      (line, Self.series(line) { metrics in value(metrics).map { $0 * scale.factor } })
    }.filter { !$0.1.points.isEmpty }
    guard !series.isEmpty else { return nil }
    // Losses of different kinds cannot be compared and have axes of their own.
    let kinds = Set(lines.flatMap(\.runs).map(\.configuration.objective.loss))
    let isShared = metric != "loss" || kinds.count == 1
    let shared =
      isShared ? Axis(Self.label(scale, kinds), over: series.flatMap { $0.1.heights }) : nil
    var names: [String] = []
    for (line, _) in series where !names.contains(line.architecture) {
      names.append(line.architecture)
    }
    let panels = names.map { name in
      let own = series.filter { $0.0.architecture == name }
      let kinds = Set(own.flatMap(\.0.runs).map(\.configuration.objective.loss))
      return Self.panel(name, title, own.map(\.1), scale, shared, Self.label(scale, kinds))
    }
    return .figures(title, "", panels)
  }

  private static func panel(
    _ title: String,
    _ context: String,
    _ series: [Series],
    _ scale: MetricScale,
    _ y: Axis?,
    _ label: String
  ) -> Markup {
    Chart(
      title: title,
      context: context,
      summary: summary(series, scale),
      x: Axis("optimizer steps", over: series.flatMap { $0.points.map(\.x) } + [0], isTight: true),
      y: y ?? Axis(label, over: series.flatMap(\.heights)),
      series: series
    ).markup()
  }

  /// "validation accuracy, %", "validation loss (l1)".
  private static func label(_ scale: MetricScale, _ kinds: Set<Objective.Loss>) -> String {
    let kind =
      scale.name == "loss" && kinds.count == 1 ? kinds.first.map { " (\($0.rawValue))" } : nil
    return "validation \(scale.axisLabel)\(kind ?? "")"
  }

  /// The mean over the runs at every step at which all of them were judged.
  private static func series(_ line: Line, _ value: (MetricsLine) -> Double?) -> Series {
    var values: [Int: [Double]] = [:]
    for run in line.runs {
      // A run that was resumed may have judged a step twice; the last one counts.
      var own: [Int: Double] = [:]
      for metrics in run.validations { own[metrics.step] = value(metrics) }
      for (step, number) in own { values[step, default: []].append(number) }
    }
    let steps = thinned(values.filter { $0.value.count == line.runs.count }.keys.sorted())
    let points = steps.compactMap { step -> Series.Point? in
      guard let numbers = values[step], let low = numbers.min(), let high = numbers.max() else {
        return nil
      }
      return Series.Point(
        x: Double(step),
        y: numbers.mean,
        spread: numbers.count > 1 && low.isFinite && high.isFinite ? low...high : nil
      )
    }
    return Series(
      label: line.label,
      hue: line.hue,
      isDashed: line.hue == .causal,
      form: .line,
      points: points
    )
  }

  /// At most 160 of them, the last one included.
  private static func thinned(_ steps: [Int]) -> [Int] {
    let every = max(1, (steps.count + 159) / 160)
    return steps.enumerated().filter { ($0.offset - steps.count + 1) % every == 0 }.map(\.element)
  }

  private static func summary(_ series: [Series], _ scale: MetricScale) -> String {
    let ends = series.compactMap { line in
      line.points.last.map { point in
        (line.label.isEmpty ? "" : line.label + " ")
          + "ends at \(NumberText.fixed(point.y, scale.decimals)) after "
          + "\(NumberText.grouped(Int(point.x))) steps"
      }
    }
    return "Validation \(scale.axisLabel): " + ends.joined(separator: "; ") + "."
  }
}
