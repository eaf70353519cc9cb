internal import ArgumentParser
internal import Trainer

struct ListPresets: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presets",
    abstract: "Lists the presets, or shows one with the sources of its numbers.",
    discussion: """
      The list has name, task, parameters of the finetuned network, what it is, and the published \
      experiments that it follows, pretraining first; = says that the published network has as many \
      parameters.

      Examples:
        lra-train presets
        lra-train presets transformer-image --json
      """
  )

  @Argument(help: "The preset to show.")
  var name: String?

  @Flag(help: "Write JSON: one object a preset.")
  var json = false

  /// What --json prints.
  private struct Description: Encodable {
    var event = "preset"
    var name: String
    var task: String
    var summary: String
    var sources: [String]
    var publishedPretrain: String?
    var publishedFinetune: String?
    var publishedPretrainParameters: Int?
    var publishedFinetuneParameters: Int?
    var pretrainParameters: Int
    var finetuneParameters: Int
    var pretrain: RunConfiguration
    var finetune: RunConfiguration

    init(_ preset: Preset) {
      name = preset.name
      task = preset.task
      summary = preset.summary
      sources = preset.sources
      publishedPretrain = preset.published.pretrain
      publishedFinetune = preset.published.finetune
      publishedPretrainParameters = preset.publishedParameters(of: .pretrain)
      publishedFinetuneParameters = preset.publishedParameters(of: .finetune)
      pretrainParameters = Network.parameterCount(preset.pretrain.network)
      finetuneParameters = Network.parameterCount(preset.finetune.network)
      pretrain = preset.pretrain
      finetune = preset.finetune
    }
  }

  func run() throws {
    let presets = try name.map { [try Preset.named($0)] } ?? Preset.all
    if json {
      for preset in presets { try printJSON(Description(preset)) }
    } else if let preset = presets.first, name != nil {
      try show(preset)
    } else {
      for preset in presets {
        let count = Network.parameterCount(preset.finetune.network)
        print(
          "\(padded(preset.name, 34)) \(padded(preset.task, 13)) \(padded("\(count)", 9)) "
            + preset.summary + published(preset)
        )
      }
    }
  }

  /// The published experiments, with a mark at each whose network has as many parameters.
  private func published(_ preset: Preset) -> String {
    let names = RunConfiguration.Stage.allCases.compactMap { stage in
      preset.published[stage].map { $0 + (agrees(preset, stage) ? "=" : "") }
    }
    return names.isEmpty ? "" : " [\(names.joined(separator: ", "))]"
  }

  private func agrees(_ preset: Preset, _ stage: RunConfiguration.Stage) -> Bool {
    let count = Network.parameterCount(preset.configuration(for: stage).network)
    return preset.publishedParameters(of: stage) == count
  }

  private func show(_ preset: Preset) throws {
    print("\(preset.name) (\(preset.task)): \(preset.summary)")
    for source in preset.sources { print("source: \(source)") }
    for stage in RunConfiguration.Stage.allCases {
      let configuration = preset.configuration(for: stage)
      let count = Network.parameterCount(configuration.network)
      print("\n\(stage.rawValue), \(count) parameters\(comparison(preset, stage)):")
      print(String(decoding: try configuration.encoded(), as: UTF8.self), terminator: "")
    }
  }

  /// How many parameters the published experiment has.
  private func comparison(_ preset: Preset, _ stage: RunConfiguration.Stage) -> String {
    guard let name = preset.published[stage] else { return "" }
    guard let count = preset.publishedParameters(of: stage) else { return " (\(name))" }
    return agrees(preset, stage) ? " (as many as \(name))" : " (\(name) has \(count))"
  }
}

/// The text with spaces behind it up to a width.
func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
