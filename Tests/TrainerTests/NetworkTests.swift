import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct NetworkTests {
  /// Every kind of part at once: batch norm, causal rotary attention, dropout, maxima.
  static let mixed = NetworkConfiguration(
    encoder: .embedding(vocabulary: 11),
    positions: .learned,
    width: 12,
    layers: [
      .attention(heads: 3, causal: true, rotary: true), .feedForward(expand: 3),
    ],
    depth: 2,
    norm: .batch,
    head: .mlp,
    outputs: 5,
    pooling: .max,
    poolsOverLengths: true,
    dropout: 0.2,
    maximumLength: 300
  )
  static let plain = NetworkConfiguration(
    encoder: .linear(inputs: 2),
    width: 16,
    layers: [.attention(heads: 2, causal: false, rotary: false), .feedForward(expand: 2)],
    depth: 1,
    prenorm: false,
    outputs: 1,
    pooling: .all,
    dropout: 0.3,
    tiedDropout: true
  )
  /// Every family of state-space layers, one- and two-sided, gated or not.
  static let stateSpaces = NetworkConfiguration(
    encoder: .embedding(vocabulary: 11),
    positions: .none,
    width: 12,
    layers: [
      .stateSpace(model: StateSpace(.s4(states: 8, copies: 3, rank: 2, maximumLength: nil))),
      .stateSpace(
        model: StateSpace(
          .s4d(states: 8, copies: 12, discretization: .zeroOrderHold, eigenvalues: .inverse),
          bidirectional: false,
          gated: false
        )
      ), .stateSpace(model: StateSpace(.dss(states: 5, version: .softmax))),
      .stateSpace(model: StateSpace(.dlr(states: 6, version: .complex))),
    ],
    depth: 1,
    outputs: 5,
    poolsOverLengths: true,
    dropout: 0.2,
    tiedDropout: true
  )

  /// Chunks with a rest, two-sided averages, batch norm, both places of the norm, dropout.
  static let mega = NetworkConfiguration(
    encoder: .embedding(vocabulary: 11),
    positions: .none,
    width: 12,
    layers: [
      .mega(
        model: Mega(queryWidth: 5, valueWidth: 9, states: 3, chunk: 32, scores: .laplace)
      )
    ],
    depth: 2,
    norm: .batch,
    outputs: 5,
    poolsOverLengths: true,
    dropout: 0.2
  )
  static let wholeMega = NetworkConfiguration(
    encoder: .linear(inputs: 2),
    positions: .none,
    width: 10,
    layers: [
      .mega(model: Mega(queryWidth: 8, valueWidth: 7, states: 2, maximumPositions: 150)),
      .mega(
        model: Mega(
          queryWidth: 3,
          valueWidth: 11,
          states: 4,
          chunk: 3,
          scores: .squaredRelu,
          bidirectional: false,
          expand: 3
        )
      ),
    ],
    depth: 1,
    prenorm: false,
    outputs: 1,
    pooling: .all,
    dropout: 0.3,
    tiedDropout: true
  )

  /// Layers side by side, turned as in GPT-NeoX.
  static let parallel = NetworkConfiguration(
    encoder: .embedding(vocabulary: 11),
    positions: .none,
    width: 24,
    layers: [
      .attention(heads: 2, causal: false, rotary: true), .feedForward(expand: 2),
      .attention(heads: 3, causal: true, rotary: true),
    ],
    depth: 2,
    outputs: 5,
    poolsOverLengths: true,
    dropout: 0.2,
    rotary: .init(fraction: 0.5, pairing: .halves),
    residual: .parallel
  )
  static let kinds = [
    mixed, plain, stateSpaces, mega, wholeMega, parallel, ClassTokenTests.classifier,
    ClassTokenTests.restorer, ClassTokenTests.mega, OptionTests.layers, OptionTests.kernels,
  ]

  static func example(
    _ configuration: NetworkConfiguration,
    rows: Int,
    length: Int
  ) -> (Batch, Target) {
    if case .linear(let inputs) = configuration.encoder {
      let input = Batch.Input.values(drawn(rows * length * inputs, seed: 4))
      return (
        Batch(rows: rows, length: length, input: input),
        .values((0..<rows * length).map { $0 % 3 == 0 ? -10_000 : Float($0 % 7) }, .absolute)
      )
    }
    let tokens: [Int32] = (0..<rows * length).map { (index: Int) -> Int32 in
      Int32((index * 7 + index / 5) % 11)
    }
    let lengths = (0..<rows).map { Int32(length - $0) }
    return (
      Batch(rows: rows, length: length, input: .tokens(tokens), lengths: lengths),
      .classes((0..<rows).map { Int32($0 % 5) })
    )
  }

  @Test(arguments: kinds)
  func `the number of threads does not change a bit`(configuration: NetworkConfiguration) throws {
    let (batch, target) = Self.example(configuration, rows: 3, length: 150)
    var results: [(LossResult, [UInt32])] = []
    for threads in 1...3 {
      let pool = WorkerPool(threads: threads)
      let network = Network(configuration, pool: pool)
      network.initialize(seed: 5)
      let optimizer = AdamW(
        layout: network.layout,
        learningRate: 0.01,
        weightDecay: 0.1,
        pool: pool
      )
      var result: LossResult?
      for step in 0..<2 {
        result = try network.trainingPass(batch, target, dropoutSeed: 6, step: step)
        GradientClipping.clip(network.gradients, toNorm: 1, pool: pool)
        optimizer.step(network.parameters, network.gradients)
      }
      let bits = [network.gradients, network.parameters, network.buffers].flatMap { store in
        store.withValues { $0.map(\.bitPattern) }
      }
      results.append((try #require(result), bits))
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test(arguments: kinds)
  func `gradients agree with differences, dropout included`(
    configuration: NetworkConfiguration
  ) throws {
    let (batch, target) = Self.example(configuration, rows: 2, length: 5)
    let network = Network(configuration, pool: WorkerPool(threads: 2))
    network.initialize(seed: 7)
    // The first pass truncates the kernels of S4, which rewrites a parameter.
    _ = network.logits(of: batch)
    let start = network.parameters.withValues { Array($0) }
    func loss(_ step: Float, along direction: [Float]) throws -> Double {
      network.parameters.withValues { values in
        for index in values.indices { values[index] = start[index] + step * direction[index] }
      }
      return try network.trainingPass(batch, target, dropoutSeed: 8, step: 2).loss
    }
    _ = try loss(0, along: start)
    let gradients = network.gradients.withValues { Array($0) }
    for seed in UInt32(40)..<44 {
      let direction = drawn(start.count, seed: seed)
      let slope = zip(gradients, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      let step: Float = 5e-4
      let difference =
        (try loss(step, along: direction) - loss(-step, along: direction)) / (2 * Double(step))
      #expect(abs(slope - difference) < 1e-2 * max(1, abs(slope)))
    }
  }

  @Test(arguments: kinds, [false, true])
  func `the memory plan is what is allocated`(
    configuration: NetworkConfiguration,
    recomputes: Bool
  ) throws {
    let pool = WorkerPool(threads: 2)
    let network = Network(configuration, recomputes: recomputes, pool: pool)
    network.initialize(seed: 1)
    network.reserveKernels(for: 70)
    let (batch, target) = Self.example(configuration, rows: 3, length: 70)
    _ = try network.trainingPass(batch, target, dropoutSeed: 0, step: 0)
    let optimizer = AdamW(layout: network.layout, learningRate: 0.1, weightDecay: 0)
    let plan = Network.memoryPlan(
      configuration,
      rows: 3,
      length: 70,
      threads: 2,
      recomputes: recomputes
    )
    let moments = optimizer.firstMoment.byteCount + optimizer.secondMoment.byteCount
    #expect(plan.moments == moments)
    #expect(plan.total == network.allocatedByteCount + moments)
  }

  @Test(arguments: kinds)
  func `computing blocks twice gives the same bits in less memory`(
    configuration: NetworkConfiguration
  ) throws {
    let networks = [false, true].map {
      Network(configuration, recomputes: $0, pool: WorkerPool(threads: 2))
    }
    let (batch, target) = Self.example(configuration, rows: 3, length: 70)
    var results: [[LossResult]] = [[], []]
    for (index, network) in networks.enumerated() {
      network.initialize(seed: 1)
      for step in 0..<2 {
        results[index].append(
          try network.trainingPass(batch, target, dropoutSeed: 4, step: step)
        )
      }
      results[index].append(try network.evaluationPass(batch, target))
    }
    #expect(results[0] == results[1])
    for name in networks[0].layout.names {
      #expect(networks[0].gradients[name] == networks[1].gradients[name])
    }
    for name in networks[0].buffers.layout.names {
      #expect(networks[0].buffers[name] == networks[1].buffers[name])
    }
    #expect(networks[1].allocatedByteCount < networks[0].allocatedByteCount)
  }

  @Test func `passes of one shape reuse their memory and forget the past`() throws {
    let network = Network(Self.mixed, pool: WorkerPool(threads: 2))
    network.initialize(seed: 1)
    let (batch, target) = Self.example(Self.mixed, rows: 3, length: 40)
    let (small, smallTarget) = Self.example(Self.mixed, rows: 2, length: 9)
    let first = try network.evaluationPass(batch, target)
    let memory = network.workspace?.buffer.base
    _ = try network.evaluationPass(small, smallTarget)
    #expect(try network.evaluationPass(batch, target) == first)
    #expect(network.workspace?.buffer.base == memory)
  }

  @Test func `one batch is learned by heart`() throws {
    let configuration = NetworkConfiguration(
      encoder: .embedding(vocabulary: 11),
      width: 16,
      layers: [.attention(heads: 2, causal: false, rotary: false), .feedForward(expand: 2)],
      depth: 1,
      outputs: 5
    )
    let network = Network(configuration, pool: WorkerPool(threads: 2))
    network.initialize(seed: 3)
    let (batch, target) = Self.example(configuration, rows: 5, length: 12)
    let optimizer = AdamW(layout: network.layout, learningRate: 0.01, weightDecay: 0)
    for step in 0..<60 {
      _ = try network.trainingPass(batch, target, dropoutSeed: 0, step: step)
      optimizer.step(network.parameters, network.gradients)
    }
    let result = try network.evaluationPass(batch, target)
    #expect(result.correct == 5)
    #expect(result.loss < 0.05)
  }

  @Test func `without a counted target the gradients are 0`() throws {
    let network = Network(Self.plain, pool: WorkerPool(threads: 2))
    network.initialize(seed: 3)
    let (batch, _) = Self.example(Self.plain, rows: 2, length: 3)
    let result = try network.trainingPass(
      batch,
      .values(Array(repeating: -10_000, count: 6), .absolute),
      dropoutSeed: 0,
      step: 0
    )
    #expect(result.counted == 0)
    #expect(result.loss.isNaN)
    #expect(network.gradients.withValues { $0.allSatisfy { $0 == 0 } })
  }
}
