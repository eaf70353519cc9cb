import FoundationEssentials
import Testing

@testable import Trainer

@Suite struct InitializationTests {
  private func network(identical: Bool, seed: UInt64 = 1) -> Network {
    let configuration = NetworkConfiguration(
      encoder: .embedding(vocabulary: 50),
      positions: .learned,
      width: 32,
      layers: [.attention(heads: 2, causal: false, rotary: false), .feedForward(expand: 4)],
      depth: 1,
      norm: .batch,
      outputs: 3,
      maximumLength: 64,
      identicalProjections: identical
    )
    let network = Network(configuration, pool: WorkerPool(threads: 1))
    network.initialize(seed: seed)
    return network
  }

  private func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    let squares = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (mean, (squares / Double(values.count)).squareRoot())
  }

  @Test func `every kind of parameter has its distribution`() {
    let network = network(identical: false)
    let embedding = moments(network.parameters["enc.weight"])
    #expect(abs(embedding.mean) < 0.1 && abs(embedding.deviation - 1) < 0.1)
    let positions = moments(network.parameters["pos"])
    #expect(abs(positions.mean) < 0.002 && abs(positions.deviation - 0.02) < 0.002)
    for (name, inputs) in [("blocks.1.layer.up", 32.0), ("blocks.1.layer.down", 128.0)] {
      let bound = Float(1 / inputs.squareRoot())
      let weights = network.parameters["\(name).weight"]
      #expect((weights + network.parameters["\(name).bias"]).allSatisfy { abs($0) <= bound })
      let uniform = moments(weights)
      #expect(abs(uniform.deviation - Double(bound) / 3.0.squareRoot()) < 0.05 * Double(bound))
    }
    #expect(network.parameters["final.bn.weight"] == Array(repeating: 1, count: 32))
    #expect(network.parameters["final.bn.bias"] == Array(repeating: 0, count: 32))
    #expect(network.buffers["final.bn.running_var"] == Array(repeating: 1, count: 32))
    #expect(network.buffers["final.bn.running_mean"] == Array(repeating: 0, count: 32))
  }

  @Test func `projections are copies of one draw only when asked`() {
    for identical in [true, false] {
      let parameters = network(identical: identical).parameters
      for kind in ["weight", "bias"] {
        for part in ["k", "v", "o"] {
          let isCopy =
            parameters["blocks.0.layer.\(part).\(kind)"] == parameters["blocks.0.layer.q.\(kind)"]
          #expect(isCopy == identical)
        }
      }
    }
  }

  @Test func `a seed gives the same weights again and another seed gives others`() {
    let weights = network(identical: false).parameters.withValues { Array($0) }
    #expect(network(identical: false).parameters.withValues { Array($0) } == weights)
    #expect(network(identical: false, seed: 2).parameters.withValues { Array($0) } != weights)
  }

  @Test func `a configuration survives JSON`() throws {
    for configuration in [NetworkTests.mixed, NetworkTests.plain] {
      let data = try JSONEncoder().encode(configuration)
      #expect(try JSONDecoder().decode(NetworkConfiguration.self, from: data) == configuration)
    }
  }
}
