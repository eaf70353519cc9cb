import TestSupport
import Testing

@testable import Trainer

/// The same numbers reached in two ways.
@Suite struct NetworkViewTests {
  private func network(isCausal: Bool, pooling: NetworkConfiguration.Pooling) -> Network {
    let configuration = NetworkConfiguration(
      encoder: .embedding(vocabulary: 11),
      width: 12,
      layers: [
        .attention(heads: 3, causal: isCausal, rotary: true), .feedForward(expand: 2),
      ],
      depth: 2,
      outputs: 5,
      pooling: pooling,
      poolsOverLengths: true
    )
    let network = Network(configuration, pool: WorkerPool(threads: 2))
    network.initialize(seed: 9)
    return network
  }

  private let tokens = (0..<210).map { (index: Int) -> Int32 in Int32((index * 5 + index / 3) % 11)
  }

  @Test func `a batch gives what its rows give one by one`() {
    let network = network(isCausal: false, pooling: .mean)
    let lengths: [Int32] = [70, 33, 1]
    let whole = network.logits(
      of: Batch(rows: 3, length: 70, input: .tokens(tokens), lengths: lengths)
    )
    for row in 0..<3 {
      let own = Array(tokens[row * 70..<(row + 1) * 70])
      let single = network.logits(
        of: Batch(rows: 1, length: 70, input: .tokens(own), lengths: [lengths[row]])
      )
      let expected = Array(whole[row * 5..<(row + 1) * 5])
      expectClose(single, expected, relative: 1e-5, absolute: 1e-6)
    }
  }

  @Test(arguments: [[71, 142], [142, 71], [75, 80]])
  func `S4 layers computed at lengths of their own are the same function`(lengths: [Int]) throws {
    var logits: [[Float]] = []
    for lengths in [[80, 80], lengths] {
      var configuration = NetworkTests.stateSpaces
      configuration.layers = lengths.map {
        .stateSpace(
          model: StateSpace(.s4(states: 8, copies: 2, rank: 1, maximumLength: $0))
        )
      }
      configuration.depth = 1
      let network = Network(configuration, pool: WorkerPool(threads: 2))
      network.initialize(seed: 9)
      let batch = Batch(rows: 3, length: 70, input: .tokens(tokens))
      _ = try network.trainingPass(batch, .classes([0, 1, 0]), dropoutSeed: 0, step: 0)
      logits.append(network.logits(of: batch))
    }
    expectClose(logits[1], logits[0], relative: 1e-4, absolute: 1e-5)
  }

  @Test func `a batch of state-space layers gives what its rows give one by one`() {
    let network = Network(NetworkTests.stateSpaces, pool: WorkerPool(threads: 2))
    network.initialize(seed: 9)
    let lengths: [Int32] = [70, 33, 1]
    let whole = network.logits(
      of: Batch(rows: 3, length: 70, input: .tokens(tokens), lengths: lengths)
    )
    for row in 0..<3 {
      let own = Array(tokens[row * 70..<(row + 1) * 70])
      let single = network.logits(
        of: Batch(rows: 1, length: 70, input: .tokens(own), lengths: [lengths[row]])
      )
      expectClose(single, Array(whole[row * 5..<(row + 1) * 5]), relative: 1e-5, absolute: 1e-5)
    }
  }

  @Test(arguments: [(false, 100, 0), (false, 35, 1), (true, 100, 0), (true, 14, 4)])
  func `local attention that sees everything is full attention`(
    isCausal: Bool,
    window: Int,
    around: Int
  ) throws {
    var configuration = network(isCausal: isCausal, pooling: .all).configuration
    let batch = Batch(rows: 3, length: 70, input: .tokens(tokens))
    let target = Target.classes(tokens.map { $0 % 5 })
    func pass(_ configuration: NetworkConfiguration) throws -> ([Float], [Float]) {
      let network = Network(configuration, pool: WorkerPool(threads: 2))
      network.initialize(seed: 9)
      _ = try network.trainingPass(batch, target, dropoutSeed: 0, step: 0)
      return (network.logits(of: batch), network.gradients.withValues { Array($0) })
    }
    let full = try pass(configuration)
    configuration.layers[0] = .localAttention(
      heads: 3,
      window: window,
      back: around,
      forward: isCausal ? 0 : around,
      causal: isCausal,
      rotary: true
    )
    let local = try pass(configuration)
    expectClose(local.0, full.0, relative: 1e-5, absolute: 1e-6, "outputs")
    expectClose(local.1, full.1, relative: 1e-4, absolute: 1e-6, "gradients")
  }

  @Test func `a causal network does not see later tokens`() {
    let network = network(isCausal: true, pooling: .all)
    let batch = Batch(rows: 3, length: 70, input: .tokens(tokens))
    var changed = tokens
    for row in 0..<3 {
      for position in 41..<70 { changed[row * 70 + position] = Int32(position % 11) }
    }
    let first = network.logits(of: batch)
    let second = network.logits(of: Batch(rows: 3, length: 70, input: .tokens(changed)))
    for row in 0..<3 {
      let start = row * 350
      let seen = start..<start + 205
      let later = start + 205..<start + 350
      #expect(first[seen] == second[seen])
      #expect(first[later] != second[later])
    }
    let short = network.logits(
      of: Batch(rows: 1, length: 41, input: .tokens(Array(tokens[0..<41])))
    )
    expectClose(short, Array(first[0..<205]), relative: 1e-5, absolute: 1e-6)
  }

  @Test func `post-norm and pre-norm networks differ in their parameters by the last norm`() {
    var configuration = NetworkTests.plain
    let names = Set(Network(configuration, pool: WorkerPool(threads: 1)).layout.names)
    configuration.prenorm = true
    let more = Set(Network(configuration, pool: WorkerPool(threads: 1)).layout.names)
    #expect(more.subtracting(names) == ["final.ln.weight", "final.ln.bias"])
    #expect(names.isSubset(of: more))
  }
}
