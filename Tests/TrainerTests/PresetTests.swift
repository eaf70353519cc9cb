import TestSupport
import Testing

@testable import Trainer

@Suite struct PresetTests {
  /// Counts of the published networks, from their own code.
  static let counts: [(String, Int, Int)] = [
    ("paper-transformer-image", 100_801, 105_482),
    ("paper-transformer-text", 18_984_960, 19_248_642),
    ("paper-transformer-listops", 18_934_803, 18_930_186),
    ("transformer-image", 100_801, 105_482), ("transformer-listops", 18_934_803, 18_930_186),
    ("paper-s4-image", 3_561_729, 3_565_834), ("paper-s4-text", 1_322_496, 1_323_010),
    ("paper-s4-listops", 600_851, 599_690), ("paper-dlr-image", 15_759_361, 15_763_466),
    ("paper-dlr-text", 7_133_184, 7_133_698), ("paper-dlr-listops", 4_482_835, 4_481_674),
    ("mega-image", 2_727_801, 2_729_090), ("paper-mega-image", 2_727_801, 2_729_090),
    // 18,915,328 without embeddings, as published for Pythia 70M.
    ("pythia-70m-text", 18_915_328 + 136 * 512 + 136 * 513, 18_915_328 + 136 * 512 + 2 * 513),
    ("s4-image", 3_561_729, 3_565_834), ("dlr-random-image", 15_759_361, 15_763_466),
  ]

  @Test(arguments: counts)
  func `parameters are as many as published`(name: String, pretrain: Int, finetune: Int) throws {
    let preset = try Preset.named(name)
    #expect(Network.parameterCount(preset.pretrain.network) == pretrain)
    #expect(Network.parameterCount(preset.finetune.network) == finetune)
  }

  @Test(arguments: ["transformer-pathfinder", "paper-transformer-pathfinder"])
  func `pathfinder has the published network`(name: String) throws {
    // The published pretraining file has a mask ratio of 0, which builds this same network. With
    // masks the encoder has a second channel (128 more) and the head 256 classes instead of 2.
    let preset = try Preset.named(name)
    #expect(Network.parameterCount(preset.finetune.network) == 399_106)
    #expect(
      Network.parameterCount(preset.pretrain.network) == 399_106 + 128 + (256 - 2) * (128 + 1)
    )
  }

  @Test(arguments: [
    ("s4-pathfinder", 1_288_706), ("s4-pathx", 1_288_706), ("s4-pathx-small", 199_490),
    ("mega-listops", 612_404), ("paper-mega-listops", 612_404),
    ("s4d-image", 3_565_066), ("s4d-pathx-small", 174_914), ("dlr-pathx", 7_099_394),
  ])
  func `finetuning presets have the published networks`(name: String, count: Int) throws {
    #expect(Network.parameterCount(try Preset.named(name).finetune.network) == count)
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
  }

  @Test func `a misspelt name is answered with the nearest`() throws {
    let error = #expect(throws: RunError.self) { try Preset.named("transformer-imgae") }
    #expect(try #require(error).description.contains("did you mean 'transformer-image'"))
  }
}

@Suite struct RunConfigurationTests {
  private let configuration = LRATransformers.image.finetune

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
