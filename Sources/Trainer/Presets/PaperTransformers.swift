/// The small Transformers of the paper as its published code runs them.
///
/// Against the plain presets: the four attention projections start as copies of one, warm-up
/// starts from rate 0, the last partial batch is not scored, and the learning rate of text and
/// ListOps is 0.05. Text pretraining has no output layer: its cross entropy runs over the 512
/// channels of the last norm.
enum PaperTransformers {
  static let all = [
    variant(of: .image, "paper-transformer-image", "transformer-lra-cifar", monitor: .loss),
    variant(of: .text, "paper-transformer-text", "transformer-lra-imdb", monitor: .accuracy),
    variant(
      of: .listops,
      "paper-transformer-listops",
      "transformer-lra-listops",
      monitor: .accuracy
    ),
    variant(
      of: .pathfinder,
      "paper-transformer-pathfinder",
      "transformer-lra-pathfinder",
      monitor: .accuracy
    ),
  ]

  private static func variant(
    of task: PublishedTask,
    _ name: String,
    _ published: String,
    monitor: RunConfiguration.Validation.Monitor
  ) -> Preset {
    var preset = task.preset(
      name,
      "as published, with the published code's peculiarities",
      sources: [
        "every number: published \(published) and \(published)-mlm",
        "masks: those of the data set; README of the published code has ratio 0.5",
        "peculiarities: identical projections, warm-up from rate 0, last partial batch not scored"
          + (task.task == "text" ? ", no output layer in pretraining" : ""),
      ]
    )
    preset.pretrain = peculiar(preset.pretrain)
    preset.finetune = peculiar(preset.finetune)
    preset.pretrain.validation.monitor = monitor  // train.monitor of the -mlm file
    if task.task == "text" { preset.pretrain.network.head = .identity }
    return preset
  }

  private static func peculiar(_ configuration: RunConfiguration) -> RunConfiguration {
    var published = configuration
    published.network.identicalProjections = true
    published.schedule.warmUp = .fromZero
    published.validation.dropsLastBatch = true
    return published
  }
}
