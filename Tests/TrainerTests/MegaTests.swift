import TestSupport
import Testing

@testable import Trainer

@Suite struct MegaTests {
  struct Variant: CustomStringConvertible {
    var scores: Mega.Scores
    var chunk: Int?
    var bidirectional: Bool
    var prenorm: Bool
    var norm: NetworkConfiguration.Norm
    var tokens: Bool

    var description: String {
      "\(scores.rawValue) chunk \(chunk ?? 0) two-sided \(bidirectional) prenorm \(prenorm) \(norm)"
    }

    var configuration: NetworkConfiguration {
      NetworkConfiguration(
        encoder: tokens ? .embedding(vocabulary: 11) : .linear(inputs: 2),
        positions: .none,
        width: 12,
        layers: [
          .mega(
            model: Mega(
              queryWidth: 5,
              valueWidth: 9,
              states: 4,
              chunk: chunk,
              scores: scores,
              bidirectional: bidirectional,
              maximumPositions: 70
            )
          )
        ],
        depth: 2,
        prenorm: prenorm,
        norm: norm,
        head: .identity,
        outputs: 12,
        pooling: .all
      )
    }
  }

  static let variants: [Variant] = Mega.Scores.allCases.flatMap { scores in
    [nil, 16].flatMap { chunk in
      [true, false].flatMap { bidirectional in
        [true, false].map { prenorm in
          Variant(
            scores: scores,
            chunk: chunk,
            bidirectional: bidirectional,
            prenorm: prenorm,
            norm: bidirectional == prenorm ? .layer : .batch,
            tokens: bidirectional
          )
        }
      }
    }
  }

  /// A network whose biases, scales and norms are no longer what they start as.
  private func network(_ configuration: NetworkConfiguration, threads: Int = 2) -> Network {
    let network = Network(configuration, pool: WorkerPool(threads: threads))
    network.initialize(seed: 3)
    for (index, entry) in network.layout.entries.enumerated() {
      let noise = drawn(entry.range.count, seed: UInt32(index), scale: 0.2)
      network.parameters[entry.name] = zip(network.parameters[entry.name], noise).map { $0 + $1 }
    }
    for (index, entry) in network.buffers.layout.entries.enumerated() {
      let noise = drawn(entry.range.count, seed: UInt32(1000 + index), scale: 0.1)
      network.buffers[entry.name] = zip(network.buffers[entry.name], noise).map { $0 + abs($1) }
    }
    return network
  }

  private func batch(_ configuration: NetworkConfiguration, rows: Int, length: Int) -> Batch {
    if case .linear(let inputs) = configuration.encoder {
      let values = drawn(rows * length * inputs, seed: 4)
      return Batch(rows: rows, length: length, input: .values(values))
    }
    let tokens = (0..<rows * length).map { (index: Int) -> Int32 in
      Int32((index * 5 + index / 3) % 11)
    }
    return Batch(rows: rows, length: length, input: .tokens(tokens))
  }

  /// What the encoder makes of a batch, [rows * length][width].
  private func encoded(_ batch: Batch, _ network: Network) -> [[Double]] {
    let width = network.configuration.width
    let weight = network.parameters["enc.weight"].map(Double.init)
    switch batch.input {
    case .tokens(let tokens):
      return tokens.map { Array(weight[Int($0) * width..<(Int($0) + 1) * width]) }
    case .values(let values):
      let bias = network.parameters["enc.bias"].map(Double.init)
      let inputs = weight.count / width
      return (0..<values.count / inputs).map { row in
        (0..<width).map { column -> Double in
          var sum = bias[column]
          for input in 0..<inputs {
            sum += weight[column * inputs + input] * Double(values[row * inputs + input])
          }
          return sum
        }
      }
    }
  }

