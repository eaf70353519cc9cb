internal import ArgumentParser
internal import Trainer

struct ListPresets: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "presets",
    abstract: "Lists the presets, or shows one with the sources of its numbers.",
    discussion: """
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
    var pretrainParameters: Int
    var finetuneParameters: Int
    var pretrain: RunConfiguration
    var finetune: RunConfiguration

    init(_ preset: Preset) {
      name = preset.name
      task = preset.task
      summary = preset.summary
      sources = preset.sources
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
          "\(padded(preset.name, 30)) \(padded(preset.task, 13)) \(padded("\(count)", 9)) "
            + preset.summary
        )
      }
    }
  }

  private func show(_ preset: Preset) throws {
    print("\(preset.name) (\(preset.task)): \(preset.summary)")
    for source in preset.sources { print("source: \(source)") }
    for configuration in [preset.pretrain, preset.finetune] {
      let count = Network.parameterCount(configuration.network)
      print("\n\(configuration.stage.rawValue), \(count) parameters:")
      print(String(decoding: try configuration.encoded(), as: UTF8.self), terminator: "")
    }
  }
}

/// The text with spaces behind it up to a width.
func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
