/// How a study is made small enough for a small machine; what is absent stays as it is.
public struct StudyScale: Codable, Sendable, Equatable {
  /// The name on the command line; nil when the numbers were given one by one.
  public var name: String?
  /// Training samples, taken before any fraction of them.
  public var samples: Int?
  /// Samples that are validated and tested on, each.
  public var evaluationSamples: Int?
  /// The most optimizer steps of pretraining.
  public var pretrainSteps: Int?
  /// The most optimizer steps of finetuning.
  public var finetuneSteps: Int?
  /// The most samples of a step.
  public var batchSize: Int?
  /// The most channels of a network.
  public var width: Int?
  /// The most layers, or blocks of several where a network repeats such.
  public var depth: Int?
  /// The most seeds.
  public var seeds: Int?

  /// Nothing shrunk.
  public init() {}

  /// Shows in minutes that a study runs; its numbers say nothing.
  public static let tiny: StudyScale = {
    var scale = StudyScale()
    scale.name = "tiny"
    (scale.samples, scale.evaluationSamples) = (256, 64)
    (scale.pretrainSteps, scale.finetuneSteps) = (8, 8)
    (scale.batchSize, scale.width, scale.depth, scale.seeds) = (4, 16, 1, 2)
    return scale
  }()

  /// Hours on two cores for one architecture and a task of up to 1,024 positions.
  public static let small: StudyScale = {
    var scale = StudyScale()
    scale.name = "small"
    (scale.samples, scale.evaluationSamples) = (4000, 500)
    (scale.pretrainSteps, scale.finetuneSteps) = (600, 400)
    (scale.batchSize, scale.width, scale.depth, scale.seeds) = (16, 64, 2, 3)
    return scale
  }()

  /// What `key=value` pairs may set.
  private static var fields: [(key: String, paths: [WritableKeyPath<StudyScale, Int?>])] {
    [
      ("samples", [\.samples]), ("evaluation", [\.evaluationSamples]),
      ("steps", [\.pretrainSteps, \.finetuneSteps]), ("pretrain-steps", [\.pretrainSteps]),
      ("finetune-steps", [\.finetuneSteps]), ("batch", [\.batchSize]), ("width", [\.width]),
      ("depth", [\.depth]), ("seeds", [\.seeds]),
    ]
  }

  /// Reads "tiny", "small", or "samples=2000,steps=500,width=64"; a name may be followed by pairs that
  /// change it.
  ///
  /// - Throws: ``RunError`` with what is not understood.
  public init(parsing text: String) throws {
    self.init()
    func refuse(_ part: some StringProtocol) -> RunError {
      RunError(
        "scale '\(text)'",
        "'\(part)' is neither tiny, small nor one of "
          + Self.fields.map { $0.key + "=N" }.joined(separator: ", ")
      )
    }
    for (index, part) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
      if index == 0, let named = [Self.tiny, .small].first(where: { $0.name! == part }) {
        self = named
        continue
      }
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, let field = Self.fields.first(where: { $0.key == pair[0] }),
        let value = Int(pair[1]), value > 0
      else { throw refuse(part) }
      for path in field.paths { self[keyPath: path] = value }
      name = nil
    }
  }

  /// What was shrunk, in words.
  public var summary: String {
    func count(_ value: Int?, _ what: String) -> String? {
      value.map { NumberText.grouped($0) + " " + what }
    }
    let steps: [String?] =
      pretrainSteps == finetuneSteps
      ? [count(pretrainSteps, "steps of each stage")]
      : [count(pretrainSteps, "pretraining steps"), count(finetuneSteps, "finetuning steps")]
    let parts =
      [count(samples, "training samples"), count(evaluationSamples, "samples of each evaluation")]
      + steps
      + [
        count(batchSize, "samples a step"), width.map { "width \($0)" },
        depth.map { "depth \($0)" },
        count(seeds, "seeds"),
      ]
    return "at most " + parts.compactMap { $0 }.joined(separator: ", ")
  }

  /// Refuses sizes of which no network can be made.
  func check(_ place: String) throws {
    let values = [
      samples, evaluationSamples, pretrainSteps, finetuneSteps, batchSize, width, depth, seeds,
    ]
    if let value = values.compactMap({ $0 }).first(where: { $0 < 1 }) {
      throw RunError(place, "scale: \(value) is not a size, expected 1 or more")
    }
    if let width, width % 2 != 0 || width < 4 {
      throw RunError(place, "scale: width is \(width), expected an even number from 4")
    }
  }
}

extension NetworkConfiguration {
  /// The same network with fewer channels and rounds: as many heads as have 16 channels each, factors of
  /// the width and the states of state spaces as they were.
  func shrunk(_ scale: StudyScale) -> NetworkConfiguration {
    var network = self
    network.depth = min(depth, scale.depth ?? depth)
    guard let width = scale.width, width < self.width else { return network }
    let full = self.width
    network.width = width
    network.pairWidth = pairWidth.map { max(1, $0 * width / full) }
    network.layers = layers.map { $0.shrunk(from: full, to: width) }
    return network
  }
}

extension NetworkConfiguration.Layer {
  fileprivate func shrunk(from full: Int, to width: Int) -> Self {
    func divisor(_ most: Int) -> Int {
      (1...max(1, min(most, width))).last { width % $0 == 0 } ?? 1
    }
    // At least 16 channels a head, and an even number of them for rotary attention.
    func fewer(_ heads: Int) -> Int {
      let most = max(1, min(heads, width / 16))
      return (1...most).last { width % $0 == 0 && width / $0 % 2 == 0 } ?? 1
    }
    switch self {
    case .attention(let heads, let causal, let rotary, let bias):
      return .attention(heads: fewer(heads), causal: causal, rotary: rotary, bias: bias)
    case .localAttention(
      let heads,
      let window,
      let back,
      let forward,
      let causal,
      let rotary,
      let bias
    ):
      return .localAttention(
        heads: fewer(heads),
        window: window,
        back: back,
        forward: forward,
        causal: causal,
        rotary: rotary,
        bias: bias
      )
    case .feedForward: return self
    case .stateSpace(var model):
      switch model.family {
      case .s4(let states, let copies, let rank, let limit):
        model.family = .s4(
          states: states,
          copies: divisor(copies),
          rank: rank,
          maximumLength: limit
        )
      case .s4d(let states, let copies, let rule, let eigenvalues, let limit):
        model.family = .s4d(
          states: states,
          copies: divisor(copies),
          discretization: rule,
          eigenvalues: eigenvalues,
          maximumLength: limit
        )
      case .dss, .dlr: break
      }
      return .stateSpace(model: model)
    case .mega(var model):
      model.queryWidth = max(1, model.queryWidth * width / full)
      model.valueWidth = max(1, model.valueWidth * width / full)
      return .mega(model: model)
    }
  }
}
