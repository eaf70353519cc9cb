/// A named pair of configurations for one task: how to pretrain, and how to finetune.
///
/// Encoder and outputs follow from the data set; the numbers here are those of the published data.
public struct Preset: Sendable {
  /// The name for `--preset`.
  public var name: String
  /// The task it was made for, as `lra-prep` names it.
  public var task: String
  /// One line on what it is.
  public var summary: String
  /// The published experiments that it follows.
  public var published = PublishedNames()
  /// Where its numbers come from, a line each.
  public var sources: [String]
  /// The shape of the task's data.
  public var shape: DataShape
  /// How to pretrain.
  public var pretrain: RunConfiguration
  /// How to finetune, or to train from scratch.
  public var finetune: RunConfiguration

  /// Every preset, by name.
  public static let all: [Preset] =
    (LRATransformers.all + PaperTransformers.all + RotaryTransformers.all + DemoTransformers.all
    + StateSpacePresets.all + OtherPresets.all + MegaPresets.all + PythiaTransformers.all)
    .sorted { $0.name < $1.name }

  /// The preset of that name.
  ///
  /// - Throws: ``RunError`` with the names that look like it when there is none.
  public static func named(_ name: String) throws -> Preset {
    if let preset = all.first(where: { $0.name == name }) { return preset }
    let near = all.map(\.name).filter { editDistance($0, name) <= max(2, name.count / 3) }
    throw RunError(
      "preset '\(name)'",
      "there is no such preset",
      hint: near.isEmpty
        ? "'lra-train presets' lists them"
        : "did you mean \(near.map { "'\($0)'" }.joined(separator: " or "))?"
    )
  }

  /// The preset's configuration of a stage.
  public func configuration(for stage: RunConfiguration.Stage) -> RunConfiguration {
    stage == .pretrain ? pretrain : finetune
  }

  /// The trainable numbers of the published experiment of a stage, nil when they are not known.
  public func publishedParameters(of stage: RunConfiguration.Stage) -> Int? {
    published[stage].flatMap { name in
      let width = configuration(for: stage).network.width
      return PublishedExperiments.maskedParameters(name, width: width)
    }
  }

  /// The preset that suits a task when none is named: a demonstration, else the first Transformer.
  public static func suggested(forTask task: String) -> Preset? {
    let suitable = all.filter { $0.task == task }
    return ["demo-", "transformer-\(task)", "transformer-path", "transformer-"].lazy
      .compactMap { start in suitable.first { $0.name.hasPrefix(start) } }.first
      ?? suitable.first { !$0.name.hasPrefix("paper-") }
  }

  /// The insertions, deletions and replacements between two names.
  private static func editDistance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let replaced = diagonal + (letter == right[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
      }
    }
    return row[right.count]
  }
}
