internal import ArgumentParser
internal import Trainer

struct Finetune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains a network to classify, from pretrained weights or from scratch.",
    discussion: """
      With --from every weight but the head's is taken over from the best checkpoint, \
      and the mask channel of a continuous input is dropped; without a preset the sizes \
      are those of the pretrained network. Attention stays causal when it was causal in \
      pretraining. Of a GPT-NeoX model the layers are taken, and a preset has to be named. \
      Without --from training starts from scratch.

      Examples:
        lra-train finetune --data data/listops --from a --run b
        lra-train finetune --data data/listops --preset demo-listops --run c
        lra-train finetune --data data/text --preset paper-pythia-70m-text \
          --from pythia-70m/model.safetensors
        lra-train finetune --run c --resume
      """
  )

  @Option(
    help: "The data set's folder; - receives one from standard input into the run's folder."
  )
  var data: String?

  @Option(
    help: """
      A pretrained run by folder or name, a checkpoint file, or a GPT-NeoX model: a safetensors \
      file, the index of several or their folder.
      """
  )
  var from: String?

  @OptionGroup(title: "Settings") var settings: SettingOptions
  @OptionGroup(title: "Run") var options: RunOptions

  mutating func validate() throws {
    if data == nil, !options.resume {
      throw ValidationError("Missing expected argument '--data <data>'")
    }
  }

  func run() throws {
    var session = TrainingSession(stage: .finetune, data: data, settings, options)
    session.changesRun = session.changesRun || from != nil
    session.from = from
    try session.run { _ in }
  }
}
