/// Small Transformers that show the effect of pretraining in minutes on two cores.
///
/// Their numbers are own choices, found by trying; they have no published counterpart. Positions are
/// sinusoidal: with rotary ones the short ListOps of the demonstration gained nothing.
enum DemoTransformers {
  static let all = [listops, pathfinder]

  static let listops = demo(
    PublishedTask(
      task: "listops",
      shape: .listops,
      positions: .sinusoidal,
      layers: .transformer(heads: 4, expand: 2),
      width: 64,
      depth: 3,
      poolsOverLengths: true,
      learningRate: 0.001,
      weightDecay: 0.01,
      pretrain: .init(warmUp: 100, batch: 32, epochs: 10),
      finetune: .init(warmUp: 100, batch: 32, epochs: 9)
    ),
    "demo-listops",
    "3 layers of width 64, sinusoidal positions"
  )

  static let pathfinder = demo(
    PublishedTask(
      task: "pathfinder32",
      shape: .pathfinder32,
      positions: .sinusoidal,
      layers: .transformer(heads: 4, expand: 2),
      width: 64,
      depth: 2,
      pretrainLoss: .absolute,
      learningRate: 0.001,
      weightDecay: 0.01,
      pretrain: .init(warmUp: 100, batch: 32, epochs: 5),
      finetune: .init(warmUp: 100, batch: 32, epochs: 3)
    ),
    "demo-pathfinder32",
    "2 layers of width 64, sinusoidal positions"
  )

  private static func demo(_ task: PublishedTask, _ name: String, _ summary: String) -> Preset {
    var preset = task.preset(name, summary, sources: ["own choice: small enough for two cores"])
    preset.pretrain = small(preset.pretrain)
    preset.pretrain.optimizer.learningRate = 2 * task.learningRate
    preset.finetune = small(preset.finetune)
    return preset
  }

  private static func small(_ configuration: RunConfiguration) -> RunConfiguration {
    var small = configuration
    small.optimizer.clipNorm = 1
    small.schedule.shape = .cosine
    return small
  }
}
