extension Section {
  /// Where the data come from.
  static func data(_ content: ReportContent) -> Section? {
    let tasks = content.result.tasks
    guard !tasks.isEmpty else { return nil }
    let splits = ["train", "validation", "test"]
    let rows = tasks.map { task in
      Markup.element(
        "tr",
        [:],
        .element("th", ["scope": "row"], Markup(task.name)),
        .cell(.element("code", [:], Markup(task.data))),
        Markup(splits.map { .number(Markup(count(task, $0, content.isStudy))) }),
        .cell(.element("code", ["class": "digest"], Markup(task.digest))),
        .cell(
          task.provenance.isEmpty
            ? "not known"
            : Markup(
              task.provenance.map { .element("code", ["class": "digest"], Markup($0)) },
              separator: .element("br")
            )
        )
      )
    }
    return Section(
      "data",
      "Data",
      .table(
        "Data",
        caption: Markup(
          (content.isStudy ? "Samples used of samples that there are. " : "")
            + "The digest names samples, labels and their order: a data set of the same digest is the "
            + "same data. It was made by lra-prep of the inputs named."
            + tasks.filter { $0.validation == "test" }.map {
              " \($0.name) has no validation split: what was chosen on it was chosen on the test split."
            }.joined()
        ),
        .headings([
          ("task", false), ("folder", false), ("training", true), ("validation", true),
          ("test", true), ("digest", false), ("inputs", false),
        ]),
        .element("tbody", [:], Markup(rows))
      )
    )
  }

  private static func count(_ task: StudyResult.Task, _ split: String, _ isStudy: Bool) -> String {
    guard let all = task.samples[split] else { return "–" }
    guard isStudy, let used = task.used[split], used != all else { return NumberText.grouped(all) }
    return "\(NumberText.grouped(used)) of \(NumberText.grouped(all))"
  }
}
