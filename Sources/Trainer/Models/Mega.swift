/// A Mega layer: a damped moving average of every channel, one head of gated attention whose queries
/// and keys come from that average, and a feed-forward layer.
///
/// Norms and the place of the norms are those of the network, unless the layer has its own.
///
/// Source: Ma et al., "Mega: Moving average equipped gated attention", 2023.
public struct Mega: Codable, Sendable, Equatable {
  /// What turns the scores of a query into weights.
  public enum Scores: String, Codable, Sendable, CaseIterable {
    /// Of scores divided by the root of the query width.
    case softmax
    /// 1/2 (1 + erf((x - 0.707107) / (0.282095 sqrt 2))) of scores divided by the positions seen.
    case laplace
    /// max(x, 0)^2 of scores divided by the positions seen.
    case squaredRelu = "relu2"
  }

  /// Channels of queries and keys.
  public var queryWidth: Int
  /// Channels of the values.
  public var valueWidth: Int
  /// Averages that make the kernel of a channel.
  public var states: Int
  /// Positions that attend to each other; the whole sequence when absent.
  ///
  /// The sequence is cut from its start; what is left at the end is a shorter chunk.
  public var chunk: Int?
  /// What turns scores into weights.
  public var scores: Scores
  /// Whether the average looks at what follows, too; attention always does.
  public var bidirectional: Bool
  /// The longest sequence that the bias of relative positions reaches; with a chunk that is the chunk.
  public var maximumPositions: Int
  /// How many times as wide the feed-forward layer is inside.
  public var expand: Int
  /// What stands where the published layer has silu: behind its maps and the average, and in the
  /// feed-forward layer; silu when absent.
  public var activation: Activation?
  /// The kind of the layer's norms; the network's when absent.
  public var norm: NetworkConfiguration.Norm?
  /// Whether the layer's norms come first; the network's choice when absent.
  public var prenorm: Bool?

  /// A layer; what has a default is as published for the Long Range Arena.
  public init(
    queryWidth: Int,
    valueWidth: Int,
    states: Int = 16,
    chunk: Int? = nil,
    scores: Scores = .softmax,
    bidirectional: Bool = true,
    maximumPositions: Int = 1024,
    expand: Int = 2,
    activation: Activation? = nil,
    norm: NetworkConfiguration.Norm? = nil,
    prenorm: Bool? = nil
  ) {
    self.queryWidth = queryWidth
    self.valueWidth = valueWidth
    self.states = states
    self.chunk = chunk
    self.scores = scores
    self.bidirectional = bidirectional
    self.maximumPositions = maximumPositions
    self.expand = expand
    self.activation = activation
    self.norm = norm
    self.prenorm = prenorm
  }

  /// 1 or 2 kernels a channel.
  var kernels: Int { bidirectional ? 2 : 1 }

  /// The largest distance that the bias knows, plus 1.
  var reach: Int { chunk ?? maximumPositions }

  /// The longest sequence that the layer can take; nil without a limit.
  var longestLength: Int? { chunk == nil ? maximumPositions : nil }

  /// What two networks must agree on to exchange weights, in one line.
  func summary(in network: NetworkConfiguration) -> String {
    "mega(queries \(queryWidth), values \(valueWidth), states \(states), "
      + "\(scores.rawValue) over \(chunk.map { "chunks of \($0)" } ?? "everything"), "
      + "\(bidirectional ? "two-sided" : "one-sided"), expand \(expand)"
      + ", \((activation ?? .silu).rawValue), \((norm ?? network.norm).rawValue) norm, "
      + "\(prenorm ?? network.prenorm ? "pre-norm" : "post-norm"))"
  }

  /// Refuses a model of which no layer can be made.
  func validate() throws(NetworkError) {
    let limit = 1 << 24
    let sizes = [
      ("queryWidth", queryWidth, 1 << 16), ("valueWidth", valueWidth, 1 << 16),
      ("states", states, 1 << 16), ("chunk", chunk ?? 1, limit),
      ("maximumPositions", maximumPositions, limit), ("expand", expand, 1 << 16),
    ]
    for (name, value, largest) in sizes where value < 1 || value > largest {
      throw NetworkError("a Mega layer has \(name) \(value), expected 1 ... \(largest)")
    }
  }
}
