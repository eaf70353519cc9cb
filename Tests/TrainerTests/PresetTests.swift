import TestSupport
import Testing

@testable import Trainer

@Suite struct PresetTests {
  /// Published experiments that no preset here follows, and why.
  static let uncovered: [String: String] = {
    var reasons = [
      "dss-pathfinder-lm": "it names a model file that does not exist",
      "s4-lra-pathseg-mlm": "it names a pipeline file that does not exist",
    ]
    for name in ["pathfinder", "pathfinder-mlm"] {
      reasons["mega/" + name] = "the published code cannot compose it"
    }
    for name in [
      "aan", "aan-mlm", "cifar-mlm-l1", "imdb", "imdb-mlm", "listops-mlm", "pathfinder-mlm-l1",
      "pathx-mlm", "pathx-small",
    ] {
      reasons["mega/" + name] = "it configures a Transformer that another file has too"
    }
    return reasons
  }()

  /// What the published code cannot build: a preset cannot be compared with it.
  static let unresolved = [
    "dss-pathfinder-lm", "mega/pathfinder", "mega/pathfinder-mlm", "s4-lra-pathseg-mlm",
  ]

  /// The presets and stages that follow a counted experiment.
  static let counted = Preset.all.flatMap { preset in
    RunConfiguration.Stage.allCases
      .filter { preset.publishedParameters(of: $0) != nil }
      .map { (preset.name, $0) }
  }

  @Test(arguments: counted)
  func `parameters are as many as published`(
    name: String,
    stage: RunConfiguration.Stage
  ) throws {
    let preset = try Preset.named(name)
    let network = preset.configuration(for: stage).network
    var expected = try #require(preset.publishedParameters(of: stage))
    if stage == .pretrain, !name.hasPrefix("paper-") {
      if preset.task == "text" || preset.task == "retrieval" {
        // The sensible choice has an output layer.
        expected += network.outputs * (network.width + 1)
      } else if name == "transformer-pathx256" {
        // The sensible choice has 4 of the published 8 rounds; half of what is not encoder, last norm
        // and head.
        let rest = 3 * 128 + 2 * 128 + 256 * 129
        expected = (expected - rest) / 2 + rest
      }
    }
    #expect(Network.parameterCount(network) == expected)
  }

  @Test func `Pythia has the published layers`() throws {
    // 18,915,328 without embeddings, as published for Pythia 70M.
    let preset = try Preset.named("pythia-70m-text")
    let layers = 18_915_328 + 136 * 512
    #expect(Network.parameterCount(preset.pretrain.network) == layers + 136 * 513)
    #expect(Network.parameterCount(preset.finetune.network) == layers + 2 * 513)
  }

  @Test func `every published experiment has a paper preset or a reason`() {
    let all = Set(PublishedExperiments.parameters.keys).union(Self.unresolved)
    #expect(all.count == 54)
    let covered = Preset.all.filter { $0.name.hasPrefix("paper-") }.flatMap { preset in
      [preset.published.pretrain, preset.published.finetune].compactMap(\.self)
    }
    let reasons = Set(Self.uncovered.keys)
    #expect(all.subtracting(covered) == reasons)
    #expect(reasons.isDisjoint(with: covered))
  }

  @Test func `without a mask ratio the published networks classify`() {
    // With masks there are a second input channel and 256 grey levels instead of 2 classes.
    #expect(PublishedExperiments.withoutMasks.count == 4)
    for name in PublishedExperiments.withoutMasks {
      let finetune = String(name.dropLast("-mlm".count))
      let counts = PublishedExperiments.parameters
      #expect(counts[name] != nil && counts[name] == counts[finetune])
    }
    let count = PublishedExperiments.maskedParameters("transformer-lra-pathfinder-mlm", width: 128)
    #expect(count == 399_106 + 128 + 254 * 129)
    #expect(PublishedExperiments.maskedParameters("cifar/s4-cifar", width: 512) == nil)
  }

