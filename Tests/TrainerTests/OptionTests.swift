import Foundation
import TestSupport
import Testing

@testable import Trainer

/// Options that no published network has.
@Suite struct OptionTests {
  /// No norm, no biases in attention, other activations; only smooth ones, for the sake of differences.
  static let layers = NetworkConfiguration(
    encoder: .embedding(vocabulary: 11),
    positions: .none,
    width: 12,
    layers: [
      .attention(heads: 2, causal: false, rotary: true, bias: false),
      .feedForward(expand: 2, activation: .laplace),
      .mega(
        model: Mega(
          queryWidth: 5,
          valueWidth: 9,
          states: 3,
          chunk: 32,
          activation: .gelu,
          norm: .batch,
          prenorm: false
        )
      ),
    ],
    depth: 2,
    norm: .identity,
    outputs: 5,
    pooling: .sum,
    poolsOverLengths: true,
    dropout: 0.2
  )
  /// Kernels shorter than the sequences.
  static let kernels = NetworkConfiguration(
    encoder: .linear(inputs: 2),
    positions: .none,
    width: 12,
    layers: [
      .stateSpace(
        model: StateSpace(
          .s4(states: 8, copies: 3, rank: 1, maximumLength: 3),
          activation: .silu
        )
      ),
      .stateSpace(
        model: StateSpace(
          .s4d(
            states: 8,
            copies: 12,
            discretization: .bilinear,
            eigenvalues: .linear,
            maximumLength: 4
          ),
          bidirectional: false,
          gated: false,
          activation: .identity
        )
      ),
      .stateSpace(model: StateSpace(.s4(states: 4, copies: 1, rank: 1, maximumLength: nil))),
    ],
    depth: 1,
    prenorm: false,
    outputs: 1,
    pooling: .all,
    dropout: 0.1
  )

  @Test(arguments: Activation.allCases)
  func `activations and their slopes`(activation: Activation) {
    let x = drawn(21, seed: 5, scale: 2)
    func exact(_ x: Double) -> Double {
      func cumulative(_ x: Double) -> Double { 0.5 * (1 + erf(x / 2.0.squareRoot())) }
      return switch activation {
      case .gelu: x * cumulative(x)
      case .relu: max(x, 0)
      case .silu: x / (1 + exp(-x))
      case .squaredRelu: max(x, 0) * max(x, 0)
      case .laplace: cumulative((x - 0.707107) / 0.282095)
      case .identity: x
      }
    }
    let input = Values(x, rows: 3, columns: 7)
    let (output, again) = (Values(rows: 3, columns: 7), Values(rows: 3, columns: 7))
    activation.forward(input.matrix, into: output.matrix)
    expectClose(output.array, x.map { Float(exact(Double($0))) }, absolute: 1e-6)
    let slopes = x.map { Float((exact(Double($0) + 1e-6) - exact(Double($0) - 1e-6)) / 2e-6) }
    for target in [again.matrix, nil] {
      let gradient = Values(Array(repeating: 2, count: 21), rows: 3, columns: 7)
      activation.backward(input.matrix, output: target, gradient: gradient.matrix)
      expectClose(gradient.array, slopes.map { 2 * $0 }, absolute: 2e-6)
    }
    #expect(again.array == output.array)
    // In place, as layers may do it.
    activation.forward(input.base, into: input.base, count: 21)
    #expect(input.array == output.array)
  }

  @Test(arguments: [true, false])
  func `a kernel has no values beyond its maximum length`(isS4: Bool) {
    func network(_ limit: Int?) -> Network {
      let family: StateSpace.Family =
        isS4
        ? .s4(states: 8, copies: 2, rank: 1, maximumLength: limit)
        : .s4d(
          states: 8,
          copies: 2,
          discretization: .bilinear,
          eigenvalues: .legS,
          maximumLength: limit
        )
      let network = Network(
        NetworkConfiguration(
          encoder: .linear(inputs: 1),
          positions: .none,
          width: 4,
          layers: [.stateSpace(model: StateSpace(family, bidirectional: false))],
          depth: 1,
          prenorm: false,
          outputs: 2,
          pooling: .all
        ),
        pool: WorkerPool(threads: 2)
      )
      network.initialize(seed: 3)
      return network
    }
    let (whole, short) = (network(nil), network(6))
    func logits(_ network: Network, _ values: [Float]) -> [Float] {
      network.logits(of: Batch(rows: 1, length: 20, input: .values(values)))
    }
    let values = drawn(20, seed: 1)
    let (all, cut) = (logits(whole, values), logits(short, values))
    // The first six outputs see as far in both.
    expectClose(Array(cut[..<12]), Array(all[..<12]), absolute: 1e-4)
    #expect(zip(cut[12...], all[12...]).contains { abs($0 - $1) > 1e-3 })
    if isS4 { #expect(short.buffers["blocks.0.layer.len"] == [6]) }
    let changed = logits(short, [values[0] + 1] + values[1...])
    #expect(zip(changed[..<12], cut).contains { abs($0 - $1) > 1e-3 })
    expectClose(Array(changed[12...]), Array(cut[12...]), absolute: 1e-5)
  }

  @Test func `configurations without the options stay as they were`() throws {
    let plain = NetworkTests.kinds.map { configuration in
      Result { String(decoding: try JSON.encode(configuration), as: UTF8.self) }
    }
    for text in try plain.dropLast(2).map({ try $0.get() }) {
      for name in ["bias", "activation", "pairWidth", "pairActivation"] {
        #expect(!text.contains("\"\(name)\""))
      }
    }
    for configuration in [Self.layers, Self.kernels] {
      let copy = try JSON.decode(NetworkConfiguration.self, from: JSON.encode(configuration))
      #expect(copy == configuration)
    }
    let layers = try JSON.decode(
      [NetworkConfiguration.Layer].self,
      from: Array(
        #"""
        [{"attention": {"heads": 2, "causal": false, "rotary": false}}, {"feedForward": {"expand": 2}}]
        """#.utf8
      )
    )
    #expect(
      layers == [.attention(heads: 2, causal: false, rotary: false), .feedForward(expand: 2)]
    )
  }

  @Test func `an option of a run's network can be set by name`() throws {
    let run = try Preset.named("demo-listops").finetune
    let changed = try run.merged(
      withJSON: Array(#"{"network": {"pairActivation": "relu", "pairWidth": 5}}"#.utf8),
      from: "here"
    )
    #expect(changed.network.pairActivation == .relu && changed.network.pairWidth == 5)
  }
}
