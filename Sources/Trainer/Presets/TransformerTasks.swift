// What the published configurations of Transformers for Long Range Arena say, a value a task.

extension [NetworkConfiguration.Layer] {
  /// A Transformer's round of layers.
  static func transformer(heads: Int, expand: Int, rotary: Bool = false) -> Self {
    [.attention(heads: heads, causal: false, rotary: rotary), .feedForward(expand: expand)]
  }

  /// A round whose attention sees its own window and both neighbours.
  static func local(heads: Int, window: Int, expand: Int, rotary: Bool = false) -> Self {
    [
      .localAttention(
        heads: heads,
        window: window,
        back: 1,
        forward: 1,
        causal: false,
        rotary: rotary
      ), .feedForward(expand: expand),
    ]
  }
}

extension PublishedTask {
  static let image = PublishedTask(
    published: .init(pretrain: "transformer-lra-cifar-mlm", finetune: "transformer-lra-cifar"),
    task: "image",
    shape: .image,
    positions: .sinusoidal,
    layers: .transformer(heads: 4, expand: 2),
    width: 64,
    depth: 3,
    head: .mlp,
    pretrainLoss: .absolute,
    learningRate: 0.001,
    weightDecay: 0,
    pretrain: .init(warmUp: 2500, batch: 32, epochs: 50),
    finetune: .init(warmUp: 2000, batch: 50, epochs: 200)
  )

  static let text = PublishedTask(
    published: .init(pretrain: "transformer-lra-imdb-mlm", finetune: "transformer-lra-imdb"),
    task: "text",
    shape: .text,
    positions: .sinusoidal,
    layers: .transformer(heads: 8, expand: 4),
    width: 512,
    depth: 6,
    head: .mlp,
    poolsOverLengths: true,
    learningRate: 0.05,
    weightDecay: 0.1,
    pretrain: .init(warmUp: 5000, batch: 32, epochs: 32),
    finetune: .init(warmUp: 2000, batch: 32, epochs: 65),
    maskPercent: 15
  )

  static let listops = PublishedTask(
    published: .init(
      pretrain: "transformer-lra-listops-mlm",
      finetune: "transformer-lra-listops"
    ),
    task: "listops",
    shape: .listops,
    positions: .sinusoidal,
    layers: .transformer(heads: 8, expand: 4),
    width: 512,
    depth: 6,
    poolsOverLengths: true,
    learningRate: 0.05,
    weightDecay: 0,
    pretrain: .init(warmUp: 2000, batch: 32, epochs: 100),
    finetune: .init(warmUp: 2000, batch: 32, epochs: 100),
    maskPercent: 10
  )

  static let retrieval = PublishedTask(
    published: .init(pretrain: "transformer-lra-aan-mlm", finetune: "transformer-lra-aan"),
    task: "retrieval",
    shape: .retrieval,
    positions: .sinusoidal,
    layers: .transformer(heads: 4, expand: 4),
    width: 128,
    depth: 4,
    head: .pairs,
    poolsOverLengths: true,
    learningRate: 0.05,
    weightDecay: 0,
    pretrain: .init(warmUp: 2000, batch: 32, epochs: 32),
    finetune: .init(warmUp: 5000, batch: 32, epochs: 32),
    maskPercent: 15
  )

  /// Its pretraining loss is the cross entropy over grey levels.
  static let pathfinder = PublishedTask(
    published: .init(
      pretrain: "transformer-lra-pathfinder-mlm",
      finetune: "transformer-lra-pathfinder"
    ),
    task: "pathfinder32",
    shape: .pathfinder32,
    positions: .sinusoidal,
    layers: .transformer(heads: 8, expand: 1),
    width: 128,
    depth: 4,
    learningRate: 0.0005,
    weightDecay: 0,
    pretrain: .init(warmUp: 2500, batch: 32, epochs: 50),
    finetune: .init(warmUp: 5000, batch: 32, epochs: 200)
  )

  static let pathx = PublishedTask(
    published: .init(
      pretrain: "transformer-lra-pathx-mlm-small",
      finetune: "transformer-lra-pathx-small"
    ),
    task: "pathfinder128",
    shape: .pathx,
    positions: .sinusoidal,
    layers: .local(heads: 4, window: 4096, expand: 1),
    width: 128,
    depth: 4,
    pooling: .max,
    learningRate: 0.0005,
    weightDecay: 0,
    pretrain: .init(warmUp: 5000, batch: 32, epochs: 200),
    finetune: .init(warmUp: 5000, batch: 32, epochs: 200)
  )

  /// Its network is that of finetuning; the published one of pretraining has 8 layers.
  static let pathx256: PublishedTask = {
    var task = pathx
    task.published = .init(
      pretrain: "transformer-lra-pathx256-mlm",
      finetune: "transformer-lra-pathx256"
    )
    (task.task, task.shape) = ("pathfinder256", .pathx256)
    task.layers = .local(heads: 4, window: 8192, expand: 4)
    return task
  }()

  /// Its finetuning, of which there is no file, is that of `pathfinder`.
  static let localPathfinder = PublishedTask(
    published: .init(pretrain: "transformer-local-lra-pathfinder-mlm-small"),
    task: "pathfinder32",
    shape: .pathfinder32,
    positions: .sinusoidal,
    layers: .local(heads: 4, window: 256, expand: 4),
    width: 256,
    depth: 4,
    norm: .batch,
    pretrainLoss: .absolute,
    learningRate: 0.0005,
    weightDecay: 0.05,
    pretrain: .init(warmUp: 2500, batch: 32, epochs: 50),
    finetune: pathfinder.finetune,
    remarks: [
      "finetuning: own choice, the same network with the batch, epochs and warm-up of "
        + "transformer-lra-pathfinder"
    ]
  )
}

extension PublishedTask {
  /// The same with rotary positions in every attention layer, and no published name.
  func rotary(_ remarks: String...) -> PublishedTask {
    var task = self
    task.published = PublishedNames()
    task.positions = .none
    task.layers = layers.map { layer in
      switch layer {
      case .attention(let heads, let causal, _, let bias):
        .attention(heads: heads, causal: causal, rotary: true, bias: bias)
      case .localAttention(let heads, let window, let back, let forward, let causal, _, let bias):
        .localAttention(
          heads: heads,
          window: window,
          back: back,
          forward: forward,
          causal: causal,
          rotary: true,
          bias: bias
        )
      default: layer
      }
    }
    task.remarks = remarks
    return task
  }
}
