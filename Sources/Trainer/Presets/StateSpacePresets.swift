/// S4, S4D and DLR as published, with the sensible choices, and with random initialization.
enum StateSpacePresets {
  static let all: [Preset] =
    [
      ("s4-image", s4Image), ("s4-text", s4Text), ("s4-listops", s4Listops),
      ("s4-pathfinder", s4Pathfinder), ("s4-pathx", s4PathX), ("s4d-image", s4dImage),
      ("dlr-image", dlrImage), ("dlr-text", dlrText), ("dlr-listops", dlrListops),
      ("dlr-pathx", dlrPathX),
    ].flatMap { name, task -> [Preset] in
      let random = name.replacingFirst("-", with: "-random-")
      return [
        task.preset(name), task.paperPreset("paper-\(name)"), task.randomPreset(random),
      ]
    } + [s4PathXSmall.preset("s4-pathx-small"), s4dPathXSmall.preset("s4d-pathx-small")]

  private static let slow = StateSpaceRates(state: 0.001, input: 0.001)

  /// Published s4-lra-cifar.
  private static let s4Image = PublishedStateSpace(
    published: "s4-lra-cifar",
    task: "image",
    shape: .image,
    model: StateSpace(.s4(states: 64, copies: 2, rank: 1, maximumLength: nil)),
    width: 512,
    depth: 6,
    prenorm: false,
    norm: .layer,
    dropout: 0.1,
    pretrainLoss: .absolute,
    learningRate: 0.01,
    weightDecay: 0.05,
    rates: slow,
    pretrain: .init(warmUp: 1000, batch: 50, epochs: 200),
    finetune: .init(warmUp: 1000, batch: 50, epochs: 200, cosineSteps: 200_000)
  )

  /// Published s4d-lra-cifar, which has no partner for pretraining.
  private static let s4dImage: PublishedStateSpace = {
    var task = s4Image
    task.published = "s4d-lra-cifar"
    task.model.family = .s4d(
      states: 64,
      copies: 2,
      discretization: .bilinear,
      eigenvalues: .legS
    )
    task.remarks = ["pretraining: own choice, the numbers of s4-lra-cifar-mlm"]
    return task
  }()

  /// Published s4-lra-imdb.
  private static let s4Text = PublishedStateSpace(
    published: "s4-lra-imdb",
    task: "text",
    shape: .text,
    model: StateSpace(.s4(states: 64, copies: 256, rank: 1, maximumLength: 4096)),
    width: 256,
    depth: 6,
    prenorm: true,
    norm: .batch,
    poolsOverLengths: true,
    learningRate: 0.01,
    weightDecay: 0.05,
    rates: slow,
    pretrain: .init(warmUp: 1000, batch: 16, epochs: 32),
    finetune: .init(warmUp: 5000, batch: 16, epochs: 32, cosineSteps: 50_000)
  )

  /// Published s4-lra-listops.
  private static let s4Listops = PublishedStateSpace(
    published: "s4-lra-listops",
    task: "listops",
    shape: .listops,
    model: StateSpace(.s4(states: 64, copies: 128, rank: 1, maximumLength: 2048)),
    width: 128,
    depth: 8,
    prenorm: false,
    norm: .batch,
    poolsOverLengths: true,
    learningRate: 0.01,
    weightDecay: 0.05,
    rates: slow,
    pretrain: .init(warmUp: 2000, batch: 50, epochs: 100),
    finetune: .init(warmUp: 2000, batch: 50, epochs: 40)
  )

  /// Published s4-lra-pathfinder.
  private static let s4Pathfinder = PublishedStateSpace(
    published: "s4-lra-pathfinder",
    task: "pathfinder32",
    shape: .pathfinder32,
    model: StateSpace(.s4(states: 64, copies: 256, rank: 1, maximumLength: 1024)),
    width: 256,
    depth: 6,
    prenorm: true,
    norm: .batch,
    pooling: .last,
    learningRate: 0.004,
    weightDecay: 0.03,
    rates: StateSpaceRates(step: 0.001, state: 0.001, input: 0.001),
    pretrain: .init(warmUp: 2500, batch: 64, epochs: 200),
    finetune: .init(warmUp: 2500, batch: 64, epochs: 200)
  )

