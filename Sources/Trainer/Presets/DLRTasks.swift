// What the published configurations of DLR for Long Range Arena say.

extension PublishedTask {
  static let dlrImage = PublishedTask(
    published: .init(pretrain: "dlr-lra-cifar-mlm", finetune: "dlr-lra-cifar"),
    task: "image",
    shape: .image,
    layers: [.stateSpace(model: StateSpace(.dlr(states: 1024, version: .complex)))],
    width: 512,
    depth: 6,
    pretrainLoss: .absolute,
    learningRate: 0.01,
    weightDecay: 0.05,
    rates: StateSpaceRates(state: 0.0001, weight: 0.0001),
    pretrain: .init(warmUp: 1000, batch: 50, epochs: 200),
    finetune: .init(warmUp: 1000, batch: 50, epochs: 200),
    remarks: [found("0.001, batch 64", pretraining: "0.001, batch 32")]
  )

  static let dlrText: PublishedTask = {
    var task = dlrImage
    task.published = .init(pretrain: "dlr-lra-imdb-mlm", finetune: "dlr-lra-imdb")
    (task.task, task.shape, task.maskPercent) = ("text", .text, 15)
    (task.width, task.poolsOverLengths, task.pretrainLoss) = (256, true, .crossEntropy)
    task.pretrain = .init(warmUp: 1000, batch: 16, epochs: 32)
    task.finetune = .init(warmUp: 2000, batch: 16, epochs: 32)
    task.remarks = [found("0.001, batch 16", pretraining: "0.0005, batch 8")]
    return task
  }()

  static let dlrListops: PublishedTask = {
    var task = dlrText
    task.published = .init(pretrain: "dlr-lra-listops-mlm", finetune: "dlr-lra-listops")
    (task.task, task.shape, task.maskPercent) = ("listops", .listops, 10)
    (task.width, task.depth, task.prenorm) = (128, 8, false)
    task.pretrain = .init(warmUp: 2000, batch: 50, epochs: 100)
    task.finetune = .init(warmUp: 2000, batch: 50, epochs: 40)
    task.remarks = [found("0.0005, batch 16", pretraining: "0.001, batch 128")]
    return task
  }()

  static let dlrPathX: PublishedTask = {
    var task = dlrText
    task.published = .init(pretrain: "dlr-lra-pathx-mlm", finetune: "dlr-lra-pathx")
    (task.task, task.shape, task.maskPercent) = ("pathfinder128", .pathx, 50)
    (task.learningRate, task.poolsOverLengths) = (0.0005, false)
    task.pretrain = .init(warmUp: 5000, batch: 32, epochs: 50)
    task.finetune = .init(warmUp: 5000, batch: 32, epochs: 50, cosineSteps: 250_000)
    task.remarks = [found("0.0005, batch 64", pretraining: "0.0005, batch 8")]
    return task
  }()
}
