import Testing

@testable import Trainer

@Suite struct NetworkRefusalTests {
  @Test func `batches and targets that do not fit are refused`() {
    let network = Network(NetworkTests.mixed, pool: WorkerPool(threads: 1))
    func sentence(_ batch: Batch, _ target: Target) -> String? {
      do {
        _ = try network.evaluationPass(batch, target)
        return nil
      } catch { return String(describing: error) }
    }
    let tokens = Batch.Input.tokens([1, 2, 3, 4, 5, 11])
    let classes = Target.classes([0, 1])
    #expect(
      sentence(Batch(rows: 2, length: 3, input: tokens), classes)
        == "row 1, position 2: token 11 is outside the vocabulary of 11"
    )
    let good = Batch.Input.tokens([1, 2, 3, 4, 5, 6])
    #expect(
      sentence(Batch(rows: 2, length: 3, input: good), .classes([0, 5]))
        == "target 1 is class 5, the network knows 5 classes"
    )
    #expect(
      sentence(Batch(rows: 2, length: 3, input: good, lengths: [3, 0]), classes)
        == "row 1 has length 0, expected 1 ... 3"
    )
    #expect(
      sentence(Batch(rows: 2, length: 2, input: good), classes)
        == "the batch holds 6 tokens, expected 2 x 2 x 1"
    )
    #expect(
      sentence(Batch(rows: 2, length: 3, input: .values([])), classes)
        == "the batch holds values, expected tokens"
    )
    #expect(
      sentence(Batch(rows: 2, length: 3, input: good), .values([1], .absolute))
        == "there are 1 target values for 10 outputs"
    )
  }

  @Test func `configurations of which no network can be made are refused`() {
    func sentence(_ change: (inout NetworkConfiguration) -> Void) -> String? {
      var configuration = NetworkTests.mixed
      change(&configuration)
      do {
        try configuration.validate()
        return nil
      } catch { return String(describing: error) }
    }
    #expect(sentence { _ in } == nil)
    #expect(sentence { $0.width = 13 } == "3 heads do not divide the width 13")
    #expect(sentence { $0.width = 9 } == "rotary heads need an even width, theirs is 3")
    #expect(
      sentence { $0.rotary = .init(fraction: 0.75) }
        == "rotary attention turns 3 of a head's 4 channels, expected pairs"
    )
    #expect(
      sentence { $0.rotary = .init(fraction: 1.5) }
        == "rotary attention turns a fraction of 1.5 of a head, expected more than 0 and at most 1"
    )
    #expect(
      sentence {
        $0.residual = .parallel
        $0.prenorm = false
      } == "parallel layers need pre-norm and at least one layer a round"
    )
    #expect(sentence { $0.dropout = 1 } == "dropout is 1.0, expected 0 ..< 1")
    #expect(sentence { $0.outputs = 0 } == "the head has 0 outputs, expected at least 1")
    #expect(
      sentence { $0.maximumLength = 0 } == "the learned position table has 0 rows, expected some"
    )
    #expect(sentence { $0.layers = [.feedForward(expand: 0)] } != nil)
    #expect(
      sentence {
        ($0.width, $0.depth, $0.layers) = (65_536, 1024, [.feedForward(expand: 65_536)])
      } == "the network has more than 2^40 parameters"
    )
    #expect(sentence { $0.width = 3 << 40 } != nil)
    #expect(
      sentence { $0.normalInitialization = -1 }
        == "normalInitialization is -1.0, expected 0 ... 1000"
    )
    #expect(sentence { $0.normalInitialization = .nan } != nil)
    #expect(sentence { $0.encoder = .embedding(vocabulary: 0) } != nil)
  }

  @Test func `state-space layers of which no network can be made are refused`() {
    func sentence(_ family: StateSpace.Family, smallestStep: Double = 0.01) -> String? {
      var configuration = NetworkTests.stateSpaces
      let model = StateSpace(family, smallestStep: smallestStep)
      configuration.layers = [.stateSpace(model: model)]
      do {
        try configuration.validate()
        return nil
      } catch { return String(describing: error) }
    }
    func s4(_ states: Int, copies: Int = 1, rank: Int = 1, length: Int? = nil) -> StateSpace.Family
    {
      .s4(states: states, copies: copies, rank: rank, maximumLength: length)
    }
    #expect(sentence(s4(8)) == nil)
    #expect(
      sentence(s4(7)) == "a state-space layer has 7 states, expected conjugate pairs, at most 65536"
    )
    #expect(
      sentence(s4(8, copies: 5)) == "5 copies of a state space do not divide the width 12"
    )
    #expect(sentence(s4(8, rank: 0)) == "an S4 layer has rank 0, expected 1 ... 1024")
    #expect(
      sentence(s4(8, length: 0)) == "an S4 layer has the maximum length 0, expected 1 ..< 2^24"
    )
    #expect(
      sentence(
        .s4d(
          states: 8,
          copies: 1,
          discretization: .bilinear,
          eigenvalues: .linear,
          maximumLength: 1 << 24
        )
      ) == "an S4D layer has the maximum length 16777216, expected 1 ..< 2^24"
    )
    #expect(
      sentence(.dlr(states: 0, version: .real))
        == "a state-space layer has 0 states, expected 1 ... 65536"
    )
    #expect(
      sentence(s4(8), smallestStep: 0)
        == "step sizes start between 0.0 and 0.1, expected 0 < first <= second"
    )
  }

  @Test func `Mega layers of which no network can be made are refused`() throws {
    func sentence(_ change: (inout Mega) -> Void) -> String? {
      var model = Mega(queryWidth: 4, valueWidth: 6)
      change(&model)
      var configuration = NetworkTests.mega
      configuration.layers = [.mega(model: model)]
      do {
        try configuration.validate()
        return nil
      } catch { return String(describing: error) }
    }
    #expect(sentence { _ in } == nil)
    #expect(sentence { $0.queryWidth = 0 } == "a Mega layer has queryWidth 0, expected 1 ... 65536")
    #expect(sentence { $0.valueWidth = -1 } != nil)
    #expect(sentence { $0.states = 0 } != nil)
    #expect(sentence { $0.chunk = 0 } == "a Mega layer has chunk 0, expected 1 ... 16777216")
    #expect(sentence { $0.maximumPositions = 0 } != nil)
    #expect(sentence { $0.expand = 0 } != nil)
  }

  @Test func `sequences beyond the relative positions of Mega are refused`() throws {
    let network = Network(NetworkTests.wholeMega, pool: WorkerPool(threads: 1))
    let (batch, target) = NetworkTests.example(NetworkTests.wholeMega, rows: 1, length: 151)
    let error = #expect(throws: NetworkError.self) { try network.evaluationPass(batch, target) }
    #expect(
      try #require(error).description
        == "the batch has sequences of length 151, Mega's relative positions reach 150; give it more "
        + "maximumPositions or a chunk"
    )
  }

  @Test func `Mega and the causal objective do not go together`() throws {
    var configuration = try Preset.named("mega-listops").pretrain
    configuration.objective = Objective(.causal)
    let error = #expect(throws: RunError.self) { try configuration.check() }
    #expect(try #require(error).description.contains("Mega's attention is never causal"))
  }

  @Test func `a longer data set stretches the relative positions`() throws {
    let configuration = try Preset.named("mega-listops").pretrain
    let shape = DataShape(vocabulary: 19, classes: 10, maximumLength: 5000)
    #expect(configuration.network.longestLength == 4000)
    #expect(configuration.fitted(to: shape).network.longestLength == 5000)
  }
}
