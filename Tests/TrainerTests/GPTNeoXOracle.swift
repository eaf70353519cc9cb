import DataKit
import Foundation
import TestSupport

@testable import Trainer

/// A GPT-NeoX model computed from its definition, in Double, with the published names and layouts.
///
/// It shares no code with the trainer: loops over heads, positions and channels.
struct GPTNeoXOracle {
  var layers = 2
  var width = 32
  var heads = 2
  var vocabulary = 13
  var rotaryFraction = 0.25
  /// Tensors by their published names, with their shapes.
  var tensors: [String: (shape: [Int], values: [Double])] = [:]

  init() {
    var seed: UInt32 = 500
    func add(_ name: String, _ shape: [Int], around center: Float = 0) -> (String, [Int], [Double])
    {
      seed += 1
      let values = drawn(shape.reduce(1, *), seed: seed, scale: 0.2).map { Double($0 + center) }
      return (name, shape, values)
    }
    var all = [add("gpt_neox.embed_in.weight", [vocabulary, width])]
    for layer in 0..<layers {
      let name = "gpt_neox.layers.\(layer)."
      for norm in ["input_layernorm", "post_attention_layernorm"] {
        all.append(add("\(name)\(norm).weight", [width], around: 1))
        all.append(add("\(name)\(norm).bias", [width]))
      }
      for (linear, outputs, inputs) in [
        ("attention.query_key_value", 3 * width, width), ("attention.dense", width, width),
        ("mlp.dense_h_to_4h", 4 * width, width), ("mlp.dense_4h_to_h", width, 4 * width),
      ] {
        all.append(add("\(name)\(linear).weight", [outputs, inputs]))
        all.append(add("\(name)\(linear).bias", [outputs]))
      }
    }
    all.append(add("gpt_neox.final_layer_norm.weight", [width], around: 1))
    all.append(add("gpt_neox.final_layer_norm.bias", [width]))
    all.append(add("embed_out.weight", [vocabulary, width]))
    for (name, shape, values) in all { tensors[name] = (shape, values) }
  }

  /// The network of the same shape.
  func configuration(causal: Bool = true) -> NetworkConfiguration {
    NetworkConfiguration(
      encoder: .embedding(vocabulary: vocabulary),
      positions: .none,
      width: width,
      layers: [
        .attention(heads: heads, causal: causal, rotary: true), .feedForward(expand: 4),
      ],
      depth: layers,
      outputs: vocabulary,
      pooling: .all,
      rotary: .init(fraction: rotaryFraction, pairing: .halves),
      residual: .parallel
    )
  }

  /// Writes some of the tensors, each as `encode` makes its bytes.
  func write(
    to path: String,
    only names: Set<String>? = nil,
    extra: [TensorData] = [],
    _ type: ElementType = .float32,
    _ encode: (Double) -> [UInt8] = { bytes(of: Float($0).bitPattern) }
  ) throws {
    let chosen = tensors.sorted { $0.key < $1.key }.filter { names?.contains($0.key) ?? true }
    let data = chosen.map { name, tensor in
      TensorData(
        name: name,
        elementType: type,
        shape: tensor.shape,
        bytes: tensor.values.flatMap(encode)
      )
    }
    try SafetensorsWriter.write(data + extra, metadata: ["format": "pt"], layout: .packed, to: path)
  }

  static func bytes(of value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private func weight(_ name: String) -> [Double] { tensors[name]?.values ?? [] }

  private func linear(_ x: [[Double]], _ name: String, hasBias: Bool = true) -> [[Double]] {
    let matrix = weight(name + ".weight")
    let inputs = x[0].count
    let bias = hasBias ? weight(name + ".bias") : Array(repeating: 0, count: matrix.count / inputs)
    return x.map { row in
      bias.indices.map { output in
        var sum = bias[output]
        for input in 0..<inputs { sum += matrix[output * inputs + input] * row[input] }
        return sum
      }
    }
  }

  private func norm(_ x: [[Double]], _ name: String) -> [[Double]] {
    let (gain, bias) = (weight(name + ".weight"), weight(name + ".bias"))
    return x.map { row in
      let mean = row.reduce(0, +) / Double(width)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      return row.indices.map {
        (row[$0] - mean) / (variance + 1e-5).squareRoot() * gain[$0] + bias[$0]
      }
    }
  }

  /// x cos + rotate_half(x) sin over the first channels, where rotate_half((a, b)) = (-b, a).
  private func turned(_ x: [Double], at position: Int) -> [Double] {
    let count = Int(Double(x.count) * rotaryFraction)
    var y = x
    for channel in 0..<count {
      let pair = channel % (count / 2)
      let angle = Double(position) / pow(10_000, Double(2 * pair) / Double(count))
      let other = channel < count / 2 ? -x[channel + count / 2] : x[channel - count / 2]
      y[channel] = x[channel] * cos(angle) + other * sin(angle)
    }
    return y
  }

  private func attention(_ x: [[Double]], _ name: String, causal: Bool) -> [[Double]] {
    let size = width / heads
    let fused = linear(x, name + ".query_key_value")
    var mixed = Array(repeating: Array(repeating: 0.0, count: width), count: x.count)
    for head in 0..<heads {
      func part(_ index: Int, _ position: Int) -> [Double] {
        let first = head * 3 * size + index * size
        return Array(fused[position][first..<first + size])
      }
      let queries = x.indices.map { turned(part(0, $0), at: $0) }
      let keys = x.indices.map { turned(part(1, $0), at: $0) }
      for query in x.indices {
        let seen = causal ? 0...query : 0...x.count - 1
        let scores = seen.map { key in
          exp(
            zip(queries[query], keys[key]).reduce(0) { $0 + $1.0 * $1.1 }
              / Double(size).squareRoot()
          )
        }
        let sum = scores.reduce(0, +)
        for key in seen {
          for channel in 0..<size {
            mixed[query][head * size + channel] += scores[key] / sum * part(2, key)[channel]
          }
        }
      }
    }
    return linear(mixed, name + ".dense")
  }

  /// The outputs of one sequence of tokens, [length, vocabulary].
  func logits(of tokens: [Int], causal: Bool = true) -> [Double] {
    let table = weight("gpt_neox.embed_in.weight")
    var x = tokens.map { Array(table[$0 * width..<($0 + 1) * width]) }
    for layer in 0..<layers {
      let name = "gpt_neox.layers.\(layer)"
      let attended = attention(
        norm(x, name + ".input_layernorm"),
        name + ".attention",
        causal: causal
      )
      let inner = linear(norm(x, name + ".post_attention_layernorm"), name + ".mlp.dense_h_to_4h")
      let active = inner.map { $0.map { $0 * 0.5 * (1 + erf($0 / 2.0.squareRoot())) } }
      let fed = linear(active, name + ".mlp.dense_4h_to_h")
      for t in x.indices {
        for channel in 0..<width { x[t][channel] += attended[t][channel] + fed[t][channel] }
      }
    }
    return linear(norm(x, "gpt_neox.final_layer_norm"), "embed_out", hasBias: false).flatMap { $0 }
  }
}
