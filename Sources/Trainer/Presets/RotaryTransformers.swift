/// Transformers with rotary positions, after the paper's "Transformer + Rotary".
///
/// The published repository has no configuration of these models for the four tasks, and the
/// paper's table of their numbers was not at hand: what is not sourced is said to be.
enum RotaryTransformers {
  static let all = [image, text, listops, pathfinder]

  private static let unknown =
    "the paper's own numbers for this model were not found in the published repository"

  /// configs/experiment/cifar/transformer-cifar and transformer-cifar-lm: the published rotary
  /// Transformer for CIFAR-10 in colour.
  static let image = rotary(
    PublishedTask(
      task: "image",
      shape: .image,
      width: 256,  // transformer-cifar: d_model
      depth: 6,  // transformer-cifar: n_layers
      heads: 4,  // transformer-cifar: n_heads
      expand: 2,  // transformer-cifar: expand
      head: .mlp,  // transformer-cifar: decoder
      poolsOverLengths: false,
      pretrainLoss: .absolute,  // transformer-cifar-lm: lm_loss
      learningRate: 0.001,  // both
      weightDecay: 0.05,  // both
      pretrain: (warmUp: 2000, batch: 50, epochs: 200),  // transformer-cifar-lm
      finetune: (warmUp: 2000, batch: 50, epochs: 200)  // transformer-cifar
    ),
    "transformer-rotary-image",
    "6 layers of width 256, rotary positions",
    sources: [
      "every number: published configs/experiment/cifar/transformer-cifar and transformer-cifar-lm,"
        + " which are for colour images of length 3072; here the image is grey, of length 1024",
      unknown,
    ]
  )

  static let text = rotary(
    .text,
    "transformer-rotary-text",
    "6 layers of width 512, rotary positions",
    learningRate: 0.0005,
    sources: [
      "sizes, weight decay, batches, epochs, warm-up: published transformer-lra-imdb and its -mlm, "
        + "with rotary: true and no sinusoids",
      "learning rate 0.0005: own choice, see transformer-text", unknown,
    ]
  )

  static let listops = rotary(
    .listops,
    "transformer-rotary-listops",
    "6 layers of width 512, rotary positions",
    learningRate: 0.0005,
    sources: [
      "sizes, batches, epochs, warm-up: published transformer-lra-listops and its -mlm, with "
        + "rotary: true and no sinusoids",
      "learning rate 0.0005: own choice, see transformer-listops", unknown,
    ]
  )

  static let pathfinder = rotary(
    .pathfinder,
    "transformer-rotary-pathfinder",
    "4 layers of width 128, rotary positions",
    sources: [
      "every number: published transformer-lra-pathfinder and its -mlm, with rotary: true and no "
        + "sinusoids", unknown,
    ]
  )

  private static func rotary(
    _ published: PublishedTask,
    _ name: String,
    _ summary: String,
    learningRate: Double? = nil,
    sources: [String]
  ) -> Preset {
    var task = published
    task.learningRate = learningRate ?? published.learningRate
    var preset = task.preset(name, summary, sources: sources)
    preset.pretrain.network.turnRotary()
    preset.finetune.network.turnRotary()
    return preset
  }
}

extension NetworkConfiguration {
  /// Rotary positions in every attention layer instead of added ones.
  mutating func turnRotary() {
    positions = .none
    layers = layers.map { layer in
      guard case .attention(let heads, let causal, _) = layer else { return layer }
      return .attention(heads: heads, causal: causal, rotary: true)
    }
  }
}
