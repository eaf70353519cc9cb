/// The first screen: what was compared, on what, with what budget, how sure, and how to repeat it.
struct Overview {
  private let content: ReportContent
  private var result: StudyResult { content.result }
  private var cells: [StudyResult.Cell] { content.result.cells }

  init(_ content: ReportContent) { self.content = content }

  func markup() -> Markup {
    .element(
      "header",
      [:],
      .element("h1", [:], Markup(result.title)),
      result.question.map { .paragraph(Markup($0), class: "question") } ?? "",
      result.source.map { .paragraph("Protocol: \($0)", class: "source") } ?? "",
      // The facts stand beside the finding where there is room.
      .element(
        "div",
        ["class": "columns"],
        .element("div", [:], finding, scale),
        .element("div", [:], facts)
      ),
      notes
    )
  }

  private var scale: Markup {
    let budget = content.file.map { StudyBudget($0.study).lines } ?? []
    let title =
      result.scale != nil ? "Reduced scale: " : budget.isEmpty ? "Scale: " : "Set by the study: "
    return .element(
      "div",
      ["class": "scale", "role": "note"],
      .element("p", [:], .element("strong", [:], Markup(title)), Markup(scaleText)),
      budget.isEmpty
        ? ""
        : .paragraph("The study file sets, over what the presets have:")
          + .element("ul", [:], Markup(budget.map { .element("li", [:], Markup($0)) }))
    )
  }

  private var scaleText: String {
    if let scale = result.scale { return scale + "." }
    return content.isStudy
      ? "nothing was shrunk by a scale; sizes and budgets are those of presets and study file."
      : "these are single runs; whether their sizes and budgets are those of a publication, their "
        + "configurations say."
  }

  private var notes: Markup {
    guard let notes = result.notes, !notes.isEmpty else { return "" }
    return .element(
      "div",
      ["class": "notes"],
      .paragraph("The study's author notes:"),
      .element("ul", [:], Markup(notes.map { .element("li", [:], Markup($0)) }))
    )
  }

  private var finding: Markup {
    guard !cells.isEmpty else {
      return .paragraph(
        "No run of finetuning is finished, so there is nothing to compare yet.",
        class: "finding"
      )
    }
    let finding = Finding(content)
    return .paragraph(Markup(finding.headline), class: "finding")
      + (finding.details.isEmpty ? "" : .paragraph(Markup(finding.details)))
  }

  private var facts: Markup {
    let rows: [(String, Markup)] = [
      ("Compared", Markup(compared)), ("Data", data), ("Budget", budget),
      ("Tuning", Markup(ChoiceTable(content).sentence)), ("Certainty", Markup(certainty)),
      ("Machine", Markup(MachineFacts(content.runs).sentence)),
      (
        "Repeat",
        repeatable
      ),
    ]
    return .element(
      "dl",
      ["class": "facts"],
      Markup(
        rows.filter { !$0.1.isEmpty }.map {
          .element("dt", [:], Markup($0.0)) + .element("dd", [:], $0.1)
        }
      )
    )
  }

  private var repeatable: Markup {
    let command =
      Markup.element("code", [:], Markup(result.command)) + " with lra-train \(result.version)"
    guard content.file != nil else { return command }
    return command + "; below are " + .element("a", ["href": "#study-file"], "the study file")
      + " and " + .element("a", ["href": "#data"], "how the data were made")
  }

  private var compared: String {
    guard !cells.isEmpty else { return "" }
    let starts = ReportContent.starts(cells).map { $0 == .scratch ? $0.title : "from " + $0.title }
    return NumberText.list(ReportContent.architectures(cells)) + ", trained "
      + NumberText.list(starts) + ", judged by "
      + NumberText.list(Array(Set(cells.map(\.metric))).sorted()) + " on the \(content.split) split"
      + (content.split == "validation" ? ", which also chose the weights" : "")
  }

  private var data: Markup {
    Markup(result.tasks.map { Markup(sentence($0)) }, separator: .element("br"))
  }

  private func sentence(_ task: StudyResult.Task) -> String {
    let parts = [("train", "trained on"), ("validation", "validated on"), ("test", "tested on")]
      .compactMap { split, verb -> String? in
        guard let used = task.used[split], used > 0 else { return nil }
        let all = task.samples[split] ?? used
        let whole = used < all ? " of \(NumberText.grouped(all))" : ""
        return "\(verb) \(NumberText.grouped(used))\(whole)"
      }
    let asked = content.description(of: task)?.predicts.map { " (\($0))" } ?? ""
    guard !parts.isEmpty else { return task.name + asked + ", whose data set is not at hand" }
    return task.name + asked + ": " + parts.joined(separator: ", ") + " samples"
  }

  private var budget: Markup {
    var parts: [String] = []
    for (stage, verb) in [
      (RunConfiguration.Stage.pretrain, "pretraining"), (.finetune, "finetuning"),
    ] {
      let runs = reported.filter { $0.configuration.stage == stage }
      guard let steps = Self.span(runs.map(\.steps)) else { continue }
      let batches = Self.span(runs.map(\.configuration.batchSize)) ?? ""
      parts.append("\(verb) in \(steps) steps of \(batches) samples")
    }
    if let sizes = Self.span(cells.map(\.parameters)) { parts.append("\(sizes) parameters") }
    let seconds = content.runs.compactMap(\.seconds).reduce(0, +)
    if seconds > 0 {
      parts.append(
        "\(NumberText.count(content.runs.count, "run")), \(NumberText.time(seconds)) of training together "
          + "by the clock, under whatever load the machine had"
      )
    }
    guard !parts.isEmpty else { return "" }
    let match = BudgetMatch(content).sentence
    return Markup(parts.joined(separator: "; "))
      + (match.map { ". " + Markup.element("em", [:], Markup($0)) } ?? "")
  }

  /// The runs whose results are shown.
  private var reported: [RunRecord] {
    content.isStudy
      ? content.runs(cells.flatMap { $0.runs + $0.pretrainings }) : content.runs
  }

  private var certainty: String {
    guard let seeds = Self.span(cells.map(\.values.count)) else { return "" }
    let sampling = SamplingText(content).sentence
    guard cells.contains(where: { $0.deviation != nil }) else {
      return "one seed per setting: what is chance, these numbers cannot say" + sampling
    }
    return
      "\(seeds) \(seeds == "1" ? "seed" : "seeds") per setting; ± beside an accuracy or loss is "
      + "the standard deviation over them" + sampling
  }

  /// "7" or "7 to 12"; nil of nothing.
  private static func span(_ values: [Int]) -> String? {
    guard let least = values.min(), let greatest = values.max() else { return nil }
    return least == greatest
      ? NumberText.grouped(least)
      : "\(NumberText.grouped(least)) to \(NumberText.grouped(greatest))"
  }
}
