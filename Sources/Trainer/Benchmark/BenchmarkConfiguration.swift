/// A network and the shape of a batch, whose training steps are timed.
public struct BenchmarkConfiguration: Codable, Sendable, Equatable {
  /// What the outputs are compared with.
  public enum Loss: String, Codable, Sendable {
    /// A class of every sample.
    case crossEntropy = "cross-entropy"
    /// A value of every position, half of which count.
    case absolute = "l1"
  }

  /// The family and the task, such as "s4-image".
  public var name: String
  /// Samples of a step.
  public var batch: Int
  /// Sequences of a sample: 2 for pairs.
  public var sequences = 1
  /// Positions of a sequence.
  public var length: Int
  /// What the outputs are compared with.
  public var loss = Loss.crossEntropy
  /// What the network is made of.
  public var network: NetworkConfiguration

  /// The rows of a batch: all first sequences, then all second ones.
  public var rows: Int { batch * sequences }

  /// The configuration of that name.
  public static func named(_ name: String) -> BenchmarkConfiguration? {
    all.first { $0.name == name }
  }

  /// Networks of the published sizes with batches that fit a small machine.
  public static let all: [BenchmarkConfiguration] = transformers + stateSpaces + [megaImage]

  private static let transformers: [BenchmarkConfiguration] = [
    transformer("image", 32, 1024, width: 64, depth: 3, heads: 4, expand: 2) {
      ($0.head, $0.outputs) = (.mlp, 10)
    },
    pretraining,
    transformer("pathfinder", 32, 1024, width: 128, depth: 4, heads: 8, expand: 1),
    transformer("listops", 4, 2048, width: 512, depth: 6, heads: 8, expand: 4) {
      ($0.encoder, $0.outputs, $0.poolsOverLengths) = (.embedding(vocabulary: 19), 10, true)
    },
    transformer("text", 2, 4096, width: 512, depth: 6, heads: 8, expand: 4) {
      ($0.encoder, $0.head, $0.poolsOverLengths) = (.embedding(vocabulary: 136), .mlp, true)
    },
    retrieval, local,
  ]

  private static var pretraining: BenchmarkConfiguration {
    var result = transformer("image", 32, 1024, width: 64, depth: 3, heads: 4, expand: 2) {
      ($0.encoder, $0.outputs, $0.pooling) = (.linear(inputs: 2), 1, .all)
    }
    (result.name, result.loss) = ("transformer-image-pretrain", .absolute)
    return result
  }

  private static var retrieval: BenchmarkConfiguration {
    var result = transformer("retrieval", 4, 4000, width: 128, depth: 4, heads: 4, expand: 4) {
      ($0.encoder, $0.head, $0.poolsOverLengths) = (.embedding(vocabulary: 99), .pairs, true)
    }
    result.sequences = 2
    return result
  }

  private static var local: BenchmarkConfiguration {
    var result = transformer("pathx", 1, 16_384, width: 128, depth: 4, heads: 4, expand: 1) {
      let attention = NetworkConfiguration.Layer.localAttention(
        heads: 4,
        window: 4096,
        back: 1,
        forward: 1,
        causal: false,
        rotary: false
      )
      ($0.layers[0], $0.pooling) = (attention, .max)
    }
    result.name = "local-pathx"
    return result
  }

  private static let stateSpaces: [BenchmarkConfiguration] = [
    stateSpace("s4-image", 8, 1024, width: 512, depth: 6, s4(copies: 2)) {
      ($0.prenorm, $0.outputs) = (false, 10)
    },
    stateSpace("s4-listops", 16, 2048, width: 128, depth: 8, s4(copies: 128, length: 2048)) {
      ($0.encoder, $0.outputs, $0.poolsOverLengths) = (.embedding(vocabulary: 19), 10, true)
      ($0.prenorm, $0.norm) = (false, .batch)
    },
    stateSpace("s4-pathfinder", 16, 1024, width: 256, depth: 6, s4(copies: 256)) {
      ($0.norm, $0.pooling) = (.batch, .last)
    },
    stateSpace("s4-pathx", 1, 16_384, width: 256, depth: 6, s4(copies: 256)) { $0.norm = .batch },
    stateSpace("s4d-image", 8, 1024, width: 512, depth: 6, s4d(copies: 2)) {
      ($0.prenorm, $0.outputs) = (false, 10)
    },
    stateSpace("s4d-pathx", 1, 16_384, width: 256, depth: 6, s4d(copies: 256)) { $0.norm = .batch },
    stateSpace("dlr-image", 8, 1024, width: 512, depth: 6, dlr) { $0.outputs = 10 },
    stateSpace("dlr-listops", 16, 2048, width: 128, depth: 8, dlr) {
      ($0.encoder, $0.outputs, $0.poolsOverLengths) = (.embedding(vocabulary: 19), 10, true)
      $0.prenorm = false
    },
    stateSpace("dlr-pathx", 1, 16_384, width: 256, depth: 6, dlr),
  ]

  private static func s4(copies: Int, length: Int? = nil) -> StateSpace.Family {
    .s4(states: 64, copies: copies, rank: 1, maximumLength: length)
  }

  private static func s4d(copies: Int) -> StateSpace.Family {
    .s4d(states: 64, copies: copies, discretization: .bilinear, eigenvalues: .legS)
  }

  private static let dlr = StateSpace.Family.dlr(states: 1024, version: .complex)

  private static var megaImage: BenchmarkConfiguration {
    let model = Mega(queryWidth: 64, valueWidth: 320, states: 16, chunk: 128, scores: .laplace)
    return BenchmarkConfiguration(
      name: "mega-image",
      batch: 8,
      length: 1024,
      network: NetworkConfiguration(
        encoder: .linear(inputs: 1),
        positions: .none,
        width: 160,
        layers: [.mega(model: model)],
        depth: 8,
        norm: .batch,
        outputs: 10
      )
    )
  }

  private static func transformer(
    _ task: String,
    _ batch: Int,
    _ length: Int,
    width: Int,
    depth: Int,
    heads: Int,
    expand: Int,
    _ change: (inout NetworkConfiguration) -> Void = { _ in }
  ) -> BenchmarkConfiguration {
    var network = NetworkConfiguration(
      encoder: .linear(inputs: 1),
      width: width,
      layers: [
        .attention(heads: heads, causal: false, rotary: false), .feedForward(expand: expand),
      ],
      depth: depth,
      outputs: 2
    )
    change(&network)
    return BenchmarkConfiguration(
      name: "transformer-\(task)",
      batch: batch,
      length: length,
      network: network
    )
  }

  private static func stateSpace(
    _ name: String,
    _ batch: Int,
    _ length: Int,
    width: Int,
    depth: Int,
    _ family: StateSpace.Family,
    _ change: (inout NetworkConfiguration) -> Void = { _ in }
  ) -> BenchmarkConfiguration {
    var network = NetworkConfiguration(
      encoder: .linear(inputs: 1),
      positions: .none,
      width: width,
      layers: [.stateSpace(model: StateSpace(family))],
      depth: depth,
      outputs: 2
    )
    change(&network)
    return BenchmarkConfiguration(name: name, batch: batch, length: length, network: network)
  }
}
