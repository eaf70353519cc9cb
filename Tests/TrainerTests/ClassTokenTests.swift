import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct ClassTokenTests {
  /// A class token with everything that its position could disturb.
  static let classifier: NetworkConfiguration = {
    var configuration = NetworkTests.mixed
    configuration.classToken = true
    configuration.pooling = .first
    configuration.layers = [
      .attention(heads: 3, causal: false, rotary: true),
      .stateSpace(model: StateSpace(.s4(states: 4, copies: 2, rank: 1, maximumLength: nil))),
    ]
    configuration.tiedDropout = true
    return configuration
  }()
  /// A class token that Mega's relative positions have to reach over.
  static let mega: NetworkConfiguration = {
    var configuration = NetworkTests.wholeMega
    configuration.layers = [
      .mega(model: Mega(queryWidth: 4, valueWidth: 6, states: 2, maximumPositions: 151))
    ]
    configuration.depth = 2
    configuration.classToken = true
    return configuration
  }()
  /// A class token in pretraining, where every other position is kept.
  static let restorer: NetworkConfiguration = {
    var configuration = NetworkTests.plain
    configuration.classToken = true
    return configuration
  }()

  @Test func `the class is read from a token before the sequence`() {
    var configuration = NetworkConfiguration(
      encoder: .embedding(vocabulary: 11),
      positions: .sinusoidal,
      width: 12,
      layers: [.attention(heads: 3, causal: false, rotary: false), .feedForward(expand: 2)],
      depth: 2,
      outputs: 5,
      pooling: .first,
      classToken: true
    )
    let network = Network(configuration, pool: WorkerPool(threads: 2))
    network.initialize(seed: 3)
    #expect(network.parameters["cls"].contains { $0 != 0 })
    let tokens: [Int32] = [4, 1, 7, 2, 9, 3]
    let found = network.logits(of: Batch(rows: 2, length: 3, input: .tokens(tokens)))

    // The same with a twelfth token whose embedding is the class token's.
    configuration.classToken = nil
    configuration.encoder = .embedding(vocabulary: 12)
    let plain = Network(configuration, pool: WorkerPool(threads: 2))
    for name in plain.layout.names where name != "enc.weight" {
      plain.parameters[name] = network.parameters[name]
    }
    plain.parameters["enc.weight"] = network.parameters["enc.weight"] + network.parameters["cls"]
    let longer: [Int32] = [11, 4, 1, 7, 11, 2, 9, 3]
    #expect(plain.logits(of: Batch(rows: 2, length: 4, input: .tokens(longer))) == found)
  }

  @Test func `in pretraining the token itself has no output`() throws {
    let network = Network(Self.restorer, pool: WorkerPool(threads: 2))
    network.initialize(seed: 3)
    let (batch, target) = NetworkTests.example(Self.restorer, rows: 3, length: 7)
    #expect(network.logits(of: batch).count == 21)
    _ = try network.trainingPass(batch, target, dropoutSeed: 1, step: 0)
    #expect(network.gradients["cls"].contains { $0 != 0 })
  }

  @Test func `what cannot read the token is refused`() {
    func sentence(_ change: (inout NetworkConfiguration) -> Void) -> String? {
      var configuration = Self.classifier
      change(&configuration)
      do {
        try configuration.validate()
        return nil
      } catch { return String(describing: error) }
    }
    #expect(sentence { _ in } == nil)
    #expect(
      sentence { $0.pooling = .mean }
        == "pooling is mean, expected first, as a class token is to be read"
    )
    let network = Network(Self.classifier, pool: WorkerPool(threads: 1))
    let tokens = [Int32](repeating: 1, count: 301)
    let error = #expect(throws: NetworkError.self) {
      try network.evaluationPass(Batch(rows: 1, length: 301, input: .tokens(tokens)), .classes([0]))
    }
    #expect(error?.description == "the batch has length 302, the learned position table 301 rows")
    let mega = Network(Self.mega, pool: WorkerPool(threads: 1))
    let (batch, target) = NetworkTests.example(Self.mega, rows: 1, length: 151)
    let tooLong = #expect(throws: NetworkError.self) { try mega.evaluationPass(batch, target) }
    #expect(
      tooLong?.description.contains("length 152, Mega's relative positions reach 151") == true
    )
  }

  @Test func `finetuning keeps a token, draws a new one or drops an old one`() throws {
    let harness = try TrainingHarness(.pixels)
    var with = TrainingHarness.network()
    with.classToken = true
    with.pooling = .first
    let masked = Objective(.masked, loss: .absolute)
    for (name, network) in [("with", with), ("without", TrainingHarness.network())] {
      let pretrain = try harness.configuration(.pretrain, masked, network: network, steps: 2)
      _ = try harness.start(pretrain, name).run()
    }
    func report(_ source: String, _ network: NetworkConfiguration) throws -> TransferReport {
      let finetune = try harness.configuration(network: network) {
        $0.from = RunFolder(harness.path(source)).best
      }
      let run = try harness.start(finetune, source + (network == with ? "-with" : "-without"))
      return try #require(run.transfer)
    }
    #expect(try report("with", with).loaded.contains("cls"))
    #expect(try report("with", TrainingHarness.network()).dropped.contains("cls"))
    #expect(try report("without", with).initialised.contains("cls"))
  }
}
