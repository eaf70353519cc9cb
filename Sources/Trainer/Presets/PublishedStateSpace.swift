/// What the published configurations of a state-space model say for one task.
///
/// "published" is the configuration of that name in IdoAmos/not-from-scratch,
/// configs/experiment/lra, with its "-mlm" partner for pretraining.
struct PublishedStateSpace {
  /// The numbers of one stage.
  struct Stage {
    var warmUp: Int
    var batch: Int
    var epochs: Int
    /// The step at which a cosine would reach 0; a constant rate when absent.
    var cosineSteps: Int?
  }

  var published: String
  var task: String
  var shape: DataShape
  var model: StateSpace
  var width: Int
  var depth: Int
  var prenorm: Bool
  var norm: NetworkConfiguration.Norm
  var dropout: Float = 0
  var pooling: NetworkConfiguration.Pooling = .mean
  var poolsOverLengths = false
  var pretrainLoss = Objective.Loss.crossEntropy
  var learningRate: Double
  var weightDecay: Double
  var rates: StateSpaceRates
  var pretrain: Stage
  var finetune: Stage
  /// What the sources have to add.
  var remarks: [String] = []

  private var network: NetworkConfiguration {
    NetworkConfiguration(
      encoder: .linear(inputs: 1),
      positions: .none,
      width: width,
      layers: [.stateSpace(model: model)],
      depth: depth,
      prenorm: prenorm,
      norm: norm,
      head: .linear,
      outputs: shape.classes ?? 1,
      pooling: pooling,
      poolsOverLengths: poolsOverLengths,
      dropout: dropout,
      tiedDropout: dropout > 0
    )
  }

  private var optimizer: RunConfiguration.Optimizer {
    RunConfiguration.Optimizer(
      learningRate: learningRate,
      weightDecay: weightDecay,
      stateSpace: rates
    )
  }

  private func configuration(
    _ name: String,
    _ kind: RunConfiguration.Stage,
    _ objective: Objective,
    _ stage: Stage
  ) -> RunConfiguration {
    RunConfiguration(
      preset: name,
      stage: kind,
      objective: objective,
      network: network,
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

  /// The preset that takes these numbers and the sensible choice elsewhere.
  func preset(_ name: String) -> Preset {
    Preset(
      name: name,
      task: task,
      summary: "\(depth) \(model.name) layers of width \(width)",
      sources: [
        "network, optimizer, batches, epochs: published \(published) and \(published)-mlm",
        "masks: those of the data set; README of the published code has ratio 0.5",
        "own choices against the published code: warm-up from the first step, every validation "
          + "and test sample scored",
      ] + remarks,
      shape: shape,
      pretrain: configuration(
        name,
        .pretrain,
        Objective(.masked, loss: pretrainLoss),
        pretrain
      ),
      finetune: configuration(name, .finetune, Objective(.classification), finetune)
    )
  }

  /// The preset with every number of the network drawn from N(0, 0.1^2), the paper's "random".
  func randomPreset(_ name: String) -> Preset {
    var preset = preset(name)
    preset.summary += ", all numbers start as N(0, 0.1^2)"
    preset.sources.append(
      "random initialization: the paper's comparison with structured initialization (table 7)"
    )
    preset.pretrain.network.normalInitialization = 0.1
    preset.finetune.network.normalInitialization = 0.1
    return preset
  }

  /// The preset as the published code runs it.
  func paperPreset(_ name: String) -> Preset {
    var preset = preset(name)
    preset.summary += ", with the published code's peculiarities"
    preset.sources = [
      "every number: published \(published) and \(published)-mlm",
      "masks: those of the data set; README of the published code has ratio 0.5",
      "peculiarities: warm-up from rate 0, last partial batch not scored"
        + (shape == .text ? ", no output layer in pretraining" : "")
        + (model.isDLR ? ", the first layer's decay has the global rate" : ""),
    ]
    func peculiar(_ configuration: RunConfiguration) -> RunConfiguration {
      var published = configuration
      published.schedule.warmUp = .fromZero
      published.validation.dropsLastBatch = true
      if model.isDLR { published.optimizer.stateSpace?.firstDecayIsGlobal = true }
      return published
    }
    preset.pretrain = peculiar(preset.pretrain)
    preset.finetune = peculiar(preset.finetune)
    preset.pretrain.validation.monitor = pretrainLoss == .absolute ? .loss : .accuracy
    if shape == .text { preset.pretrain.network.head = .identity }
    return preset
  }
}

extension StateSpace {
  fileprivate var isDLR: Bool { if case .dlr = family { true } else { false } }

  fileprivate var name: String {
    switch family {
    case .s4: "S4"
    case .s4d: "S4D"
    case .dss: "DSS"
    case .dlr: "DLR"
    }
  }
}

extension DataShape {
  /// Path-X: Pathfinder, 128 by 128.
  static let pathx = DataShape(vocabulary: nil, classes: 2, maximumLength: 16_384)
}
