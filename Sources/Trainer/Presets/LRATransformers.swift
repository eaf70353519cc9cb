// The small Transformers of the paper, with its sizes and the sensible choice where its published
// code departs from the paper or from sense. `PaperTransformers` has the published behaviour.
//
// "published" is the configuration of that name in the repository of Amos, Berant and Gupta,
// "Never train from scratch" (ICLR 2024), IdoAmos/not-from-scratch, configs/experiment/lra.

/// What the published configurations of one task say.
struct PublishedTask {
  var task: String
  var shape: DataShape
  var width: Int
  var depth: Int
  var heads: Int
  var expand: Int
  var head: NetworkConfiguration.Head
  var poolsOverLengths: Bool
  var pretrainLoss: Objective.Loss
  var learningRate: Double
  var weightDecay: Double
  var pretrain: (warmUp: Int, batch: Int, epochs: Int)
  var finetune: (warmUp: Int, batch: Int, epochs: Int)

  /// transformer-lra-cifar and transformer-lra-cifar-mlm.
  static let image = PublishedTask(
    task: "image",
    shape: .image,
    width: 64,
    depth: 3,
    heads: 4,
    expand: 2,
    head: .mlp,
    poolsOverLengths: false,
    pretrainLoss: .absolute,
    learningRate: 0.001,
    weightDecay: 0,
    pretrain: (warmUp: 2500, batch: 32, epochs: 50),
    finetune: (warmUp: 2000, batch: 50, epochs: 200)
  )

  /// transformer-lra-imdb and transformer-lra-imdb-mlm.
  static let text = PublishedTask(
    task: "text",
    shape: .text,
    width: 512,
    depth: 6,
    heads: 8,
    expand: 4,
    head: .mlp,
    poolsOverLengths: true,
    pretrainLoss: .crossEntropy,
    learningRate: 0.05,
    weightDecay: 0.1,
    pretrain: (warmUp: 5000, batch: 32, epochs: 32),
    finetune: (warmUp: 2000, batch: 32, epochs: 65)
  )

  /// transformer-lra-listops and transformer-lra-listops-mlm.
  static let listops = PublishedTask(
    task: "listops",
    shape: .listops,
    width: 512,
    depth: 6,
    heads: 8,
    expand: 4,
    head: .linear,
    poolsOverLengths: true,
    pretrainLoss: .crossEntropy,
    learningRate: 0.05,
    weightDecay: 0,
    pretrain: (warmUp: 2000, batch: 32, epochs: 100),
    finetune: (warmUp: 2000, batch: 32, epochs: 100)
  )

  /// transformer-lra-pathfinder and transformer-lra-pathfinder-mlm, whose loss is the cross entropy
  /// over grey levels.
  static let pathfinder = PublishedTask(
    task: "pathfinder32",
    shape: .pathfinder32,
    width: 128,
    depth: 4,
    heads: 8,
    expand: 1,
    head: .linear,
    poolsOverLengths: false,
    pretrainLoss: .crossEntropy,
    learningRate: 0.0005,
    weightDecay: 0,
    pretrain: (warmUp: 2500, batch: 32, epochs: 50),
    finetune: (warmUp: 5000, batch: 32, epochs: 200)
  )

  /// The network before data and objective are known.
  var network: NetworkConfiguration {
    NetworkConfiguration(
      encoder: .linear(inputs: 1),
      positions: .sinusoidal,
      width: width,
      layers: [
        .attention(heads: heads, causal: false, rotary: false), .feedForward(expand: expand),
      ],
      depth: depth,
      prenorm: true,
      norm: .layer,
      head: head,
      outputs: shape.classes ?? 1,
      pooling: .mean,
      poolsOverLengths: poolsOverLengths
    )
  }

  /// The preset that takes these numbers as they are and every default as the sensible choice.
  func preset(_ name: String, _ summary: String, sources: [String]) -> Preset {
    var decoder = network
    decoder.head = .linear
    let optimizer = RunConfiguration.Optimizer(
      learningRate: learningRate,
      weightDecay: weightDecay
    )
    let pretrain = RunConfiguration(
      preset: name,
      stage: .pretrain,
      objective: Objective(.masked, loss: pretrainLoss),
      network: decoder,
      optimizer: optimizer,
      schedule: .init(.constant, warmUpSteps: pretrain.warmUp),
      batchSize: pretrain.batch,
      epochs: pretrain.epochs,
      validation: .init(monitor: .loss)
    )
    let finetune = RunConfiguration(
      preset: name,
      stage: .finetune,
      objective: Objective(.classification),
      network: network,
      optimizer: optimizer,
      schedule: .init(.constant, warmUpSteps: finetune.warmUp),
      batchSize: finetune.batch,
      epochs: finetune.epochs,
      validation: .init(monitor: .accuracy)
    )
    return Preset(
      name: name,
      task: task,
      summary: summary,
      sources: sources,
      shape: shape,
      pretrain: pretrain.fitted(to: shape),
      finetune: finetune.fitted(to: shape)
    )
  }
}

enum LRATransformers {
  static let all = [image, text, listops, pathfinder]

  fileprivate static let choices =
    "own choices against the published code: four projections drawn apart, warm-up from the first "
    + "step, every validation and test sample scored"

  static let image = PublishedTask.image.preset(
    "transformer-image",
    "3 layers of width 64, sinusoidal positions; L1 loss on masked pixels",
    sources: [
      "network, optimizer, batches, epochs: published transformer-lra-cifar and "
        + "transformer-lra-cifar-mlm",
      "masks: those of the data set; README of the published code has ratio 0.5", choices,
    ]
  )

  static let text = PublishedTask.text.slowed(
    "transformer-text",
    "6 layers of width 512, sinusoidal positions; a head over the vocabulary in pretraining",
    published: "transformer-lra-imdb"
  )

  static let listops = PublishedTask.listops.slowed(
    "transformer-listops",
    "6 layers of width 512, sinusoidal positions",
    published: "transformer-lra-listops"
  )

  static let pathfinder = PublishedTask.pathfinder.preset(
    "transformer-pathfinder",
    "4 layers of width 128, sinusoidal positions; cross entropy over grey levels in pretraining",
    sources: [
      "network, optimizer, batches, epochs: published transformer-lra-pathfinder and "
        + "transformer-lra-pathfinder-mlm",
      "masks: those of the data set; README of the published code has ratio 0.5; the published -mlm file says 0, which builds "
        + "no pretraining at all", choices,
    ]
  )
}

extension PublishedTask {
  /// The preset with the learning rate that 0.05 meant where it comes from.
  fileprivate func slowed(_ name: String, _ summary: String, published: String) -> Preset {
    var slowed = self
    slowed.learningRate = 0.0005
    return slowed.preset(
      name,
      summary,
      sources: [
        "network, weight decay, batches, epochs, warm-up: published \(published) and "
          + "\(published)-mlm",
        "learning rate 0.0005: own choice; the published 0.05 is the factor of an inverse "
          + "square root schedule in google-research/long-range-arena, where 8000 steps of warm-up "
          + "give a peak of 0.05 / sqrt(8000) = 0.00056, but here it is the rate itself",
        "masks: those of the data set; README of the published code has ratio 0.5",
        LRATransformers.choices,
      ]
    )
  }
}
