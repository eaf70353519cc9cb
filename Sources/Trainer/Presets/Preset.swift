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
    + StateSpacePresets.all + MegaPresets.all + PythiaTransformers.all)
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

  /// The preset that suits a task when none is named.
  public static func suggested(forTask task: String) -> Preset? {
    let preferred = ["demo-\(task)", "transformer-\(task)"]
    return all.first { preferred.contains($0.name) && $0.task == task }
      ?? all.first { $0.task == task }
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

extension DataShape {
  /// Image: CIFAR-10 in grey, 32 by 32.
  static let image = DataShape(vocabulary: nil, classes: 10, maximumLength: 1024)
  /// Text: IMDB by characters; 136 of them with the published minimum frequency.
  static let text = DataShape(vocabulary: 136, classes: 2, maximumLength: 4096)
  /// ListOps: 15 tokens and 4 specials.
  static let listops = DataShape(vocabulary: 19, classes: 10, maximumLength: 2048)
  /// Pathfinder, 32 by 32.
  static let pathfinder32 = DataShape(vocabulary: nil, classes: 2, maximumLength: 1024)
}
