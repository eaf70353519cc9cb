import ComplexModule
import Testing

@testable import Trainer

@Suite struct KernelMagnitudeTests {
  private let pool = WorkerPool(threads: 2)

  private func network(_ layers: [NetworkConfiguration.Layer]) -> Network {
    let network = Network(
      NetworkConfiguration(
        encoder: .linear(inputs: 2),
        width: 6,
        layers: layers,
        depth: 2,
        norm: .layer,
        outputs: 3
      ),
      pool: pool
    )
    network.initialize(seed: 4)
    return network
  }

  @Test func `they are those of the sum of powers, term by term`() throws {
    let model = StateSpace(
      .s4d(states: 8, copies: 2, discretization: .zeroOrderHold, eigenvalues: .linear)
    )
    let network = network([.feedForward(expand: 1), .stateSpace(model: model)])
    let found = try network.kernelMagnitudes(length: 33)
    #expect(found.map(\.layer) == [1, 1, 3, 3])
    #expect(found.map(\.direction) == [.before, .after, .before, .after])
    #expect(found.map(\.firstShift) == [0, 1, 0, 1])
    // The same parameters in a layout of the second of these layers alone.
    var layout = ParameterLayout()
    let family = S4D(
      "blocks.3.layer",
      width: 6,
      states: 4,
      copies: 2,
      kernels: 2,
      .zeroOrderHold,
      in: &layout
    )
    let parameters = ParameterStore(layout: layout)
    for name in layout.names { parameters[name] = network.parameters[name] }
    for side in 0..<2 {
      let values = found[2 + side].values
      #expect(values.count == 33)
      for shift in [0, 1, 7, 32] {
        let expected =
          (0..<6).map { channel in
            let sum = family.sum(of: channel, length: 33, parameters.base)
            return zip(sum.weights[side], sum.ratios).reduce(0.0) {
              $0 + ($1.0 * ComplexDouble.pow($1.1, shift)).real
            }.magnitude
          }.max() ?? 0
        #expect(abs(Double(values[shift]) - expected) < 1e-5 * max(1, expected))
      }
    }
  }

  @Test(arguments: [
    StateSpace(.dlr(states: 4, version: .complex), bidirectional: false),
    StateSpace(.dss(states: 4, version: .exp), bidirectional: false),
    StateSpace(.s4(states: 8, copies: 1, rank: 1, maximumLength: 8), bidirectional: false),
  ])
  func `every family has them, as long as its kernels are`(model: StateSpace) throws {
    let found = try network([.stateSpace(model: model)]).kernelMagnitudes(length: 20)
    #expect(found.count == 2)
    let length = if case .s4 = model.family { 8 } else { 20 }
    #expect(found.allSatisfy { $0.values.count == length && $0.direction == .before })
    #expect(found.allSatisfy { $0.values.contains { $0 > 0 } })
  }

  @Test func `Mega's averages are kernels, attention has none`() throws {
    #expect(try network([.feedForward(expand: 1)]).kernelMagnitudes(length: 9).isEmpty)
    let mega = Mega(queryWidth: 4, valueWidth: 8, states: 4, maximumPositions: 16, expand: 1)
    let found = try network([.mega(model: mega)]).kernelMagnitudes(length: 12)
    #expect(found.map(\.firstShift) == [0, 0, 0, 0])
    #expect(found.allSatisfy { $0.values.count == 12 && $0.values[0] > 0 })
  }

  @Test func `a run is compared with what it began with, or with another`() throws {
    let harness = try TrainingHarness(.tokens)
    var network = TrainingHarness.network()
    network.layers = [.stateSpace(model: StateSpace(.dlr(states: 4, version: .complex)))]
    _ = try harness.start(harness.configuration(network: network), "run").run()
    let checkpoint = try Checkpoint(reading: harness.path("run/last.safetensors"))
    let comparison = try KernelComparison(of: checkpoint, pool: pool)
    #expect(comparison.length == 9)
    let fresh = Network(checkpoint.configuration.network, pool: pool)
    fresh.initialize(seed: 5)
    #expect(try fresh.kernelMagnitudes(length: 9) == comparison.reference)
    #expect(comparison.trained != comparison.reference)
    let own = try KernelComparison(of: checkpoint, against: checkpoint, length: 5, pool: pool)
    #expect(own.trained == own.reference && own.trained[0].values.count == 5)
    let svg = KernelDrawing(comparison).svg(title: "a < b")
    #expect(svg.hasPrefix("<svg xmlns=") && svg.contains("<title>a &lt; b</title>"))

    _ = try harness.start(harness.configuration(), "attention").run()
    let other = try Checkpoint(reading: harness.path("attention/last.safetensors"))
    #expect(throws: RunError.self) { try KernelComparison(of: other, pool: pool) }
    #expect(throws: RunError.self) {
      try KernelComparison(of: checkpoint, against: other, pool: pool)
    }
  }
}
