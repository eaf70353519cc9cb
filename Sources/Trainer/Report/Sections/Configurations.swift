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
    guard !entries.isEmpty else { return nil }
    return Section(
      "configurations",
      "Configurations",
      .paragraph(
        "The resolved config.json of the first seed's runs; the other seeds differ in the seed and in "
          + "the folder of the pretrained weights only. Other cells have theirs in their run folders."
      ),
      Markup(
        entries.map { entry in
          .element(
            "details",
            [:],
            .element("summary", [:], Markup(entry.title)),
            .paragraph(.element("code", [:], "\(entry.run.name)/config.json")),
            .element("pre", [:], .element("code", [:], Markup(entry.run.configurationText)))
          )
        }
      )
    )
  }
}
