/// What a study file itself sets of lengths and sizes, beside what a preset has.
struct StudyBudget {
  private let study: Study

  init(_ study: Study) { self.study = study }

  /// A line for each task and architecture with changes.
  var lines: [String] {
    let tasks = study.tasks.compactMap { task in
      line(
        task.name,
        [
          ("pretraining", task.pretrain, presets(task, .pretrain)),
          ("finetuning", task.finetune, presets(task, .finetune)),
        ]
      )
    }
    let architectures = study.architectures.compactMap { architecture in
      line(
        architecture.name,
        [
          ("both stages", architecture.changes, []), ("pretraining", architecture.pretrain, []),
          ("finetuning", architecture.finetune, []),
        ]
      )
    }
    return tasks + architectures
  }

  private func presets(_ task: Study.Task, _ stage: RunConfiguration.Stage) -> [RunConfiguration] {
    study.architectures.compactMap { architecture in
      architecture.presets[task.name].flatMap { try? Preset.named($0).configuration(for: stage) }
    }
  }

  private func line(
    _ name: String,
    _ stages: [(name: String, change: JSONValue?, presets: [RunConfiguration])]
  ) -> String? {
    let parts = stages.compactMap { stage -> String? in
      guard let change = stage.change else { return nil }
      let fields = Self.fields(change, "").map { $0 + Self.original(of: $0, stage.presets) }
      return fields.isEmpty ? nil : "\(stage.name): " + fields.joined(separator: ", ")
    }
    return parts.isEmpty ? nil : "\(name), " + parts.joined(separator: "; ")
  }

  /// "steps 4,000", "learning rate 0.002".
  private static func fields(_ value: JSONValue, _ path: String) -> [String] {
    guard case .object(let fields) = value else {
      return [(words[path] ?? path) + " " + text(value)]
    }
    return fields.sorted { $0.key < $1.key }.flatMap { key, inner in
      self.fields(inner, path.isEmpty ? key : path + "." + key)
    }
  }

  /// Fields of `config.json` that have a name among people.
  private static let words = [
    "batchSize": "batch size", "trainingSamples": "training samples",
    "optimizer.learningRate": "learning rate", "optimizer.weightDecay": "weight decay",
    "optimizer.clipNorm": "gradient norm clipped at", "schedule.shape": "schedule",
    "schedule.warmUpSteps": "warm-up steps", "network.width": "width", "network.depth": "depth",
    "network.dropout": "dropout", "validation.everySteps": "steps between validations",
    "validation.samples": "validation samples",
  ]

  private static func text(_ value: JSONValue) -> String {
    if case .integer(let number) = value { return NumberText.grouped(Int(number)) }
    return value.text.filter { $0 != "\"" }
  }

  /// How long presets are, where a field makes runs of another length.
  private static func original(of field: String, _ presets: [RunConfiguration]) -> String {
    let lengths: [String]
    if field.hasPrefix("steps ") || field.hasPrefix("epochs ") {
      lengths = presets.map { preset in
        [
          preset.steps.map { NumberText.count($0, "step") },
          preset.epochs.map { NumberText.count($0, "epoch") },
        ].compactMap { $0 }.joined(separator: " or ")
      }
    } else if field.hasPrefix("batch size ") {
      lengths = presets.map { NumberText.grouped($0.batchSize) }
    } else {
      return ""
    }
    var seen: Set<String> = []
    let distinct = lengths.filter { seen.insert($0).inserted }
    return distinct.isEmpty ? "" : " (presets: \(distinct.joined(separator: "; ")))"
  }
}
