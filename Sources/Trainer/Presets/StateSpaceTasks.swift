// What the published configurations of state-space models for Long Range Arena say.

extension PublishedTask {
  /// The rates of a state-space layer's own numbers in most published files; step sizes have the
  /// global one.
  static let slowStates = StateSpaceRates(state: 0.001, input: 0.001)

  static let s4Image = PublishedTask(
    published: .init(pretrain: "s4-lra-cifar-mlm", finetune: "s4-lra-cifar"),
    task: "image",
    shape: .image,
    layers: .s4(states: 64, copies: 2, maximumLength: nil),
    width: 512,
    depth: 6,
    prenorm: false,
    dropout: 0.1,
    pretrainLoss: .absolute,
    learningRate: 0.01,
    weightDecay: 0.05,
    rates: slowStates,
    pretrain: .init(warmUp: 1000, batch: 50, epochs: 200),
    finetune: .init(warmUp: 1000, batch: 50, epochs: 200, cosineSteps: 200_000),
    remarks: [found("0.001, batch 512", pretraining: "0.001, batch 32")]
  )

  static let s4dImage: PublishedTask = {
    var task = s4Image
    task.published = .init(finetune: "s4d-lra-cifar")
    task.layers = [
      .stateSpace(
        model: StateSpace(
          .s4d(states: 64, copies: 2, discretization: .bilinear, eigenvalues: .legS)
        )
      )
    ]
    task.remarks = ["pretraining: own choice, the numbers of s4-lra-cifar-mlm"]
    return task
  }()

  static let s4Text = PublishedTask(
    published: .init(pretrain: "s4-lra-imdb-mlm", finetune: "s4-lra-imdb"),
    task: "text",
    shape: .text,
    layers: .s4(states: 64, copies: 256, maximumLength: 4096),
    width: 256,
    depth: 6,
    norm: .batch,
    poolsOverLengths: true,
    learningRate: 0.01,
    weightDecay: 0.05,
    rates: slowStates,
    pretrain: .init(warmUp: 1000, batch: 16, epochs: 32),
    finetune: .init(warmUp: 5000, batch: 16, epochs: 32, cosineSteps: 50_000),
    maskPercent: 15,
    remarks: [found("0.0005, batch 16", pretraining: "0.0005, batch 8")]
  )

  static let s4Retrieval = PublishedTask(
    published: .init(pretrain: "s4-lra-aan-mlm", finetune: "s4-lra-aan"),
    task: "retrieval",
    shape: .retrieval,
    layers: .s4(states: 64, copies: 256, maximumLength: 4000),
    width: 256,
    depth: 6,
    norm: .batch,
    head: .pairs,
    poolsOverLengths: true,
    learningRate: 0.01,
    weightDecay: 0.05,
    rates: slowStates,
    pretrain: .init(warmUp: 2500, batch: 64, epochs: 20),
    finetune: .init(warmUp: 2500, batch: 64, epochs: 20),
    maskPercent: 15,
    remarks: [found("0.0005, batch 256", pretraining: "0.0005, batch 8")]
  )

  static let s4Listops = PublishedTask(
    published: .init(pretrain: "s4-lra-listops-mlm", finetune: "s4-lra-listops"),
    task: "listops",
    shape: .listops,
    layers: .s4(states: 64, copies: 128, maximumLength: 2048),
    width: 128,
    depth: 8,
    prenorm: false,
    norm: .batch,
    poolsOverLengths: true,
    learningRate: 0.01,
    weightDecay: 0.05,
    rates: slowStates,
    pretrain: .init(warmUp: 2000, batch: 50, epochs: 100),
    finetune: .init(warmUp: 2000, batch: 50, epochs: 40),
    maskPercent: 10,
    remarks: [found("0.001, batch 16", pretraining: "0.001, batch 128")]
  )

