/// Transformers of the shape of Pythia 70M, a GPT-NeoX model, for the paper's comparison with a model
/// that was pretrained on text.
///
/// Without `--from` they start from fresh weights; with a published model its layers are taken.
enum PythiaTransformers {
  static let all = tasks.flatMap { task, name in
    [bidirectional(task, "pythia-70m-\(name)"), causal(task, "paper-pythia-70m-\(name)")]
  }

  private static let tasks: [(PublishedTask, String)] = [
    (.image, "image"), (.text, "text"), (.listops, "listops"), (.pathfinder, "pathfinder"),
  ]

  private static let sources = [
    "sizes, parallel layers, rotary quarter in halves: the published configuration of "
      + "EleutherAI/pythia-70m (Biderman et al., Pythia, 2023)",
    "batches, epochs, weight decay, losses: those of the paper's Transformer for the task, as the "
      + "published files pyth-lra-* and the paper's numbers for Pythia were not at hand",
    "learning rate 0.0005, linear head: own choices",
  ]

  /// The shape of Pythia 70M around a task's input and outputs.
  private static func shaped(_ configuration: RunConfiguration) -> RunConfiguration {
    var shaped = configuration
    shaped.network.positions = .none
    shaped.network.width = 512  // hidden_size
    shaped.network.depth = 6  // num_hidden_layers
    shaped.network.layers = [
      .attention(heads: 8, causal: false, rotary: true),  // num_attention_heads
      .feedForward(expand: 4),  // intermediate_size 2048
    ]
    shaped.network.rotary = .init(fraction: 0.25, pairing: .halves)  // rotary_pct
    shaped.network.residual = .parallel  // use_parallel_residual
    shaped.network.head = .linear
    return shaped
  }

  private static func preset(
    _ task: PublishedTask,
    _ name: String,
    _ summary: String,
    _ sources: [String]
  ) -> Preset {
    var slowed = task
    slowed.learningRate = 0.0005
    var preset = slowed.preset(name, summary, sources: sources)
    preset.pretrain = shaped(preset.pretrain)
    preset.finetune = shaped(preset.finetune)
    return preset
  }

  private static func bidirectional(_ task: PublishedTask, _ name: String) -> Preset {
    preset(
      task,
      name,
      "Pythia 70M's shape, seeing both sides; masked pretraining",
      sources + [
        "attention to both sides: own choice, as masked pretraining is for networks that see both"
      ]
    )
  }

  private static func causal(_ task: PublishedTask, _ name: String) -> Preset {
    var preset = preset(
      task,
      name,
      "Pythia 70M's shape, causal as its published weights; causal pretraining",
      sources + [
        "causal attention: the published weights were trained so; the class is read from the mean "
          + "over the sequence, as in the paper's other models",
        "peculiarities: warm-up from rate 0, last partial batch not scored",
      ]
    )
    func peculiar(_ configuration: RunConfiguration) -> RunConfiguration {
      var published = configuration
      published.network.isCausal = true
      published.schedule.warmUp = .fromZero
      published.validation.dropsLastBatch = true
      return published
    }
    let shape = preset.shape
    preset.pretrain.objective = Objective(.causal, loss: preset.pretrain.objective.loss)
    preset.pretrain = peculiar(preset.pretrain).fitted(to: shape)
    preset.finetune = peculiar(preset.finetune)
    return preset
  }
}
