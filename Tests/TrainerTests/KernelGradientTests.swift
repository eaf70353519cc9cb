import Testing

@testable import Trainer

/// Kernel pairs against central differences; every extent is different, so that a transposed
/// index cannot pass.
@Suite struct KernelGradientTests {
  let pool = WorkerPool(threads: 2)

  @Test(arguments: [(10, 3, 7), (150, 2, 5)])
  func linear(rows: Int, inputs: Int, outputs: Int) {
    let parameters = outputs * inputs + outputs
    KernelPair(
      inputs: [
        "x": drawn(rows * inputs, seed: 1), "parameters": drawn(parameters, seed: 2),
      ],
      forward: { [pool] values in
        let x = Values(values["x"], rows: rows, columns: inputs)
        let weight = Values(values["parameters"], rows: 1, columns: parameters)
        let y = Values(rows: rows, columns: outputs)
        linearForward(
          x.matrix,
          weight: Matrix(weight.base, rows: outputs, columns: inputs),
          bias: weight.base + outputs * inputs,
          into: y.matrix,
          packed: Values.zeros(linearPackedCount(inputs: inputs, outputs: outputs)).base,
          pool
        )
        return y.array
      },
      backward: { [pool] values, dy in
        let x = Values(values["x"], rows: rows, columns: inputs)
        let weight = Values(values["parameters"], rows: 1, columns: parameters)
        let dx = Values(rows: rows, columns: inputs)
        let gradients = Values.zeros(parameters)
        let partials = Values.zeros(
          linearPartialCount(rows: rows, inputs: inputs, outputs: outputs)
        )
        linearBackward(
          Values(dy, rows: rows, columns: outputs).matrix,
          input: x.matrix,
          weight: Matrix(weight.base, rows: outputs, columns: inputs),
          into: dx.matrix,
          gradients: gradients.base,
          partials: partials.base,
          packed: Values.zeros(linearPackedCount(inputs: inputs, outputs: outputs)).base,
          pool
        )
        return ["x": dx.array, "parameters": gradients.array]
      }
    ).check()
  }

  @Test func gelu() {
    KernelPair(
      inputs: ["x": drawn(21, seed: 3, scale: 2)],
      forward: { values in
        let x = Values(values["x"], rows: 1, columns: 21)
        geluForward(x.base, into: x.base, count: 21)
        return x.array
      },
      backward: { values, dy in
        let x = Values(values["x"], rows: 1, columns: 21)
        let (y, dx) = (Values.zeros(21), Values(dy, rows: 1, columns: 21))
        geluBackward(x.base, output: y.base, gradient: dx.base, count: 21)
        return ["x": dx.array]
      }
    ).check()
  }

  @Test func relu() {
    // No value lies within a step of the kink.
    let x = drawn(21, seed: 4).map { abs($0) < 0.05 ? 0.5 : $0 }
    KernelPair(
      inputs: ["x": x],
      forward: { values in
        let x = Values(values["x"], rows: 1, columns: 21)
        reluForward(x.base, into: x.base, count: 21)
        return x.array
      },
      backward: { values, dy in
        let y = Values(values["x"], rows: 1, columns: 21)
        reluForward(y.base, into: y.base, count: 21)
        let dx = Values(dy, rows: 1, columns: 21)
        reluBackward(output: y.base, gradient: dx.base, count: 21)
        return ["x": dx.array]
      }
    ).check()
  }

  @Test(arguments: NetworkConfiguration.Norm.allKinds)
  func norm(kind: NetworkConfiguration.Norm) {
    let (rows, width) = (10, 3)
    let forward: (Values, Values, Values) -> Values = { [pool] x, gain, statistics in
      let y = Values(rows: rows, columns: width)
      let running = Values.zeros(2 * width)
      let partials = Values.zeros(normPartialCount(rows: rows, width: width) + 2 * width)
      if kind == .layer {
        layerNormForward(
          x.matrix,
          gain: gain.base,
          statistics: statistics.base,
          into: y.matrix,
          pool
        )
      } else {
        batchNormForward(
          x.matrix,
          gain: gain.base,
          running: running.base,
          statistics: statistics.base,
          into: y.matrix,
          partials: partials.base,
          pool
        )
      }
      return y
    }
    KernelPair(
      inputs: ["x": drawn(rows * width, seed: 5), "gain": drawn(2 * width, seed: 6)],
      forward: { values in
        let x = Values(values["x"], rows: rows, columns: width)
        let gain = Values(values["gain"], rows: 1, columns: 2 * width)
        return forward(x, gain, .zeros(2 * rows)).array
      },
      backward: { [pool] values, dy in
        let x = Values(values["x"], rows: rows, columns: width)
        let gain = Values(values["gain"], rows: 1, columns: 2 * width)
        let statistics = Values.zeros(2 * rows)
        _ = forward(x, gain, statistics)
        let dx = Values(rows: rows, columns: width)
        let gradients = Values.zeros(2 * width)
        let partials = Values.zeros(normPartialCount(rows: rows, width: width) + 2 * width)
        let backward =
          kind == .layer
          ? layerNormBackward
          : {
            batchNormBackward(
              $0,
              input: $1,
              gain: $2,
              statistics: $3,
              into: $4,
              adds: $5,
              gradients: $6,
              partials: $7,
              $8
            )
          }
        backward(
          Values(dy, rows: rows, columns: width).matrix,
          x.matrix,
          gain.base,
          statistics.base,
          dx.matrix,
          false,
          gradients.base,
          partials.base,
          pool
        )
        return ["x": dx.array, "gain": gradients.array]
      }
    ).check(step: 5e-3)
  }

