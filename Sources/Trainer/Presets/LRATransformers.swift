/// The Transformers of the paper's table 1, masked and causal, with its sizes and the sensible choice
/// where its published code departs from the paper or from sense.
///
/// `PaperTransformers` has the published behaviour.
enum LRATransformers {
  static let all = masked + causal

  private static let masked = [
    PublishedTask.image.sensiblePreset("transformer-image").tuned(0.001, 0.001, .max),
    PublishedTask.text.sensiblePreset("transformer-text").tuned(0.0001, 0.0005, .mean),
    PublishedTask.listops.sensiblePreset("transformer-listops").tuned(0.0001, 0.001, .mean),
    PublishedTask.retrieval.sensiblePreset("transformer-retrieval").tuned(0.0005, 0.005, .mean),
    PublishedTask.pathfinder.sensiblePreset("transformer-pathfinder").tuned(0.0005, 0.001, .mean),
    PublishedTask.pathx.sensiblePreset("transformer-pathx").tuned(0.0005, 0.0005, .max),
    PublishedTask.pathx256.sensiblePreset("transformer-pathx256").adding(
      "4 layers in pretraining too: own choice; the published 8 cannot be finetuned as 4"
    ), PublishedTask.localPathfinder.sensiblePreset("transformer-local-pathfinder"),
  ]

  private static let causal = [
    causal(.image, "image").tuned(0.001, 0.005, .max),
    causal(.text, "text").tuned(0.0001, 0.001, .mean),
    causal(.listops, "listops").tuned(0.0005, 0.0005, .last),
    causal(.retrieval, "retrieval").tuned(0.001, 0.005, .mean),
    causal(.pathfinder, "pathfinder").tuned(0.001, 0.001, .mean).adding(mislabelled),
    causal(.pathx, "pathx").tuned(0.0005, 0.001, .max).adding(mislabelled),
  ]

  private static let mislabelled =
    "the second \"Transformer + Masked SPT\" of this task in table 4 is taken for the causal one"

  private static func causal(_ task: PublishedTask, _ name: String) -> Preset {
    task.sensiblePreset("transformer-causal-\(name)", causal: true)
  }
}

extension Preset {
  /// The preset with what the paper's table 4 lists for it.
  ///
  /// - Parameters:
  ///   - finetune: the learning rate of finetuning.
  ///   - pretrain: that of pretraining.
  ///   - pooling: what makes one vector of a sequence.
  /// - Returns: the changed preset, with the difference among its sources.
  func tuned(
    _ finetune: Double,
    _ pretrain: Double,
    _ pooling: NetworkConfiguration.Pooling
  ) -> Preset {
    var tuned = adding(
      "learning rates \(finetune) and, in pretraining, \(pretrain), \(pooling) pooling: table 4 of "
        + "the paper; its code has \(self.finetune.optimizer.learningRate) for both and "
        + "\(self.finetune.network.pooling) pooling"
    )
    tuned.finetune.optimizer.learningRate = finetune
    tuned.pretrain.optimizer.learningRate = pretrain
    tuned.finetune.network.pooling = pooling
    return tuned
  }

  /// The preset with one more line of sources.
  func adding(_ source: String) -> Preset {
    var preset = self
    preset.sources.append(source)
    return preset
  }
}
