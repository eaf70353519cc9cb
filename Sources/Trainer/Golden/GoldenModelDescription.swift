/// What the `config` entry of a model file says.
struct GoldenModelDescription: Decodable {
  struct Encoder: Decodable {
    var kind: String
    var vocab: Int?
    var `in`: Int?
  }

  struct Layer: Decodable {
    var kind: String
    var heads: Int?
    var expand: Int?
    var causal: Bool?
    var rotary: Bool?
    var window: Int?
    var back: Int?
    var fwd: Int?
    var dState: Int?
    var nSsm: Int?
    var rank: Int?
    var lMax: Int?
    var disc: String?
    var `init`: String?
    var version: String?
    var bidirectional: Bool?
    var post: String?
    var z: Int?
    var v: Int?
    var n: Int?
    var chunk: Int?
    var attn: String?
    var norm: String?
    var prenorm: Bool?
    var maxPositions: Int?
    var ffExpand: Int?
    var act: String?
    var bias: Bool?
  }

  struct Decoder: Decodable {
    var kind: String
    var mode: String
    var out: Int?
    var useLengths: Bool?
    var nli: Bool?
    var act: String?
    var mid: Int?
  }

  struct Model: Decodable {
    var encoder: Encoder
    var dModel: Int
    var nLayers: Int
    var layers: [Layer]
    var pos: String?
    var posLen: Int?
    var prenorm: Bool
    /// nil for none.
    var norm: String?
    var decoder: Decoder

    private enum Keys: CodingKey {
      case encoder, dModel, nLayers, layers, pos, posLen, prenorm, norm, decoder
    }

    init(from decoder: any Swift.Decoder) throws {
      let fields = try decoder.container(keyedBy: Keys.self)
      encoder = try fields.decode(Encoder.self, forKey: .encoder)
      dModel = try fields.decode(Int.self, forKey: .dModel)
      nLayers = try fields.decode(Int.self, forKey: .nLayers)
      layers = try fields.decode([Layer].self, forKey: .layers)
      pos = try fields.decodeIfPresent(String.self, forKey: .pos)
      posLen = try fields.decodeIfPresent(Int.self, forKey: .posLen)
      prenorm = try fields.decodeIfPresent(Bool.self, forKey: .prenorm) ?? true
      // What is absent is the layer norm, what is null is none.
      norm =
        fields.contains(.norm) ? try fields.decodeIfPresent(String.self, forKey: .norm) : "layer"
      self.decoder = try fields.decode(Decoder.self, forKey: .decoder)
    }
  }

  /// The learning rate's course: a name alone, or with its numbers.
  enum Course: Decodable {
    case constant
    case cosine(warmup: Int, total: Int)

    private enum Keys: String, CodingKey { case name, warmup, total }

    init(from decoder: any Swift.Decoder) throws {
      if let name = try? decoder.singleValueContainer().decode(String.self) {
        guard name == "constant" else { throw Self.unknown(name, decoder) }
        self = .constant
        return
      }
      let fields = try decoder.container(keyedBy: Keys.self)
      let name = try fields.decode(String.self, forKey: .name)
      guard name == "cosine_warmup" else { throw Self.unknown(name, decoder) }
      let steps = try [Keys.warmup, .total].map { try fields.decode(Int.self, forKey: $0) }
      guard steps.allSatisfy(Schedule.areUsable) else {
        throw DecodingError.dataCorruptedError(
          forKey: .warmup,
          in: fields,
          debugDescription: "a schedule has \(steps) steps, expected -2^40 ... 2^40"
        )
      }
      self = .cosine(warmup: steps[0], total: steps[1])
    }

    private static func unknown(_ name: String, _ decoder: any Swift.Decoder) -> DecodingError {
      .dataCorrupted(
        DecodingError.Context(
          codingPath: decoder.codingPath,
          debugDescription: "no schedule is called '\(name)'"
        )
      )
    }

    var schedule: Schedule {
      switch self {
      case .constant: Schedule()
      case .cosine(let warmup, let total): Schedule(.cosine(total: total), warmUpSteps: warmup)
      }
    }
  }