  static let s4Pathfinder = PublishedTask(
    published: .init(pretrain: "s4-lra-pathfinder-mlm", finetune: "s4-lra-pathfinder"),
    task: "pathfinder32",
    shape: .pathfinder32,
    layers: .s4(states: 64, copies: 256, maximumLength: 1024),
    width: 256,
    depth: 6,
    norm: .batch,
    pooling: .last,
    learningRate: 0.004,
    weightDecay: 0.03,
    rates: StateSpaceRates(step: 0.001, state: 0.001, input: 0.001),
    pretrain: .init(warmUp: 2500, batch: 64, epochs: 200),
    finetune: .init(warmUp: 2500, batch: 64, epochs: 200),
    remarks: [found("0.001, batch 64", pretraining: "0.001, batch 8")]
  )

  static let s4PathX = PublishedTask(
    published: .init(pretrain: "s4-lra-pathx-mlm", finetune: "s4-lra-pathx"),
    task: "pathfinder128",
    shape: .pathx,
    layers: .s4(states: 64, copies: 256, maximumLength: 16_384, smallestStep: 0.0001),
    width: 256,
    depth: 6,
    norm: .batch,
    learningRate: 0.0005,
    weightDecay: 0.05,
    rates: StateSpaceRates(step: 0.0005, state: 0.0005, input: 0.0005),
    pretrain: .init(warmUp: 5000, batch: 32, epochs: 50),
    finetune: .init(warmUp: 10_000, batch: 16, epochs: 50, cosineSteps: 500_000),
    remarks: [found("0.001, batch 64", pretraining: "0.001, batch 8")]
  )

  /// Path-X at four times the length: the paper's appendix C.1.2.
  static let s4PathX256: PublishedTask = {
    var task = s4PathX
    task.published = PublishedNames()
    (task.task, task.shape) = ("pathfinder256", .pathx256)
    task.layers = .s4(states: 64, copies: 256, maximumLength: 65_536, smallestStep: 0.0001)
    task.pooling = .max
    task.learningRate = 0.001
    task.pretrain.batch = 8
    task.finetune = .init(warmUp: 2500, batch: 64, epochs: 50, cosineSteps: 125_000)
    task.remarks = [
      "the paper, appendix C.1.2: the network of Path-X with max pooling, learning rate 0.001, "
        + "batches of 64 and, in pretraining, 8; from scratch rate 0.0001 and batches of 16",
      "own choice: the other numbers are those of published s4-lra-pathx and s4-lra-pathx-mlm; "
        + "warm-up and cosine of finetuning are a quarter as long, as batches are 4 times as large",
    ]
    return task
  }()

  static let s4PathXSmall: PublishedTask = {
    var task = s4PathX
    task.published = .init(finetune: "s4-lra-pathx-small")
    task.layers = .s4(
      states: 64,
      copies: 96,
      maximumLength: 16_384,
      smallestStep: 0.0001,
      largestStep: 0.01
    )
    (task.width, task.depth) = (96, 4)
    task.finetune = .init(warmUp: 5000, batch: 32, epochs: 50, cosineSteps: 250_000)
    task.remarks = ["pretraining: own choice, the numbers of s4-lra-pathx-mlm"]
    return task
  }()

  static let s4dPathXSmall: PublishedTask = {
    var task = s4PathXSmall
    task.published = .init(finetune: "s4d-lra-pathx-small")
    task.layers = [
      .stateSpace(
        model: StateSpace(
          .s4d(states: 64, copies: 96, discretization: .bilinear, eigenvalues: .legS),
          smallestStep: 0.0001,
          largestStep: 0.01
        )
      )
    ]
    return task
  }()

  /// What the paper's search found best after pretraining.
  static func found(
    _ finetuning: String,
    pretraining: String,
    in table: String = "table 5"
  ) -> String {
    "the paper's \(table) has, where its search found the best pretrained network, learning rate "
      + "\(finetuning) and, in pretraining, \(pretraining)"
  }
}

extension [NetworkConfiguration.Layer] {
  /// A single S4 layer of rank 1.
  static func s4(
    states: Int,
    copies: Int,
    maximumLength: Int?,
    smallestStep: Double = 0.001,
    largestStep: Double = 0.1
  ) -> Self {
    [
      .stateSpace(
        model: StateSpace(
          .s4(states: states, copies: copies, rank: 1, maximumLength: maximumLength),
          smallestStep: smallestStep,
          largestStep: largestStep
        )
      )
    ]
  }
}
