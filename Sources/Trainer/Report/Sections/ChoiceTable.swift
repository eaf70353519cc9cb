/// What finetuning was tried with, and how clear the choice was.
struct ChoiceTable {
  private let content: ReportContent
  private let cells: [StudyResult.Cell]

  init(_ content: ReportContent) {
    self.content = content
    cells = content.mainCells
  }

  /// For the first screen; empty when nothing is known of choices.
  var sentence: String {
    guard content.isStudy, !cells.isEmpty else { return "" }
    guard cells.contains(where: \.isChosen) else {
      return
        "none: one learning rate and batch size for each setting, given by preset or study file"
    }
    let known = cells.compactMap(\.candidates)
    guard !known.isEmpty else { return "chosen on validation; from how many is not recorded" }
    let counts = Set(known.map(\.count)).sorted().map { "\($0)" }
    let rates = Set(known.map { Set($0.map(\.learningRate)).count }).max() ?? 1
    let sizes = Set(known.map { Set($0.map(\.batchSize)).count }).max() ?? 1
    let ties = known.count { Self.tied($0).count > 1 }
    let open = known.count { $0.contains(where: \.isOpen) }
    let provisional =
      open == 0
      ? ""
      : "; provisional in \(open) of \(known.count) settings, where not all combinations are finished"
    return "\(NumberText.list(counts)) combinations tried for each setting "
      + "(\(NumberText.count(rates, "learning rate")), \(NumberText.count(sizes, "batch size"))) with "
      + "the first seed, the best on validation kept for all seeds"
      + (ties == 0
        ? "; no ties"
        : "; in \(ties) of \(known.count) settings the best were equal on validation, and the first of "
          + "them was taken")
      + provisional
  }

  /// A row for each setting that was chosen; nil when none was.
  func markup() -> Markup? {
    let chosen = cells.filter { !($0.candidates ?? []).isEmpty }
    guard !chosen.isEmpty else { return nil }
    let isOpen = chosen.contains { ($0.candidates ?? []).contains(where: \.isOpen) }
    let provisional =
      isOpen ? " Provisional: not all are finished, and another may be the best." : ""
    return .table(
      "Choices",
      caption: Markup(
        "What finetuning was tried with: learning rate × batch size and its best validation with the "
          + "first seed. Bold: taken. Equal: a tie on validation, of which the first was taken."
          + provisional
      ),
      .headings([
        ("task", false), ("architecture", false), ("initialization", false), ("tried", false),
        ("", false),
      ]),
      .element("tbody", [:], Markup(chosen.map(row)))
    )
  }

  private func row(_ cell: StudyResult.Cell) -> Markup {
    let candidates = cell.candidates ?? []
    let tried = candidates.map { candidate -> Markup in
      let text =
        "\(NumberText.short(candidate.learningRate)) × \(candidate.batchSize): "
        + Self.validation(candidate)
      let isTaken = cell.runs.contains(candidate.run)
      return .element(isTaken ? "strong" : "span", [:], Markup(NumberText.unbroken(text)))
    }
    return .element(
      "tr",
      [:],
      .cell(Markup(cell.task)),
      .cell(Markup(cell.architecture)),
      .element("td", ["class": "start \(cell.start.rawValue)"], Markup(cell.start.title)),
      .cell(Markup(tried, separator: ", ")),
      .cell(Markup(Self.remarks(candidates).joined(separator: ", ")))
    )
  }

  /// What is to be known of a choice.
  private static func remarks(_ candidates: [StudyResult.Candidate]) -> [String] {
    (tied(candidates).count > 1 ? ["equal"] : [])
      + (candidates.contains(where: \.isOpen) ? ["provisional"] : [])
  }

  private static func validation(_ candidate: StudyResult.Candidate) -> String {
    if candidate.isOpen { return "not finished" }
    guard candidate.progress == .finished, let value = candidate.validation else {
      return "failed"
    }
    return RunRecord.Metric(name: candidate.monitor, value: value).text
  }

  /// The finished candidates that share the best validation.
  static func tied(_ candidates: [StudyResult.Candidate]) -> [StudyResult.Candidate] {
    let candidates = candidates.filter { $0.progress == .finished && $0.validation != nil }
    let values = candidates.compactMap(\.validation)
    let isAccuracy = candidates.first?.monitor == "accuracy"
    guard let best = isAccuracy ? values.max() : values.min() else { return [] }
    return candidates.filter { $0.validation == best }
  }
}
