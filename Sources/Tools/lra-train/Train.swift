internal import ArgumentParser
internal import ToolSupport

@main
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lra-train",
    abstract: "Pretrains, finetunes and evaluates sequence models on prepared data sets, on CPU.",
    discussion: """
      A data set is a folder made by lra-prep. A run is a folder with its \
      configuration, metrics, checkpoints and summary; its result depends on \
      configuration and data only, not on threads.

      Examples:
        lra-train pretrain --data data/listops --preset demo-listops --run a
        lra-train finetune --data data/listops --from a --run b
        lra-train evaluate --run b --split test

      Exit codes: 0 done, 1 an error in one sentence, 64 wrong usage, \
      130 interrupted and saved.
      """,
    version: version,
    subcommands: [
      Pretrain.self, Finetune.self, Evaluate.self, Plan.self, ListPresets.self, Export.self,
      Import.self, CheckGolden.self, Bench.self, Compare.self, WriteReport.self,
      Kernels.self, Watch.self,
    ]
  )

  /// The version of the program.
  static let version = "0.2.0"

  static func main() { runTool() }
}
