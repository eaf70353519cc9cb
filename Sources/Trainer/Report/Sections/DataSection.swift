internal import DataKit

extension Section {
  /// What the data are and where they come from.
  static func data(_ content: ReportContent) -> Section? {
    let tasks = content.result.tasks
    guard !tasks.isEmpty else { return nil }
    let described = tasks.map { DataTable.Row(task: $0, description: content.description(of: $0)) }
    return Section(
      "data",
      "Data",
      DataTable(rows: described).markup(),
      Markup(described.map(DataOrigin.markup))
    )
  }
}

/// What a sample of each task is, and how many of them were used.
struct DataTable {
  /// A task with what is known of it.
  struct Row {
    var task: StudyResult.Task
    var description: TaskDescription?
  }

  let rows: [Row]
  private static let splits = [Split.train.rawValue, "validation", Split.test.rawValue]

  func markup() -> Markup {
    let notes = rows.filter { $0.task.validation == "test" }.map {
      " \($0.task.name) has no validation split: what was chosen on it was chosen on the test split."
    }
    return .table(
      "Data",
      caption: Markup(
        "Lengths are those of the training split, least, mean and greatest; samples are those used, of "
          + "those that there are. A dash: not known, or none used." + notes.joined()
      ),
      .headings([
        ("task", false), ("target", false), ("elements", false), ("length", true),
        ("training", true), ("validation", true), ("test", true),
      ]),
      .element("tbody", [:], Markup(rows.map(row)))
    )
  }

  private func row(_ row: Row) -> Markup {
    .element(
      "tr",
      [:],
      .element("th", ["scope": "row"], Markup(row.task.name)),
      .cell(Markup(row.description.map(Self.target) ?? "not known")),
      .cell(Markup(row.description.map(Self.elements) ?? "not known")),
      .number(Markup(row.description.flatMap(Self.length) ?? "–")),
      Markup(Self.splits.map { .number(Markup(Self.count(row.task, $0))) })
    )
  }

  /// "whether a film review is negative or positive: 2 classes (neg, pos)".
  private static func target(_ description: TaskDescription) -> String {
    let what = description.predicts ?? "not described by the study"
    guard let classes = description.classes else { return what + ": a number" }
    let names = description.classNames.map { names in
      let shown = names.prefix(12).joined(separator: ", ")
      return " (\(shown)\(names.count > 12 ? ", …" : ""))"
    }
    return "\(what): \(NumberText.count(classes, "class", "classes"))\(names ?? "")"
  }

  /// "characters, vocabulary of 111", "grey pixels".
  private static func elements(_ description: TaskDescription) -> String {
    var parts: [String] = []
    if let tokenizer = description.tokenizer {
      let kinds = [
        "character": "characters", "byte": "bytes", "words": "words", "listops": "ListOps symbols",
      ]
      parts.append(kinds[tokenizer] ?? tokenizer)
      if let size = description.vocabulary {
        parts.append("vocabulary of \(NumberText.grouped(size)), special tokens included")
      }
    } else {
      parts.append(description.input)
      if description.channels > 1 { parts.append("\(description.channels) values each") }
    }
    if description.sequences > 1 { parts.append("\(description.sequences) sequences a sample") }
    return parts.joined(separator: ", ")
  }

  private static func length(_ description: TaskDescription) -> String? {
    description.lengths[Split.train.rawValue].map { lengths in
      guard lengths.least < lengths.greatest else { return NumberText.grouped(lengths.greatest) }
      let mean = NumberText.fixed(lengths.mean, 0)
      return
        "\(NumberText.grouped(lengths.least)) / \(mean) / \(NumberText.grouped(lengths.greatest))"
    }
  }

  private static func count(_ task: StudyResult.Task, _ split: String) -> String {
    let own = split == "validation" ? task.validation : split
    guard let all = task.samples[own] ?? task.samples[split] else { return "–" }
    guard let used = task.used[split], used != all else { return NumberText.grouped(all) }
    return (used == 0 ? "–" : NumberText.grouped(used)) + " of \(NumberText.grouped(all))"
  }
}

/// How a task's data set was made, and how to know it.
enum DataOrigin {
  static func markup(_ row: DataTable.Row) -> Markup {
    let task = row.task
    var facts: [(String, Markup)] = [
      ("folder", .element("code", [:], Markup(task.data))),
      (
        "digest",
        .element("code", ["class": "digest"], Markup(task.digest))
          + " of samples, labels and their order: of the same digest, the same data"
      ),
      (
        "inputs",
        task.provenance.isEmpty
          ? "not known"
          : Markup(
            task.provenance.map { .element("code", ["class": "digest"], Markup($0)) },
            separator: .element("br")
          )
      ),
    ]
    if let description = row.description {
      facts.append(
        (
          "made by",
          .element("code", [:], Markup(description.command)) + " with \(description.tool)"
        )
      )
    }
    return .element(
      "div",
      ["class": "origin"],
      .element("h3", [:], Markup(task.name)),
      .element(
        "dl",
        ["class": "facts"],
        Markup(facts.map { .element("dt", [:], Markup($0.0)) + .element("dd", [:], $0.1) })
      )
    )
  }
}
