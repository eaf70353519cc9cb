extension Study {
  /// A study of architectures by the beginnings of their presets' names, such as "s4" or
  /// "transformer-rotary".
  ///
  /// - Parameters:
  ///   - architectures: what presets' names have before the task.
  ///   - tasks: as `lra-prep` names them.
  ///   - starts: how weights begin.
  ///   - seeds: how many, from 1.
  /// - Throws: ``RunError`` when an architecture has a preset for none of the tasks.
  public init(
    architectures: [String],
    tasks: [String],
    starts: [Start],
    seeds: Int
  ) throws {
    let chosen = try architectures.map { name in
      var architecture = Architecture(name: name, presets: [:])
      for task in tasks {
        if let preset = Self.preset(name, task) { architecture.presets[task] = preset.name }
        if let causal = Self.preset(name + "-causal", task) {
          architecture.causalPresets = (architecture.causalPresets ?? [:])
          architecture.causalPresets?[task] = causal.name
        }
      }
      guard !architecture.presets.isEmpty else {
        throw RunError(
          "architecture '\(name)'",
          "there is no preset '\(name)-TASK' for \(tasks.joined(separator: ", "))",
          hint: "'lra-train presets' lists them"
        )
      }
      return architecture
    }
    self.init(
      title: architectures.joined(separator: ", ") + " on " + tasks.joined(separator: ", "),
      tasks: tasks.map { Task($0) },
      architectures: chosen,
      starts: starts,
      seeds: (1...UInt64(seeds)).map { $0 }
    )
    try check("study")
  }

  private static func preset(_ architecture: String, _ task: String) -> Preset? {
    let short = [
      "pathfinder32": "pathfinder", "pathfinder128": "pathx", "pathfinder256": "pathx256",
    ]
    return [task, short[task] ?? task].lazy
      .compactMap { ending in Preset.all.first { $0.name == architecture + "-" + ending } }.first
  }

  /// The study with some of its tasks and architectures only.
  ///
  /// - Throws: ``RunError`` when the study lacks one of them.
  public func restricted(tasks: [String]?, architectures: [String]?) throws -> Study {
    var study = self
    func keep<Item>(_ items: [Item], _ names: [String]?, _ name: (Item) -> String, _ what: String)
      throws -> [Item]
    {
      guard let names else { return items }
      let known = items.map(name)
      if let unknown = names.first(where: { !known.contains($0) }) {
        throw RunError(
          title,
          "it has no \(what) '\(unknown)'",
          hint: "it has: \(known.joined(separator: ", "))"
        )
      }
      return items.filter { names.contains(name($0)) }
    }
    study.tasks = try keep(self.tasks, tasks, { $0.name }, "task")
    let kept = Set(study.tasks.map(\.name))
    study.architectures = try keep(self.architectures, architectures, { $0.name }, "architecture")
    study.architectures = study.architectures.compactMap { architecture in
      var architecture = architecture
      architecture.presets = architecture.presets.filter { kept.contains($0.key) }
      architecture.causalPresets = architecture.causalPresets?.filter { kept.contains($0.key) }
      return architecture.presets.isEmpty ? nil : architecture
    }
    return study
  }
}
