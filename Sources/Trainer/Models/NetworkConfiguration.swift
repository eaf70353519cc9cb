/// What a network is made of: everything but its weights.
public struct NetworkConfiguration: Codable, Sendable, Equatable {
  /// How inputs become vectors of `width` channels.
  public enum Encoder: Codable, Sendable, Equatable {
    /// A table with one row a token.
    case embedding(vocabulary: Int)
    /// A linear map of each position's input channels.
    case linear(inputs: Int)
  }

  /// What tells positions apart, added after the encoder.
  public enum Positions: String, Codable, Sendable {
    case none
    case sinusoidal
    case learned
  }

  /// What the normalization runs over: the channels of a position, or all positions of a channel.
  public enum Norm: String, Codable, Sendable {
    case layer
    case batch
    /// Nothing is normalized, and there is no last norm.
    case identity
  }

  /// One residual block's layer.
  public enum Layer: Codable, Sendable, Equatable {
    /// Multi-head self-attention; its four maps have biases unless `bias` is false.
    case attention(heads: Int, causal: Bool, rotary: Bool, bias: Bool? = nil)
    /// Self-attention by blocks: a window's queries see the window itself, `back` whole windows
    /// before it and `forward` after it.
    case localAttention(
      heads: Int,
      window: Int,
      back: Int,
      forward: Int,
      causal: Bool,
      rotary: Bool,
      bias: Bool? = nil
    )
    /// Linear, activation (the exact gelu when absent), linear; `expand` times as wide inside.
    case feedForward(expand: Int, activation: Activation? = nil)
    /// A long convolution from a state-space model, with its own output map.
    case stateSpace(model: StateSpace)
    /// Moving average, gated attention and feed-forward layer with their own norms and residual
    /// paths.
    case mega(model: Mega)
  }

  /// What turns the last vectors into outputs.
  public enum Head: String, Codable, Sendable {
    case linear
    /// Linear, relu, linear.
    case mlp
    /// Nothing: the channels are the outputs.
    case identity
    /// For pairs: the rows are all first sequences, then all second ones; with their vectors a and b,
    /// linear, activation, linear of (a, b, a - b, a b).
    case pairs
    /// As `pairs`, three linear maps that halve twice, of (a, b).
    case pairsConcatenated = "pairs-concatenated"
  }

  /// What makes one vector of a sequence; `all` keeps every position.
  public enum Pooling: String, Codable, Sendable {
    case mean
    case sum
    case max
    case last
    /// The first position: that of the class token, where there is one.
    case first
    case all
  }

  /// How inputs become vectors.
  public var encoder: Encoder
  /// What tells positions apart.
  public var positions: Positions
  /// Channels of every position between encoder and head.
  public var width: Int
  /// The layers of one round; each is a residual block of its own.
  public var layers: [Layer]
  /// How many times `layers` is repeated.
  public var depth: Int
  /// Whether a block is x + f(norm(x)), with a last norm, or norm(x + f(x)).
  ///
  /// The same holds inside a Mega layer that has no choice of its own. There is no last norm where the
  /// first layer is Mega.
  public var prenorm: Bool
  /// The kind of every norm.
  public var norm: Norm
  /// What turns vectors into outputs.
  public var head: Head
  /// Outputs of the head; ignored by `.identity`.
  public var outputs: Int
  /// What makes one vector of a sequence.
  public var pooling: Pooling
  /// Whether pooling stops at each sequence's own length.
  public var poolsOverLengths: Bool
  /// The probability that a value is dropped in training.
  public var dropout: Float
  /// Whether dropout draws once per (row, channel) instead of per value.
  public var tiedDropout: Bool
  /// Rows of a learned position table.
  public var maximumLength: Int
  /// Whether the four projections of an attention layer start as copies of one draw, as in the
  /// published code, or as draws of their own.
  public var identicalProjections: Bool
  /// The deviation that every number of the network starts with, instead of what its kind has; the
  /// paper's random initialization is 0.1.
  public var normalInitialization: Float?

  /// How rotary attention turns; all channels of a head in adjacent pairs when absent.
  public var rotary: Rotary?
  /// How the layers of a round follow each other; one after the other when absent.
  public var residual: Residual?
  /// Whether a learned vector is put before every sequence, as its first position.
  public var classToken: Bool?
  /// The activation of a head for pairs; gelu when absent.
  public var pairActivation: Activation?
  /// The width of a head for pairs behind its first map; `width` when absent.
  public var pairWidth: Int?

  /// A configuration; what has a default is off.
  public init(
    encoder: Encoder,
    positions: Positions = .sinusoidal,
    width: Int,
    layers: [Layer],
    depth: Int,
    prenorm: Bool = true,
    norm: Norm = .layer,
    head: Head = .linear,
    outputs: Int,
    pooling: Pooling = .mean,
    poolsOverLengths: Bool = false,
    dropout: Float = 0,
    tiedDropout: Bool = false,
    maximumLength: Int = 1,
    identicalProjections: Bool = false,
    normalInitialization: Float? = nil,
    rotary: Rotary? = nil,
    residual: Residual? = nil,
    classToken: Bool? = nil,
    pairActivation: Activation? = nil,
    pairWidth: Int? = nil
  ) {
    self.encoder = encoder
    self.positions = positions
    self.width = width
    self.layers = layers
    self.depth = depth
    self.prenorm = prenorm
    self.norm = norm
    self.head = head
    self.outputs = outputs
    self.pooling = pooling
    self.poolsOverLengths = poolsOverLengths
    self.dropout = dropout
    self.tiedDropout = tiedDropout
    self.maximumLength = maximumLength
    self.identicalProjections = identicalProjections
    self.normalInitialization = normalInitialization
    self.rotary = rotary
    self.residual = residual
    self.classToken = classToken
    self.pairActivation = pairActivation
    self.pairWidth = pairWidth
  }

  /// The number of outputs per row or position.
  public var logitWidth: Int { head == .identity ? width : outputs }

  /// Whether a norm follows the last block: in pre-norm networks that do not begin with Mega.
  var hasFinalNorm: Bool {
    if case .mega = layers.first { return false }
    return prenorm && norm != .identity
  }

  /// The longest sequence that every layer can take; nil without a limit.
  var longestLength: Int? {
    layers.compactMap { layer in
      if case .mega(let model) = layer { model.longestLength } else { nil }
    }.min()
  }
}