  @Test(arguments: variants)
  func `outputs are those of the definition, step by step and pair by pair`(variant: Variant) {
    let configuration = variant.configuration
    let network = network(configuration)
    // 70 = 4 chunks of 16 and a rest of 6; queries in two blocks of scores when there is no chunk.
    let (rows, length) = (2, 70)
    let batch = batch(configuration, rows: rows, length: length)
    let input = encoded(batch, network)
    guard case .mega(let model) = configuration.layers[0] else { return }
    var expected: [Float] = []
    for row in 0..<rows {
      var x = Array(input[row * length..<(row + 1) * length])
      for block in 0..<2 {
        let name = "blocks.\(block).layer"
        x = MegaReference(model: model, network: network, name: name).output(x)
      }
      expected += x.flatMap { $0.map(Float.init) }
    }
    let largest = Double(expected.map(abs).max() ?? 0)
    expectClose(network.logits(of: batch), expected, absolute: 3e-6 * largest, "outputs")
  }

  @Test(arguments: variants)
  func `gradients agree with differences`(variant: Variant) throws {
    var configuration = variant.configuration
    (configuration.head, configuration.outputs) = (.linear, 11)
    if case .mega(var model) = configuration.layers[0], model.chunk != nil {
      model.chunk = 4
      configuration.layers = [.mega(model: model)]
    }
    let network = network(configuration)
    let batch = batch(configuration, rows: 2, length: 10)
    let target = Target.classes((0..<20).map { (index: Int) -> Int32 in Int32((index * 3) % 11) })
    let start = network.parameters.withValues { Array($0) }
    func loss(_ step: Float, along direction: [Float]) throws -> Double {
      network.parameters.withValues { values in
        for index in values.indices { values[index] = start[index] + step * direction[index] }
      }
      return try network.trainingPass(batch, target, dropoutSeed: 8, step: 2).loss
    }
    _ = try loss(0, along: start)
    let gradients = network.gradients.withValues { Array($0) }
    let largest = Double(gradients.map(abs).max() ?? 0)
    // Each parameter by itself, along a direction of its own.
    for (index, entry) in network.layout.entries.enumerated() {
      var direction = [Float](repeating: 0, count: start.count)
      let own = drawn(entry.range.count, seed: UInt32(60 + index))
      direction.replaceSubrange(entry.range, with: own)
      let slope = zip(gradients, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      let step: Float = 2e-3
      let difference =
        (try loss(step, along: direction) - loss(-step, along: direction)) / (2 * Double(step))
      let size = max(largest, abs(slope))
      #expect(abs(slope - difference) < 3e-3 * size, "\(entry.name): \(slope), \(difference)")
    }
  }

  @Test(arguments: Mega.Scores.allCases)
  func `a chunk as long as the sequence is the whole sequence`(scores: Mega.Scores) throws {
    func pass(chunk: Int?) throws -> ([Float], [Float]) {
      let configuration = Variant(
        scores: scores,
        chunk: chunk,
        bidirectional: true,
        prenorm: true,
        norm: .layer,
        tokens: true
      ).configuration
      let network = network(configuration)
      let batch = batch(configuration, rows: 2, length: 70)
      let target = Target.classes((0..<140).map { (index: Int) -> Int32 in Int32(index % 12) })
      _ = try network.trainingPass(batch, target, dropoutSeed: 0, step: 0)
      return (network.logits(of: batch), network.gradients.withValues { Array($0) })
    }
    let (chunked, whole) = (try pass(chunk: 70), try pass(chunk: nil))
    #expect(chunked.0 == whole.0)
    #expect(chunked.1 == whole.1)
  }

  @Test(arguments: [nil, 16])
  func `a batch gives what its rows give one by one`(chunk: Int?) {
    let configuration = Variant(
      scores: .softmax,
      chunk: chunk,
      bidirectional: true,
      prenorm: true,
      norm: .layer,
      tokens: false
    ).configuration
    let network = network(configuration)
    let batch = batch(configuration, rows: 3, length: 70)
    let whole = network.logits(of: batch)
    guard case .values(let values) = batch.input else { return }
    for row in 0..<3 {
      let own = Array(values[row * 140..<(row + 1) * 140])
      let single = network.logits(of: Batch(rows: 1, length: 70, input: .values(own)))
      #expect(single == Array(whole[row * 840..<(row + 1) * 840]))
    }
  }

  @Test func `a rest shorter than the chunk is a sequence of its own for attention`() {
    // Without an average across positions the rows of a chunk depend on nothing else.
    var configuration = Self.variants[0].configuration
    guard case .mega(var model) = configuration.layers[0] else { return }
    model.chunk = 16
    configuration.layers = [.mega(model: model)]
    let network = network(configuration)
    for block in 0..<2 {
      let name = "blocks.\(block).layer.ema.gamma"
      network.parameters[name] = network.parameters[name].map { _ in 0 }
    }
    let batch = batch(configuration, rows: 1, length: 22)
    guard case .tokens(let tokens) = batch.input else { return }
    let whole = network.logits(of: batch)
    let rest = network.logits(of: Batch(rows: 1, length: 6, input: .tokens(Array(tokens[16...]))))
    expectClose(rest, Array(whole[(16 * 12)...]), absolute: 1e-5)
  }

  @Test func `there is no last norm and no norm outside the blocks`() {
    let network = Network(Self.variants[0].configuration, pool: WorkerPool(threads: 1))
    #expect(!network.layout.names.contains { $0.hasPrefix("final") })
    #expect(!network.layout.names.contains { $0.hasPrefix("blocks.0.norm") })
    var mixed = network.configuration
    mixed.layers.append(.feedForward(expand: 2))
    func names() -> [String] { Network(mixed, pool: WorkerPool(threads: 1)).layout.names }
    // The first layer decides.
    #expect(names().contains("blocks.1.norm.ln.weight"))
    #expect(!names().contains { $0.hasPrefix("final") })
    mixed.layers.reverse()
    #expect(names().contains("final.ln.weight"))
  }

  @Test func `extreme averages stay finite`() throws {
    let configuration = NetworkTests.wholeMega
    let network = network(configuration)
    let name = "blocks.0.layer.ema"
    let count = network.parameters["\(name).delta"].count
    let extremes: [Float] = [-1e4, -90, -20, 0, 20, 90, 1e4]
    network.parameters["\(name).delta"] = (0..<count).map { extremes[$0 % 7] }
    network.parameters["\(name).alpha"] = (0..<count).map { extremes[$0 / 5 % 7] }
    let (batch, target) = NetworkTests.example(configuration, rows: 2, length: 40)
    let result = try network.trainingPass(batch, target, dropoutSeed: 0, step: 0)
    #expect(result.loss.isFinite)
    #expect(network.gradients.withValues { $0.allSatisfy(\.isFinite) })
  }

  @Test func initialization() throws {
    let network = Network(
      try Preset.named("mega-image").finetune.network,
      pool: WorkerPool(threads: 2)
    )
    network.initialize(seed: 1)
    func expect(_ part: String, mean: Double, deviation: Double) {
      let values = network.parameters["blocks.0.layer.\(part)"].map(Double.init)
      let found = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - found) * ($1 - found) }
      let spread = (squares / Double(values.count)).squareRoot()
      let error = 5 * max(deviation, 1e-9) / Double(values.count).squareRoot()
      #expect(abs(found - mean) < error, "\(part)")
      #expect(abs(spread - deviation) < error, "\(part)")
    }
    expect("ema.delta", mean: 0, deviation: 0.2)
    expect("ema.alpha", mean: 0, deviation: 0.2)
    expect("ema.gamma", mean: 0, deviation: 1)
    expect("ema.omega", mean: 0, deviation: 1)
    for part in ["v_proj", "mx", "h_proj", "ff.up", "ff.down"] {
      expect("\(part).weight", mean: 0, deviation: 0.02)
      expect("\(part).bias", mean: 0, deviation: 0)
    }
    expect("qk_scale", mean: 0, deviation: 0.02)
    expect("qk_shift", mean: 0, deviation: 0)
    expect("rel_bias", mean: 0, deviation: 0.02)
    let beta = network.parameters["blocks.0.layer.ema.beta"]
    for (index, value) in beta.enumerated() {
      #expect(abs(value - (index % 2 == 0 ? 1 : -1)) < 0.2)
    }
    #expect(network.parameters["blocks.0.layer.norm.bn.weight"].allSatisfy { $0 == 1 })
  }
}