  @Test func embedding() {
    let (vocabulary, width, tokens) = (7, 3, [Int32](arrayLiteral: 2, 0, 6, 2, 2))
    KernelPair(
      inputs: ["table": drawn(vocabulary * width, seed: 7)],
      forward: { [pool] values in
        let y = Values(rows: tokens.count, columns: width)
        embeddingForward(
          tokens,
          table: Values(values["table"], rows: vocabulary, columns: width).matrix,
          into: y.matrix,
          pool
        )
        return y.array
      },
      backward: { [pool] _, dy in
        let gradient = Values(
          Array(repeating: 0, count: vocabulary * width),
          rows: vocabulary,
          columns: width
        )
        embeddingBackward(
          Values(dy, rows: tokens.count, columns: width).matrix,
          tokens: tokens,
          into: gradient.matrix,
          pool
        )
        return ["table": gradient.array]
      }
    ).check()
  }

  @Test func `learned positions`() {
    let (rows, length, width) = (2, 5, 3)
    KernelPair(
      inputs: ["table": drawn(7 * width, seed: 8)],
      forward: { [pool] values in
        let y = Values(drawn(30, seed: 9), rows: rows * length, columns: width)
        let table = Values(values["table"], rows: 7, columns: width)
        addPositions(table.matrix, length: length, to: y.matrix, pool)
        return y.array
      },
      backward: { [pool] _, dy in
        let gradient = Values(Array(repeating: 0, count: 21), rows: 7, columns: width)
        positionsBackward(
          Values(dy, rows: rows * length, columns: width).matrix,
          length: length,
          into: gradient.matrix,
          pool
        )
        return ["table": gradient.array]
      }
    ).check()
  }

  @Test func rotary() {
    let (rows, length, headWidth, heads) = (2, 5, 4, 3)
    let run: ([Float], Bool) -> [Float] = { [pool] values, inverse in
      let table = Values(rows: length, columns: headWidth)
      fillRotations(table.matrix, pool)
      let y = Values(values, rows: rows * length, columns: heads * headWidth)
      rotate(y.matrix, table: table.matrix, length: length, inverse: inverse, pool)
      return y.array
    }
    KernelPair(
      inputs: ["x": drawn(rows * length * heads * headWidth, seed: 10)],
      forward: { run($0["x"] ?? [], false) },
      backward: { ["x": run($1, true)] }
    ).check()
  }

  @Test(arguments: [NetworkConfiguration.Pooling.mean, .max, .last])
  func pooling(mode: NetworkConfiguration.Pooling) {
    let (rows, length, width, counts) = (2, 5, 3, [4, 5])
    let forward: ([Float], Values) -> [Float] = { [pool] x, choices in
      let y = Values(rows: rows, columns: width)
      poolForward(
        Values(x, rows: rows * length, columns: width).matrix,
        mode: mode,
        length: length,
        counts: counts,
        choices: choices.base,
        into: y.matrix,
        pool
      )
      return y.array
    }
    KernelPair(
      // Spread out, so that no step changes which one is largest.
      inputs: ["x": (0..<30).map { Float(($0 * 17) % 31) * 0.1 }],
      forward: { forward($0["x"] ?? [], .zeros(rows * width)) },
      backward: { [pool] values, dy in
        let choices = Values.zeros(rows * width)
        _ = forward(values["x"] ?? [], choices)
        let dx = Values(rows: rows * length, columns: width)
        poolBackward(
          Values(dy, rows: rows, columns: width).matrix,
          mode: mode,
          length: length,
          counts: counts,
          choices: choices.base,
          into: dx.matrix,
          pool
        )
        return ["x": dx.array]
      }
    ).check()
  }

  @Test(arguments: [true, false])
  func dropout(isTied: Bool) {
    let dropout = Dropout(probability: 0.3, isTied: isTied, seed: 5, step: 3, length: 5)
    let run: ([Float]) -> [Float] = { [pool] values in
      let x = Values(values, rows: 10, columns: 3)
      dropout.apply(x.matrix, into: x.matrix, site: 2, pool)
      return x.array
    }
    KernelPair(
      inputs: ["x": drawn(30, seed: 11)],
      forward: { run($0["x"] ?? []) },
      backward: { ["x": run($1)] }
    ).check()
  }
}

extension NetworkConfiguration.Norm {
  static let allKinds: [Self] = [.layer, .batch]
}
