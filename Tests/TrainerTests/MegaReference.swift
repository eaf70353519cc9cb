import RealModule

@testable import Trainer

/// A Mega block by its definition, in Double and in evaluation mode: averages step by step, attention
/// pair by pair.
struct MegaReference {
  let model: Mega
  let network: Network
  let name: String

  private func values(_ part: String) -> [Double] {
    network.parameters["\(name).\(part)"].map(Double.init)
  }

  private func silu(_ x: Double) -> Double { x / (1 + .exp(-x)) }
  private func sigmoid(_ x: Double) -> Double { 1 / (1 + .exp(-x)) }

  private func linear(_ part: String, _ x: [[Double]]) -> [[Double]] {
    let (weight, bias) = (values("\(part).weight"), values("\(part).bias"))
    return x.map { row in
      bias.indices.map { output in
        row.indices.reduce(bias[output]) { $0 + weight[output * row.count + $1] * row[$1] }
      }
    }
  }

  private func norm(_ part: String, _ x: [[Double]]) -> [[Double]] {
    let isBatch = network.configuration.norm == .batch
    let full = isBatch ? "\(part).bn" : "\(part).ln"
    let (gain, bias) = (values("\(full).weight"), values("\(full).bias"))
    return x.map { row in
      var mean = Array(repeating: row.reduce(0, +) / Double(row.count), count: row.count)
      let squares = row.reduce(0.0) { $0 + ($1 - mean[0]) * ($1 - mean[0]) }
      var variance = Array(repeating: squares / Double(row.count), count: row.count)
      if isBatch {
        mean = network.buffers["\(name).\(full).running_mean"].map(Double.init)
        variance = network.buffers["\(name).\(full).running_var"].map(Double.init)
      }
      return row.indices.map {
        (row[$0] - mean[$0]) / (variance[$0] + 1e-5).squareRoot() * gain[$0] + bias[$0]
      }
    }
  }

  /// h_n <- p_n beta_n x + q_n h_n; y = sum of gamma_n h_n / sqrt(N).
  private func recurrence(_ x: [Double], head: Int) -> [Double] {
    let parts = ["delta", "alpha", "beta", "gamma"].map { values("ema.\($0)") }
    var hidden = [Double](repeating: 0, count: model.states)
    return x.map { x in
      var sum = 0.0
      for n in 0..<model.states {
        let place = head * model.states + n
        let p = sigmoid(parts[0][place])
        let q = 1 - p * sigmoid(parts[1][place])
        hidden[n] = p * parts[2][place] * x + q * hidden[n]
        sum += parts[3][place] * hidden[n]
      }
      return sum / Double(model.states).squareRoot()
    }
  }

  private func average(_ x: [[Double]]) -> [[Double]] {
    let width = x[0].count
    let omega = values("ema.omega")
    var result = x.map { row in row.indices.map { omega[$0] * row[$0] } }
    for channel in 0..<width {
      let column = x.map { $0[channel] }
      for (t, y) in recurrence(column, head: channel).enumerated() { result[t][channel] += y }
      guard model.bidirectional else { continue }
      let back = recurrence(column.reversed(), head: width + channel)
      for (t, y) in back.reversed().enumerated() { result[t][channel] += y }
    }
    return result
  }

  private func weights(_ scores: [Double]) -> [Double] {
    switch model.scores {
    case .softmax:
      let powers = scores.map { Double.exp($0) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    case .laplace:
      return scores.map {
        0.5 * (1 + Double.erf(($0 - 0.707107) / (0.282095 * Double(2).squareRoot())))
      }
    case .squaredRelu: return scores.map { $0 > 0 ? $0 * $0 : 0 }
    }
  }

  private func attention(
    _ q: [[Double]],
    _ k: [[Double]],
    _ v: [[Double]]
  ) -> [[Double]] {
    let bias = values("rel_bias")
    let length = q.count
    let chunk = model.chunk ?? length
    return (0..<length).map { i in
      let first = i / chunk * chunk
      let seen = first..<min(first + chunk, length)
      let scale =
        model.scores == .softmax
        ? 1 / Double(model.queryWidth).squareRoot() : 1 / Double(seen.count)
      let scores = seen.map { j -> Double in
        let product = zip(q[i], k[j]).reduce(0.0) { $0 + $1.0 * $1.1 }
        return product * scale + bias[(bias.count - 1) / 2 + j - i]
      }
      let weights = weights(scores)
      return v[i].indices.map { column in
        zip(seen, weights).reduce(0.0) { $0 + $1.1 * v[$1.0][column] }
      }
    }
  }

  /// The block's output for one sequence, [length][width].
  func output(_ x: [[Double]]) -> [[Double]] {
    let isPrenorm = network.configuration.prenorm
    let (width, z) = (x[0].count, model.queryWidth)
    let input = isPrenorm ? norm("norm", x) : x
    let v = linear("v_proj", input).map { $0.map(silu) }
    let mapped = linear("mx", average(input).map { $0.map(silu) })
    let (scale, shift) = (values("qk_scale"), values("qk_shift"))
    func scaled(_ row: Int) -> [[Double]] {
      mapped.map { mapped in
        (0..<z).map { silu(mapped[width + $0]) * scale[row * z + $0] + shift[row * z + $0] }
      }
    }
    let mixed = attention(scaled(0), scaled(1), v)
    let gated = zip(mixed, mapped).map { mixed, mapped in
      mixed.indices.map { mixed[$0] * silu(mapped[width + z + $0]) }
    }
    let heads = linear("h_proj", gated)
    var y = x.indices.map { t in
      (0..<width).map { column -> Double in
        let h = silu(mapped[t][width + z + model.valueWidth + column] + heads[t][column])
        return x[t][column] + sigmoid(mapped[t][column]) * (h - x[t][column])
      }
    }
    func feedForward(_ x: [[Double]]) -> [[Double]] {
      linear("ff.down", linear("ff.up", x).map { $0.map(silu) })
    }
    func sum(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
      zip(a, b).map { zip($0, $1).map { $0 + $1 } }
    }
    if isPrenorm { return sum(y, feedForward(norm("ff_norm", y))) }
    y = norm("norm", y)
    return norm("ff_norm", sum(y, feedForward(y)))
  }
}