  @Test func `colour needs two more input channels than grey`() throws {
    for (colour, grey) in [
      ("s4-image-colour", "s4-image"), ("transformer-image-colour", "transformer-rotary-image"),
    ] {
      let (colour, grey) = try (Preset.named(colour).finetune, Preset.named(grey).finetune)
      #expect(
        Network.parameterCount(colour.network)
          == Network.parameterCount(grey.network) + 2 * grey.network.width
      )
    }
  }

  @Test func `every parameter of Mega decays and has the global rate`() throws {
    let configuration = try Preset.named("paper-mega-image").finetune
    let entries = NetworkStructure(configuration.network).layout.entries
    #expect(entries.count == 180)
    for entry in entries {
      let group = configuration.optimizer.group(of: entry.name)
      #expect(group == AdamW.Group(learningRate: 0.01, weightDecay: 0.02), "\(entry.name)")
    }
    #expect(configuration.optimizer.beta2 == 0.98 && configuration.optimizer.clipNorm == 1)
  }

  @Test func `state-space parameters have the published rates`() throws {
    // Numbers of parameters by (learning rate, weight decay) of dlr-lra-cifar and s4-lra-cifar.
    for (name, expected) in [
      (
        "paper-dlr-image",
        [[0.01, 0.05]: 3_168_266, [0.0001, 0]: 12_594_176, [0.01, 0]: 1024]
      ), ("paper-s4-image", [[0.01, 0.05]: 3_560_458, [0.01, 0]: 3072, [0.001, 0]: 2304]),
    ] {
      let configuration = try Preset.named(name).finetune
      var counts: [[Double]: Int] = [:]
      for entry in NetworkStructure(configuration.network).layout.entries {
        let group = configuration.optimizer.group(of: entry.name)
        counts[[group.learningRate, group.weightDecay], default: 0] += entry.range.count
      }
      #expect(counts == expected)
    }
  }

  @Test(arguments: Preset.all.map(\.name))
  func `every preset makes sense`(name: String) throws {
    let preset = try Preset.named(name)
    #expect(!preset.sources.isEmpty)
    try preset.pretrain.check()
    try preset.finetune.check()
    #expect(preset.pretrain.stage == .pretrain && preset.finetune.stage == .finetune)
    #expect(preset.pretrain.preset == name && preset.finetune.preset == name)
    #expect(preset.pretrain == preset.pretrain.fitted(to: preset.shape))
    #expect(preset.finetune == preset.finetune.fitted(to: preset.shape))
  }

  /// Of these the published stages have different networks.
  static let untransferable: Set = [
    "paper-transformer-pathx256", "paper-s4-speech", "paper-transformer-bidmc-hr",
    "paper-transformer-bidmc-rr", "paper-transformer-bidmc-spo2",
  ]

  @Test(arguments: Preset.all.map(\.name))
  func `finetuning can start from the pretrained weights`(name: String) throws {
    let preset = try Preset.named(name)
    let (source, target) = (preset.pretrain.network, preset.finetune.network)
    let areAlike =
      (source.width, source.depth, source.prenorm) == (target.width, target.depth, target.prenorm)
      && source.norm == target.norm && source.positions == target.positions
      && source.layers == target.layers
    #expect(areAlike != Self.untransferable.contains(name))
  }

  @Test func `paper presets follow the published code, the others do not`() {
    for preset in Preset.all {
      let isPaper = preset.name.hasPrefix("paper-")
      for configuration in [preset.pretrain, preset.finetune] {
        #expect((configuration.schedule.warmUp == .fromZero) == isPaper)
        #expect(configuration.validation.dropsLastBatch == isPaper)
        #expect(isPaper || !configuration.network.identicalProjections)
        #expect(isPaper || configuration.network.head != .identity)
      }
    }
  }

  @Test func `a preset is suggested for every task of the paper`() {
    let suggested = [
      "listops": "demo-listops", "text": "transformer-text", "retrieval": "transformer-retrieval",
      "image": "transformer-image", "pathfinder32": "demo-pathfinder32",
      "pathfinder128": "transformer-pathx", "pathfinder256": "transformer-pathx256",
      "speech": "transformer-speech", "image-colour": "transformer-image-colour",
      "bidmc-hr": "transformer-bidmc-hr",
    ]
    for (task, name) in suggested { #expect(Preset.suggested(forTask: task)?.name == name) }
    #expect(Preset.suggested(forTask: "tsv") == nil)
  }

  @Test func `a misspelt name is answered with the nearest`() throws {
    let error = #expect(throws: RunError.self) { try Preset.named("transformer-imgae") }
    #expect(try #require(error).description.contains("did you mean 'transformer-image'"))
  }
}

@Suite struct RunConfigurationTests {
  private let configuration = PublishedTask.image.sensiblePreset("transformer-image").finetune

  private func merged(_ json: String) throws -> RunConfiguration {
    try configuration.merged(withJSON: Array(json.utf8), from: "c.json")
  }

  @Test func `fields of a file are laid over the preset`() throws {
    let merged = try merged(
      #"{"optimizer": {"learningRate": 0.5, "clipNorm": 1}, "network": {"width": 8}, "epochs": 3}"#
    )
    #expect(merged.optimizer.learningRate == 0.5 && merged.optimizer.clipNorm == 1)
    #expect(merged.network.width == 8 && merged.network.depth == 3)
    #expect(merged.epochs == 3)
    #expect(merged.optimizer.beta1 == 0.9)
  }

  @Test func `layers of a file replace those of the preset`() throws {
    let merged = try merged(#"{"network": {"layers": [{"feedForward": {"expand": 3}}]}}"#)
    #expect(merged.network.layers == [.feedForward(expand: 3)])
  }

  @Test(arguments: [
    (
      #"{"network": {"layers": [{"feedForward": {"expand": 2, "bogus": 3}}]}}"#,
      "'network.layers[0].feedForward.bogus' is not a field"
    ),
    (#"{"optimizer": {"learningrate": 1}}"#, "'optimizer.learningrate' is not a field"),
    (#"{"epochs": "many"}"#, "'epochs' is not of type Int"), ("[1", "it is not valid JSON"),
  ])
  func `a file with a mistake is refused`(json: String, expected: String) throws {
    let error = #expect(throws: RunError.self) { try merged(json) }
    let sentence = try #require(error).description
    #expect(sentence.hasPrefix("c.json: ") && sentence.contains(expected))
  }

  @Test func `a configuration survives its file`() throws {
    for preset in Preset.all {
      let read = try RunConfiguration(decoding: preset.pretrain.encoded(), from: "config.json")
      #expect(read == preset.pretrain)
    }
  }

  @Test func `the first difference is named`() throws {
    var other = configuration
    other.optimizer.learningRate = 0.25
    other.epochs = 7
    let difference = try #require(try configuration.firstDifference(from: other))
    #expect(difference.path == "optimizer.learningRate")
    #expect(difference.here == "0.001" && difference.there == "0.25")
    other = configuration
    other.epochs = 7
    #expect(try configuration.firstDifference(from: other) == nil)
  }
}