  /// Published s4-lra-pathx.
  private static let s4PathX = PublishedStateSpace(
    published: "s4-lra-pathx",
    task: "pathfinder128",
    shape: .pathx,
    model: StateSpace(
      .s4(states: 64, copies: 256, rank: 1, maximumLength: 16_384),
      smallestStep: 0.0001
    ),
    width: 256,
    depth: 6,
    prenorm: true,
    norm: .batch,
    learningRate: 0.0005,
    weightDecay: 0.05,
    rates: StateSpaceRates(),
    pretrain: .init(warmUp: 5000, batch: 32, epochs: 50),
    finetune: .init(warmUp: 10_000, batch: 16, epochs: 50, cosineSteps: 500_000)
  )

  /// Published s4-lra-pathx-small, which has no partner for pretraining.
  private static let s4PathXSmall: PublishedStateSpace = {
    var task = s4PathX
    task.published = "s4-lra-pathx-small"
    task.model = StateSpace(
      .s4(states: 64, copies: 96, rank: 1, maximumLength: 16_384),
      smallestStep: 0.0001,
      largestStep: 0.01
    )
    (task.width, task.depth) = (96, 4)
    task.finetune = .init(warmUp: 5000, batch: 32, epochs: 50, cosineSteps: 250_000)
    task.remarks = ["pretraining: own choice, the numbers of s4-lra-pathx-mlm"]
    return task
  }()

  /// Published s4d-lra-pathx-small, which has no partner for pretraining.
  private static let s4dPathXSmall: PublishedStateSpace = {
    var task = s4PathXSmall
    task.published = "s4d-lra-pathx-small"
    task.model.family = .s4d(
      states: 64,
      copies: 96,
      discretization: .bilinear,
      eigenvalues: .legS
    )
    return task
  }()

  /// Published dlr-lra-cifar.
  private static let dlrImage = PublishedStateSpace(
    published: "dlr-lra-cifar",
    task: "image",
    shape: .image,
    model: StateSpace(.dlr(states: 1024, version: .complex)),
    width: 512,
    depth: 6,
    prenorm: true,
    norm: .layer,
    pretrainLoss: .absolute,
    learningRate: 0.01,
    weightDecay: 0.05,
    rates: StateSpaceRates(state: 0.0001, weight: 0.0001),
    pretrain: .init(warmUp: 1000, batch: 50, epochs: 200),
    finetune: .init(warmUp: 1000, batch: 50, epochs: 200)
  )

  /// Published dlr-lra-imdb.
  private static let dlrText: PublishedStateSpace = {
    var task = dlrImage
    (task.published, task.task, task.shape) = ("dlr-lra-imdb", "text", .text)
    (task.width, task.poolsOverLengths, task.pretrainLoss) = (256, true, .crossEntropy)
    task.pretrain = .init(warmUp: 1000, batch: 16, epochs: 32)
    task.finetune = .init(warmUp: 2000, batch: 16, epochs: 32)
    return task
  }()

  /// Published dlr-lra-listops.
  private static let dlrListops: PublishedStateSpace = {
    var task = dlrText
    (task.published, task.task, task.shape) = ("dlr-lra-listops", "listops", .listops)
    (task.width, task.depth, task.prenorm) = (128, 8, false)
    task.pretrain = .init(warmUp: 2000, batch: 50, epochs: 100)
    task.finetune = .init(warmUp: 2000, batch: 50, epochs: 40)
    return task
  }()

  /// Published dlr-lra-pathx.
  private static let dlrPathX: PublishedStateSpace = {
    var task = dlrText
    (task.published, task.task, task.shape) = ("dlr-lra-pathx", "pathfinder128", .pathx)
    (task.learningRate, task.poolsOverLengths) = (0.0005, false)
    task.pretrain = .init(warmUp: 5000, batch: 32, epochs: 50)
    task.finetune = .init(warmUp: 5000, batch: 32, epochs: 50, cosineSteps: 250_000)
    return task
  }()
}

extension String {
  fileprivate func replacingFirst(_ character: Character, with text: String) -> String {
    guard let place = firstIndex(of: character) else { return self }
    return self[..<place] + text + self[index(after: place)...]
  }
}
