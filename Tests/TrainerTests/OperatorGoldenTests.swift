import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct OperatorGoldenTests {
  let pool = WorkerPool(threads: 2)

  private func file(_ name: String) throws -> SafetensorsFile {
    try SafetensorsFile(path: Fixtures.path("golden/\(name).safetensors"))
  }

  @Test(arguments: ["gelu", "silu", "relu", "laplace", "relu2"])
  func activation(name: String) throws {
    let file = try file("op_basic")
    let x: [Float] = try file.elements(of: "\(name).x")
    let values = Values(x, rows: 1, columns: x.count)
    let y = Values(x, rows: 1, columns: x.count)
    let dx = Values(try file.elements(of: "\(name).dy"), rows: 1, columns: x.count)
    func expectOutputs() throws {
      let expected: [Float] = try file.elements(of: "\(name).y")
      expectClose(y.array, expected, relative: 2e-7, absolute: 3e-7, "y")
    }
    if name == "relu" {
      reluForward(values.base, into: y.base, count: x.count)
      try expectOutputs()
      reluBackward(output: y.base, gradient: dx.base, count: x.count)
    } else if let scores = Mega.Scores(rawValue: name) {
      scores.weigh(y.base, count: x.count)
      try expectOutputs()
      scores.weighBackward(values.base, gradient: dx.base, count: x.count)
      expectClose(values.array, y.array, absolute: 0, "the weights once more")
    } else {
      let activation = name == "gelu" ? Activation.gelu : .silu
      activation.forward(values.base, into: y.base, count: x.count)
      try expectOutputs()
      activation.backward(values.base, output: y.base, gradient: dx.base, count: x.count)
      try expectOutputs()
    }
    expectClose(dx.array, try file.elements(of: "\(name).dx"), relative: 5e-7, absolute: 1e-6, "dx")
  }

  @Test func softmax() throws {
    let file = try file("op_basic")
    let (rows, width) = (7, 24)
    let y = Values(try file.elements(of: "softmax.x"), rows: rows, columns: width)
    let x = Values(try file.elements(of: "softmax.x"), rows: rows, columns: width)
    let dx = Values(try file.elements(of: "softmax.dy"), rows: rows, columns: width)
    for row in 0..<rows {
      Mega.Scores.softmax.weigh(y.matrix.row(row), count: width)
      let gradient = dx.matrix.row(row)
      Mega.Scores.softmax.weighBackward(x.matrix.row(row), gradient: gradient, count: width)
    }
    expectClose(y.array, try file.elements(of: "softmax.y"), absolute: 3e-7, "y")
    expectClose(dx.array, try file.elements(of: "softmax.dx"), absolute: 5e-7, "dx")
  }

  @Test func linear() throws {
    let file = try file("op_basic")
    let (rows, inputs, outputs) = (7, 24, 27)
    let x = Values(try file.elements(of: "linear.x"), rows: rows, columns: inputs)
    let weight = Values(try file.elements(of: "linear.weight"), rows: outputs, columns: inputs)
    let bias = Values(try file.elements(of: "linear.bias"), rows: 1, columns: outputs)
    let (y, dx) = (Values(rows: rows, columns: outputs), Values(rows: rows, columns: inputs))
    linearForward(x.matrix, weight: weight.matrix, bias: bias.base, into: y.matrix, pool)
    expectClose(y.array, try file.elements(of: "linear.y"), absolute: 4e-6, "y")
    let gradients = Values.zeros(outputs * inputs + outputs)
    let partials = Values.zeros(linearPartialCount(rows: rows, inputs: inputs, outputs: outputs))
    linearBackward(
      Values(try file.elements(of: "linear.dy"), rows: rows, columns: outputs).matrix,
      input: x.matrix,
      weight: weight.matrix,
      into: dx.matrix,
      gradients: gradients.base,
      partials: partials.base,
      pool
    )
    expectClose(dx.array, try file.elements(of: "linear.dx"), absolute: 5e-6, "dx")
    let expected: [Float] =
      try file.elements(of: "linear.dweight") + file.elements(of: "linear.dbias")
    expectClose(gradients.array, expected, absolute: 4e-6, "gradients")
  }

  @Test func `layer norm`() throws {
    let file = try file("op_basic")
    let (rows, width) = (7, 24)
    let x = Values(try file.elements(of: "layernorm.x"), rows: rows, columns: width)
    let parameters: [Float] =
      try file.elements(of: "layernorm.weight") + file.elements(of: "layernorm.bias")
    let gain = Values(parameters, rows: 2, columns: width)
    let statistics = Values.zeros(2 * rows)
    let (y, dx) = (Values(rows: rows, columns: width), Values(rows: rows, columns: width))
    layerNormForward(x.matrix, gain: gain.base, statistics: statistics.base, into: y.matrix, pool)
    expectClose(y.array, try file.elements(of: "layernorm.y"), absolute: 2e-6, "y")
    let (gradients, partials) = (Values.zeros(2 * width), Values.zeros(1000))
    layerNormBackward(
      Values(try file.elements(of: "layernorm.dy"), rows: rows, columns: width).matrix,
      input: x.matrix,
      gain: gain.base,
      statistics: statistics.base,
      into: dx.matrix,
      adds: false,
      gradients: gradients.base,
      partials: partials.base,
      pool
    )
    expectClose(dx.array, try file.elements(of: "layernorm.dx"), absolute: 2e-6, "dx")
    let expected: [Float] =
      try file.elements(of: "layernorm.dweight") + file.elements(of: "layernorm.dbias")
    expectClose(gradients.array, expected, absolute: 3e-6, "gradients")
  }

  @Test func `batch norm, in training and then in evaluation`() throws {
    let file = try file("op_basic")
    func values(_ name: String) throws -> [Float] { try file.elements(of: "batchnorm.\(name)") }
    let (rows, width) = (28, 24)
    let x = Values(try values("x"), rows: rows, columns: width)
    let gain = Values(try values("weight") + values("bias"), rows: 2, columns: width)
    let running = Values(
      try values("running_mean") + values("running_var"),
      rows: 2,
      columns: width
    )
    let (statistics, partials) = (Values.zeros(2 * width), Values.zeros(1000))
    let (y, dx) = (Values(rows: rows, columns: width), Values(rows: rows, columns: width))
    batchNormForward(
      x.matrix,
      gain: gain.base,
      running: running.base,
      statistics: statistics.base,
      into: y.matrix,
      partials: partials.base,
      pool
    )
    expectClose(y.array, try values("y"), absolute: 2e-6, "y")
    expectClose(
      running.array,
      try values("running_mean_after") + values("running_var_after"),
      absolute: 5e-7,
      "running"
    )
    let gradients = Values.zeros(2 * width)
    batchNormBackward(
      Values(try values("dy"), rows: rows, columns: width).matrix,
      input: x.matrix,
      gain: gain.base,
      statistics: statistics.base,
      into: dx.matrix,
      adds: false,
      gradients: gradients.base,
      partials: partials.base,
      pool
    )
    expectClose(dx.array, try values("dx"), absolute: 2e-6, "dx")
    expectClose(
      gradients.array,
      try values("dweight") + values("dbias"),
      absolute: 8e-6,
      "gradients"
    )
    batchNormEvaluation(
      x.matrix,
      gain: gain.base,
      running: running.base,
      statistics: statistics.base,
      into: y.matrix,
      pool
    )
    expectClose(y.array, try values("y_eval_after"), absolute: 2e-6, "y in evaluation")
  }

  @Test(arguments: [("ce_cls", 3), ("ce_tok", 33)])
  func `softmax and cross entropy`(tag: String, rows: Int) throws {
    let file = try file("op_losses")
    let logits = Values(try file.elements(of: "\(tag).logits"), rows: rows, columns: 13)
    let targets: [Int32] = try file.elements(of: "\(tag).target")
    let result = softmaxCrossEntropy(
      logits.matrix,
      targets: targets,
      computesGradient: true,
      pool
    )
    expectClose([Float(result.loss)], try file.elements(of: "\(tag).loss"), absolute: 5e-7)
    let accuracy = Float(result.correct) / Float(result.counted)
    expectClose([accuracy], try file.elements(of: "\(tag).accuracy"), absolute: 1e-6)
    expectClose(logits.array, try file.elements(of: "\(tag).dlogits"), absolute: 1e-7, "dlogits")
    #expect(result.counted == targets.count { $0 != -100 })
  }

  @Test func `masked absolute error`() throws {
    let file = try file("op_losses")
    let targets: [Float] = try file.elements(of: "mae.target")
    let outputs = Values(try file.elements(of: "mae.out"), rows: 1, columns: targets.count)
    let result = maskedAbsoluteError(
      outputs.buffer.values,
      targets: targets,
      computesGradient: true,
      pool
    )
    expectClose([Float(result.loss)], try file.elements(of: "mae.loss"), absolute: 5e-7)
    expectClose(outputs.array, try file.elements(of: "mae.dout"), absolute: 1e-8, "dout")
    #expect(result.counted == targets.count { $0 != -10_000 })
  }

  @Test func `sinusoids, near and far`() throws {
    let file = try file("op_positions")
    let table = Values(rows: 16_384, columns: 20)
    fillSinusoids(table.matrix, pool)
    let near: [Float] = try file.elements(of: "sinusoid.table")
    expectClose(Array(table.array.prefix(near.count)), near, absolute: 6e-8)
    let rows: [Int32] = try file.elements(of: "sinusoid.rows")
    let far = rows.flatMap { table.array[Int($0) * 20..<Int($0) * 20 + 20] }
    expectClose(far, try file.elements(of: "sinusoid.values"), absolute: 6e-8)
  }

  @Test func `rotary positions`() throws {
    let file = try file("op_positions")
    let (length, width) = (96, 20)
    let table = Values(rows: length, columns: width)
    fillRotations(table.matrix, pool)
    for (input, output, inverse) in [("x", "y", false), ("dy", "dx", true)] {
      // [2, 3, length, width]: six sequences of one head.
      let x = Values(try file.elements(of: "rope.\(input)"), rows: 6 * length, columns: width)
      rotate(x.matrix, table: table.matrix, length: length, inverse: inverse, pool)
      expectClose(x.array, try file.elements(of: "rope.\(output)"), absolute: 5e-7, output)
    }
  }
}
