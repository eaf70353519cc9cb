internal import ArgumentParser
internal import ToolSupport

@main
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lra-train",
    abstract: "Pretrains, finetunes and evaluates sequence models on prepared data sets, on CPU.",
    discussion: """
      A data set is a folder made by lra-prep. A run is a folder with its configuration, metrics,
      checkpoints and summary; its result depends on configuration and data only, not on threads.

      Examples:
        lra-train pretrain --data data/image --preset transformer-image --run image-masked
        lra-train finetune --data data/image --from image-masked --run image-finetuned
        lra-train evaluate --run image-finetuned --split test

      Exit codes: 0 done, 1 an error in one sentence, 64 wrong usage, 130 interrupted and saved.
      """,
    subcommands: [
      Pretrain.self, Finetune.self, Evaluate.self, Plan.self, ListPresets.self,
    ]
  )

  static func main() { runTool() }
}
