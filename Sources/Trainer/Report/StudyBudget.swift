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

  /// Those of every architecture and start that has the stage.
  private func presets(_ task: Study.Task, _ stage: RunConfiguration.Stage) -> [RunConfiguration] {
    let starts = study.starts.filter { stage == .finetune || $0 != .scratch }
    return study.architectures.flatMap { architecture in
      starts.filter { architecture.starts?.contains($0) ?? true }.compactMap {
        start -> RunConfiguration? in
        let causal = start == .causal ? architecture.causalPresets?[task.name] : nil
        return (causal ?? architecture.presets[task.name])
          .flatMap { try? Preset.named($0).configuration(for: stage) }
      }
    }
  }

  private func line(
    _ name: String,
    _ stages: [(name: String, change: JSONValue?, presets: [RunConfiguration])]
  ) -> String? {
    let parts = stages.compactMap { stage -> String? in
      guard let change = stage.change else { return nil }
      let fields = Self.fields(change, "").map { Self.text($0.path, $0.value, stage.presets) }
      return fields.isEmpty ? nil : "\(stage.name): " + fields.joined(separator: ", ")
    }
    return parts.isEmpty ? nil : "\(name), " + parts.joined(separator: "; ")
  }

  /// The values that are no objects, each with its path in `config.json`.
  private static func fields(
    _ value: JSONValue,
    _ path: String
  ) -> [(path: String, value: JSONValue)] {
    guard case .object(let fields) = value else { return [(path, value)] }
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

  /// "steps 4,000 (presets: 100 epochs)", "no limit of epochs", "gradient norm clipped at: none".
  private static func text(
    _ path: String,
    _ value: JSONValue,
    _ presets: [RunConfiguration]
  ) -> String {
    let name = words[path] ?? path
    guard value != .null else {
      // A lifted limit stands beside another one, which tells how long presets are.
      return ["steps", "epochs"].contains(path) ? "no limit of \(path)" : name + ": none"
    }
    return name + " " + text(value) + original(of: path, presets)
  }

  private static func text(_ value: JSONValue) -> String {
    if case .integer(let number) = value { return NumberText.grouped(Int(number)) }
    return value.text.filter { $0 != "\"" }
  }

  /// How long presets are, where a field makes runs of another length.
  private static func original(of path: String, _ presets: [RunConfiguration]) -> String {
    let lengths: [String]
    switch path {
    case "steps", "epochs":
      lengths = presets.map { preset in
        [
          preset.steps.map { NumberText.count($0, "step") },
          preset.epochs.map { NumberText.count($0, "epoch") },
        ].compactMap { $0 }.joined(separator: " or ")
      }
    case "batchSize":
      lengths = presets.map { NumberText.grouped($0.batchSize) }
    default:
      return ""
    }
    var seen: Set<String> = []
    let distinct = lengths.filter { seen.insert($0).inserted }
    return distinct.isEmpty ? "" : " (presets: \(distinct.joined(separator: "; ")))"
  }
}
