/// What published configurations say for one task: a network, and how both stages train it.
///
/// "Published" is a file of IdoAmos/not-from-scratch, configs/experiment; "the paper" is Amos, Berant
/// and Gupta, "Never train from scratch" (ICLR 2024, arXiv 2310.02980).
struct PublishedTask {
  /// The length of a stage.
  struct Stage {
    var warmUp: Int
    var batch: Int
    var epochs: Int
    /// The step at which a cosine would reach 0; a constant rate when absent.
    var cosineSteps: Int?
  }

  var published = PublishedNames()
  var task: String
  var shape: DataShape
  var positions = NetworkConfiguration.Positions.none
  var layers: [NetworkConfiguration.Layer]
  var width: Int
  var depth: Int
  var prenorm = true
  var norm = NetworkConfiguration.Norm.layer
  var head = NetworkConfiguration.Head.linear
  var pooling = NetworkConfiguration.Pooling.mean
  var poolsOverLengths = false
  var dropout: Float = 0
  var pretrainLoss = Objective.Loss.crossEntropy
  var learningRate: Double
  var weightDecay: Double
  var rates: StateSpaceRates?
  var pretrain: Stage
  var finetune: Stage
  /// The paper's share of masked positions: its section 2, and appendix C.3 for what is not in Long
  /// Range Arena.
  var maskPercent = 50
  /// What the sources of the numbers have to add.
  var remarks: [String] = []

  /// The network before data and objective are known.
  var network: NetworkConfiguration {
    NetworkConfiguration(
      encoder: .linear(inputs: 1),
      positions: positions,
      width: width,
      layers: layers,
      depth: depth,
      prenorm: prenorm,
      norm: norm,
      head: head,
      outputs: 1,
      pooling: pooling,
      poolsOverLengths: poolsOverLengths,
      dropout: dropout,
      tiedDropout: dropout > 0
    )
  }

  /// The preset that takes these numbers as they are and every default as the sensible choice.
  func preset(_ name: String, _ summary: String, sources: [String]) -> Preset {
    var decoder = network
    decoder.head = .linear
    return Preset(
      name: name,
      task: task,
      summary: summary,
      sources: sources,
      shape: shape,
      pretrain: configuration(name, .pretrain, Objective(.masked, loss: pretrainLoss), decoder),
      finetune: configuration(name, .finetune, Objective(.classification), network)
    )
  }

  private func configuration(
    _ name: String,
    _ kind: RunConfiguration.Stage,
    _ objective: Objective,
    _ network: NetworkConfiguration
  ) -> RunConfiguration {
    let stage = kind == .pretrain ? pretrain : finetune
    return RunConfiguration(
      preset: name,
      stage: kind,
      objective: objective,
      network: network,
      optimizer: RunConfiguration.Optimizer(
        learningRate: learningRate,
        weightDecay: weightDecay,
        stateSpace: rates
      ),
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
}

extension PublishedTask {
  /// The preset with the published numbers and, where the published code departs from the paper or
  /// from sense, the sensible choice.
  ///
  /// - Parameters:
  ///   - name: the preset's name.
  ///   - causal: whether no layer looks ahead and pretraining predicts the next element; only its
  ///     finetuned network then has a published partner.
  /// - Returns: the preset, with its sources.
  func sensiblePreset(_ name: String, causal: Bool = false) -> Preset {
    var preset = preset(
      name,
      summary + (causal ? ", causal" : ""),
      sources: [numbers, causal ? nextElement : masks, choices] + remarks
    )
    preset.published = published
    // The published limit is that of the published data; longer sequences shall not lose their kernels.
    preset.pretrain.network.uncutKernels()
    preset.finetune.network.uncutKernels()
    guard causal else { return preset }
    preset.published.pretrain = nil
    preset.pretrain.objective = Objective(.causal, loss: pretrainLoss)
    preset.pretrain = preset.pretrain.fitted(to: shape)
    preset.finetune.network.isCausal = true
    return preset
  }

  /// The preset as the published code runs it.
  func paperPreset(_ name: String) -> Preset {
    var preset = preset(
      name,
      summary + ", with the published code's peculiarities",
      sources: [numbers, masks, peculiarities] + remarks
    )
    preset.published = published
    for stage in [\Preset.pretrain, \Preset.finetune] {
      preset[keyPath: stage].schedule.warmUp = .fromZero
      preset[keyPath: stage].validation.dropsLastBatch = true
      preset[keyPath: stage].network.identicalProjections = hasAttention
      if isDLR { preset[keyPath: stage].optimizer.stateSpace?.firstDecayIsGlobal = true }
    }
    // train.monitor of the published files.
    preset.pretrain.validation.monitor = pretrainLoss == .crossEntropy ? .accuracy : .loss
    if lacksOutputLayer { preset.pretrain.network.head = .identity }
    return preset
  }

  private var numbers: String {
    published == PublishedNames()
      ? "there is no published configuration"
      : "network, optimizer, batches, epochs, warm-up: published \(published.words)"
  }

  private var masks: String {
    "masks: those of the data set; the paper hides \(maskPercent) % of the positions"
  }

  private var nextElement: String {
    "causal in both stages: the paper, section 2, pretrains networks that look one way on the next "
      + "element; its code has options for it, not files"
  }

  private var choices: String {
    "own choices against the published code: warm-up from the first step, every validation and "
      + "test sample scored" + (hasAttention ? ", four projections drawn apart" : "")
      + (lacksOutputLayer ? ", a head over the vocabulary in pretraining" : "")
  }

  private var peculiarities: String {
    "peculiarities: warm-up from rate 0, last partial batch not scored"
      + (hasAttention ? ", identical projections" : "")
      + (lacksOutputLayer ? ", no output layer in pretraining" : "")
      + (isDLR ? ", the first layer's decay has the global rate" : "")
  }

  /// Text and Retrieval: the published data sets do not know how many tokens there are.
  private var lacksOutputLayer: Bool { shape == .text || shape == .retrieval }

  private var hasAttention: Bool {
    layers.contains { layer in
      switch layer {
      case .attention, .localAttention: true
      default: false
      }
    }
  }

  private var isDLR: Bool {
    layers.contains { layer in
      if case .stateSpace(let model) = layer, case .dlr = model.family { true } else { false }
    }
  }

  private var summary: String { "\(depth) \(kind) of width \(width)" }

  private var kind: String {
    switch layers.first {
    case .attention(_, _, let isRotary, _): isRotary ? "rotary layers" : "layers"
    case .localAttention(_, let window, _, _, _, let isRotary, _):
      (isRotary ? "rotary " : "") + "layers (windows of \(window))"
    case .stateSpace(let model): "\(model.name) layers"
    default: "layers"
    }
  }
}

extension StateSpace {
  fileprivate var name: String {
    switch family {
    case .s4: "S4"
    case .s4d: "S4D"
    case .dss: "DSS"
    case .dlr: "DLR"
    }
  }
}

extension NetworkConfiguration {
  /// Makes the kernels of state-space layers as long as any sequence.
  fileprivate mutating func uncutKernels() {
    layers = layers.map { layer in
      if case .stateSpace(let model) = layer { .stateSpace(model: model.uncut) } else { layer }
    }
  }
}