  struct Optimizer: Decodable {
    var betas: [Double]
    var eps: Double?
    /// Learning rate and weight decay by parameter.
    var groups: [String: [Double]]
    var clipNorm: Double?
    var schedule: Course
  }

  var model: Model
  var batch: Int
  var length: Int
  var loss: String
  var optimizer: Optimizer

  /// A value that the description has to have.
  static func require<Value>(_ value: Value?, _ name: String) throws -> Value {
    guard let value else { throw NetworkError("'\(name)' is missing, expected a number") }
    return value
  }

  /// One of several named choices.
  static func choose<Value>(
    _ name: String,
    _ choice: String,
    of choices: KeyValuePairs<String, Value>
  ) throws -> Value {
    guard let match = choices.first(where: { $0.key == choice }) else {
      let names = choices.map(\.key).joined(separator: ", ")
      throw NetworkError("'\(name)' is '\(choice)', expected one of \(names)")
    }
    return match.value
  }

  /// Whether the head compares two sequences.
  var isForPairs: Bool { model.decoder.kind == "retrieval" }

  /// The network that is described.
  ///
  /// - Throws: ``NetworkError`` for what no network of this build has.
  func configuration() throws -> NetworkConfiguration {
    guard (0...1024).contains(model.nLayers), model.layers.count <= 1024,
      (1...1 << 16).contains(model.dModel), (1...Self.longestLength).contains(length),
      (1...1 << 16).contains(batch)
    else {
      throw NetworkError(
        "the network has \(model.nLayers) x \(model.layers.count) layers of width \(model.dModel) for "
          + "\(batch) rows of length \(length), expected at most 1024 x 1024, 2^16, 2^16 and 2^20"
      )
    }
    let encoder: NetworkConfiguration.Encoder
    switch model.encoder.kind {
    case "embed":
      encoder = .embedding(vocabulary: try Self.require(model.encoder.vocab, "encoder.vocab"))
    case "linear": encoder = .linear(inputs: try Self.require(model.encoder.in, "encoder.in"))
    default: throw NetworkError("the encoder is '\(model.encoder.kind)', expected embed or linear")
    }
    return NetworkConfiguration(
      encoder: encoder,
      positions: try model.pos.map {
        try Self.choose("pos", $0, of: ["sin": .sinusoidal, "learned": .learned])
      } ?? .none,
      width: model.dModel,
      layers: try model.layers.map { try $0.layer(width: model.dModel) },
      depth: model.nLayers,
      prenorm: model.prenorm,
      norm: try model.norm.map { try Self.norm($0) } ?? .identity,
      head: try head(),
      outputs: model.decoder.out ?? 0,
      pooling: try Self.choose(
        "decoder.mode",
        model.decoder.mode,
        of: [
          "mean": .mean, "sum": .sum, "max": .max, "last": .last, "first": .first, "all": .all,
        ]
      ),
      poolsOverLengths: model.decoder.useLengths ?? false,
      maximumLength: model.posLen ?? length,
      // Everything but gelu is relu, and 0 stands for the network's width.
      pairActivation: model.decoder.act ?? "gelu" == "gelu" ? .gelu : .relu,
      pairWidth: model.decoder.mid.flatMap { isForPairs && $0 != 0 ? $0 : nil }
    )
  }

  static func norm(_ name: String) throws -> NetworkConfiguration.Norm {
    try choose("norm", name, of: ["layer": .layer, "batch": .batch])
  }

  static func activation(_ name: String) throws -> Activation {
    try choose(
      "act",
      name,
      of: [
        "gelu": .gelu, "relu": .relu, "silu": .silu, "relu2": .squaredRelu, "laplace": .laplace,
        "none": .identity,
      ]
    )
  }

  private func head() throws -> NetworkConfiguration.Head {
    if isForPairs { return model.decoder.nli ?? true ? .pairs : .pairsConcatenated }
    return try Self.choose(
      "decoder.kind",
      model.decoder.kind,
      of: ["linear": .linear, "mlp": .mlp, "identity": .identity]
    )
  }
}

extension Schedule {
  /// Whether a number of steps can be reckoned with.
  static func areUsable(_ steps: Int) -> Bool { (-(1 << 40)...1 << 40).contains(steps) }
}
