/// Mega, as published with "Never train from scratch" and, where that has no working configuration,
/// with the paper's own code.
///
/// "published" is the configuration of that name in IdoAmos/not-from-scratch,
/// configs/experiment/lra/mega; "the paper's code" is facebookresearch/mega, examples/mega/README.lra.md
/// and fairseq/models/lra/model.py. The other published files of that folder configure Transformers
/// (imdb, aan, pathx, the -l1 files, listops-mlm) or do not resolve (pathfinder, pathfinder-mlm). The paper's code
/// has scale norm for Text and Retrieval, which is not here, and so neither are they.
enum MegaPresets {
  static let all = [
    image.preset("mega-image"), image.paperPreset("paper-mega-image"),
    listops.preset("mega-listops"), publishedListops.paperPreset("paper-mega-listops"),
    pathfinder.preset("mega-pathfinder"),
  ]

  /// beta2 and clipping of the paper's code.
  private static func optimizer(_ rate: Double, decay: Double) -> RunConfiguration.Optimizer {
    RunConfiguration.Optimizer(
      learningRate: rate,
      weightDecay: decay,
      beta2: 0.98,
      clipNorm: 1
    )
  }

  /// Published mega/cifar.
  private static let image = PublishedMega(
    published: .init(pretrain: "mega/cifar-mlm", finetune: "mega/cifar"),
    task: "image",
    shape: .image,
    model: Mega(queryWidth: 64, valueWidth: 320, chunk: 128, scores: .laplace),
    width: 160,
    depth: 8,
    prenorm: true,
    norm: .batch,
    pretrainLoss: .absolute,
    optimizer: optimizer(0.01, decay: 0.02),
    pretrain: .init(warmUp: 2500, batch: 50, epochs: 100),
    finetune: .init(warmUp: 10_000, batch: 50, epochs: 200, cosineSteps: 200_000),
    sources: ["every number: published mega/cifar and mega/cifar-mlm"]
  )

  /// Published mega/listops, whose -mlm file configures a Transformer.
  private static let publishedListops = PublishedMega(
    published: .init(finetune: "mega/listops"),
    task: "listops",
    shape: .listops,
    model: Mega(queryWidth: 64, valueWidth: 160, maximumPositions: 4000),
    width: 80,
    depth: 6,
    prenorm: false,
    norm: .layer,
    poolsOverLengths: true,
    optimizer: RunConfiguration.Optimizer(learningRate: 0.05),
    pretrain: .init(warmUp: 2000, batch: 32, epochs: 100),
    finetune: .init(warmUp: 2000, batch: 32, epochs: 100),
    sources: [
      "every number: published mega/listops, its missing clipping and beta2 0.999 too",
      "pretraining: optimizer, warm-up, batch and epochs of published mega/listops-mlm, whose "
        + "network is a Transformer of width 512 and cannot be finetuned as Mega; the network is "
        + "that of mega/listops",
    ]
  )

  /// The network of published mega/listops, trained as in the paper's code.
  private static let listops: PublishedMega = {
    var task = publishedListops
    task.dropout = 0.1
    task.optimizer = optimizer(0.001, decay: 0.01)
    // 90,000 steps of 64 samples are 60 epochs.
    task.finetune = .init(warmUp: 3000, batch: 64, epochs: 60, cosineSteps: 90_000)
    task.pretrain = task.finetune
    task.sources = [
      "network: published mega/listops",
      "optimizer, dropout, batch, warm-up, steps: the paper's code; its linear decay is half a "
        + "cosine here",
      "pretraining: own choice, the numbers of finetuning",
    ]
    return task
  }()

  /// mega_lra_pf32 of the paper's code.
  private static let pathfinder = PublishedMega(
    task: "pathfinder32",
    shape: .pathfinder32,
    model: Mega(queryWidth: 64, valueWidth: 256, scores: .laplace),
    width: 128,
    depth: 6,
    prenorm: true,
    norm: .batch,
    optimizer: optimizer(0.01, decay: 0.01),
    pretrain: .init(warmUp: 50_000, batch: 128, epochs: 200, cosineSteps: 250_000),
    finetune: .init(warmUp: 50_000, batch: 128, epochs: 200, cosineSteps: 250_000),
    sources: [
      "network, optimizer, batch, warm-up, steps: mega_lra_pf32 of the paper's code with attention "
        + "over everything; its linear decay is half a cosine here",
      "pretraining: own choice, the numbers of finetuning",
    ]
  )
}

/// What configurations of Mega say for one task.
private struct PublishedMega {
  var published = PublishedNames()
  var task: String
  var shape: DataShape
  var model: Mega
  var width: Int
  var depth: Int
  var prenorm: Bool
  var norm: NetworkConfiguration.Norm
  var dropout: Float = 0
  var poolsOverLengths = false
  var pretrainLoss = Objective.Loss.crossEntropy
  var optimizer: RunConfiguration.Optimizer
  var pretrain: PublishedTask.Stage
  var finetune: PublishedTask.Stage
  var sources: [String]

  private func configuration(
    _ name: String,
    _ kind: RunConfiguration.Stage,
    _ objective: Objective,
    _ stage: PublishedTask.Stage
  ) -> RunConfiguration {
    RunConfiguration(
      preset: name,
      stage: kind,
      objective: objective,
      network: NetworkConfiguration(
        encoder: .linear(inputs: 1),
        positions: .none,
        width: width,
        layers: [.mega(model: model)],
        depth: depth,
        prenorm: prenorm,
        norm: norm,
        outputs: shape.classes ?? 1,
        poolsOverLengths: poolsOverLengths,
        dropout: dropout
      ),
      optimizer: optimizer,
      schedule: .init(
        stage.cosineSteps == nil ? .constant : .cosine,
        warmUpSteps: stage.warmUp,
        totalSteps: stage.cosineSteps
      ),
      batchSize: stage.batch,
      epochs: stage.epochs,
      validation: .init(monitor: kind == .pretrain ? .loss : .accuracy)
    )
    .fitted(to: shape)
  }

  private var masks: String {
    "masks: those of the data set; README of the published code has ratio 0.5"
  }

  /// The preset that takes these numbers and the sensible choice elsewhere.
  func preset(_ name: String) -> Preset {
    let objective = Objective(.masked, loss: pretrainLoss)
    return Preset(
      name: name,
      task: task,
      summary: "\(depth) Mega layers of width \(width)",
      published: published,
      sources: sources + [
        masks,
        "own choices against the published code: warm-up from the first step, every validation "
          + "and test sample scored",
      ],
      shape: shape,
      pretrain: configuration(name, .pretrain, objective, pretrain),
      finetune: configuration(name, .finetune, Objective(.classification), finetune)
    )
  }

  /// The preset as the published code runs it.
  func paperPreset(_ name: String) -> Preset {
    var preset = preset(name)
    preset.summary += ", with the published code's peculiarities"
    preset.sources =
      sources + [
        masks, "peculiarities: warm-up from rate 0, last partial batch not scored",
      ]
    for stage in [\Preset.pretrain, \Preset.finetune] {
      preset[keyPath: stage].schedule.warmUp = .fromZero
      preset[keyPath: stage].validation.dropsLastBatch = true
    }
    preset.pretrain.validation.monitor = pretrainLoss == .absolute ? .loss : .accuracy
    return preset
  }
}
