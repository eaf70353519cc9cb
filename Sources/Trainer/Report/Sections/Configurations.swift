extension Section {
  /// What runs were told to do: one of each cell and stage, as the others differ by their seeds.
  static func configurations(_ content: ReportContent) -> Section? {
    var entries: [(title: String, run: RunRecord)] = []
    var seen: Set<String> = []
    for cell in content.mainCells {
      for (stage, names) in [("pretraining", cell.pretrainings), ("finetuning", cell.runs)] {
        guard let run = content.runs(names).first, seen.insert(run.name).inserted else { continue }
        entries.append(("\(RunTable.title(cell)): \(stage)", run))
      }
    }
    if entries.isEmpty { entries = content.runs.map { ($0.name, $0) } }
    guard !entries.isEmpty || content.file != nil else { return nil }
    return Section(
      "configurations",
      "Configurations",
      content.file.map { file in
        details("The study file, with its scale", "study.json", file.text, id: "study-file")
      } ?? "",
      .paragraph(
        "The resolved config.json of the first seed's runs; the other seeds differ in the seed and in "
          + "the folder of the pretrained weights only. Other settings have theirs in their run folders."
      ),
      Markup(
        entries.map { entry in
          details(entry.title, entry.run.name + "/config.json", entry.run.configurationText)
        }
      )
    )
  }

  /// A file that is opened by a click; browsers do that without scripts.
  private static func details(_ title: String, _ name: String, _ text: String, id: String? = nil)
    -> Markup
  {
    .element(
      "details",
      ["id": id],
      .element("summary", [:], Markup(title)),
      .paragraph(.element("code", [:], Markup(name))),
      .element("pre", [:], .element("code", [:], Markup(text)))
    )
  }
}
