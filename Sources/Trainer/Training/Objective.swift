/// What a network is trained to do.
public struct Objective: Codable, Sendable, Equatable {
  /// What the targets are.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The sample's class.
    case classification
    /// The sample's value.
    case regression
    /// What stood at the masked positions.
    case masked
    /// The next element at every position.
    case causal
  }

  /// How outputs and targets are compared.
  public enum Loss: String, Codable, Sendable, CaseIterable {
    /// Classes, tokens, or grey levels as 256 classes.
    case crossEntropy = "cross-entropy"
    /// The mean absolute difference of normalized values.
    case absolute = "l1"
    /// The mean squared difference of normalized values.
    case squared = "mse"
  }

  /// What the targets are.
  public var kind: Kind
  /// How outputs and targets are compared.
  public var loss: Loss
  /// The mask set; the data set's first stored one when absent.
  ///
  /// It is the name of a stored set, or a policy such as `token:0.5:seed=1`, whose masks are
  /// computed.
  public var mask: String?
  /// For regression, the labels that become -1 and 1; those of the training split when absent.
  public var labels: LabelRange?

  /// Whether targets are made of the input instead of the labels.
  public var isPretraining: Bool { kind == .masked || kind == .causal }

  /// An objective.
  public init(_ kind: Kind, loss: Loss = .crossEntropy, mask: String? = nil) {
    self.kind = kind
    self.loss = loss
    self.mask = mask
  }
}

/// What a data set means for a network: the sizes of its input and of its targets.
public struct DataShape: Sendable, Equatable {
  /// The number of tokens, or nil for values.
  public var vocabulary: Int?
  /// The values of a position; 1 for tokens.
  public var channels: Int
  /// The sequences of a sample; 2 for pairs.
  public var sequences: Int
  /// The number of classes, or nil when labels are values.
  public var classes: Int?
  /// The longest sequence, in positions.
  public var maximumLength: Int

  /// The shape of a token task, or of one with values when `vocabulary` is nil.
  public init(
    vocabulary: Int?,
    channels: Int = 1,
    sequences: Int = 1,
    classes: Int?,
    maximumLength: Int
  ) {
    self.vocabulary = vocabulary
    self.channels = channels
    self.sequences = sequences
    self.classes = classes
    self.maximumLength = maximumLength
  }
}

extension Objective {
  /// The same objective for labels that are classes, or values when `hasClasses` is false.
  func fitted(hasClasses: Bool) -> Objective {
    var objective = self
    if kind == .classification, !hasClasses {
      objective.kind = .regression
      if loss == .crossEntropy { objective.loss = .squared }
    }
    return objective
  }
}

extension NetworkConfiguration {
  /// The same network with the encoder, head and causality that data and objective ask for.
  func fitted(to shape: DataShape, _ objective: Objective) -> NetworkConfiguration {
    var network = self
    network.maximumLength = max(maximumLength, shape.maximumLength)
    network.layers = layers.map { $0.reaching(shape.maximumLength + tokensBefore) }
    let channels = shape.channels + (objective.kind == .masked ? 1 : 0)
    network.encoder =
      shape.vocabulary.map { .embedding(vocabulary: $0) } ?? .linear(inputs: channels)
    switch (objective.kind, objective.loss) {
    case (.classification, _): network.outputs = shape.classes ?? 1
    case (.regression, _): network.outputs = 1
    case (_, .absolute), (_, .squared): network.outputs = shape.channels
    case (_, .crossEntropy): network.outputs = shape.vocabulary ?? 256
    }
    if objective.isPretraining {
      network.pooling = .all
      network.poolsOverLengths = false
    }
    // A head for pairs is asked for by the data; which of the two, by the configuration.
    let comparesPairs = !objective.isPretraining && shape.sequences == 2
    if comparesPairs != network.head.isForPairs { network.head = comparesPairs ? .pairs : .linear }
    if objective.kind == .causal { network.isCausal = true }
    return network
  }

  /// Whether no layer looks at what follows; setting it changes them all but Mega, whose attention
  /// always does.
  public var isCausal: Bool {
    get {
      layers.allSatisfy { layer in
        switch layer {
        case .attention(_, let isCausal, _, _): isCausal
        case .localAttention(_, _, _, _, let isCausal, _, _): isCausal
        case .stateSpace(let model): !model.bidirectional
        case .feedForward: true
        case .mega: false
        }
      }
    }
    set {
      layers = layers.map { layer in
        switch layer {
        case .attention(let heads, _, let rotary, let bias):
          return .attention(heads: heads, causal: newValue, rotary: rotary, bias: bias)
        case .localAttention(let heads, let window, let back, let forward, _, let rotary, let bias):
          return .localAttention(
            heads: heads,
            window: window,
            back: back,
            forward: newValue ? 0 : forward,
            causal: newValue,
            rotary: rotary,
            bias: bias
          )
        case .stateSpace(var model):
          model.bidirectional = !newValue
          return .stateSpace(model: model)
        case .feedForward, .mega: return layer
        }
      }
    }
  }
}

extension NetworkConfiguration.Layer {
  /// The same layer, fit for sequences of `length`.
  fileprivate func reaching(_ length: Int) -> NetworkConfiguration.Layer {
    guard case .mega(var model) = self, model.chunk == nil else { return self }
    model.maximumPositions = max(model.maximumPositions, length)
    return .mega(model: model)
  }
}
