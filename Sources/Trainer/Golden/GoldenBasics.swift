/// Activations, linear maps, norms and dropout: `tag.y` for the inputs of the tag, and for the upstream
/// gradient `tag.dy` those of the inputs, `tag.dx` and so on.
struct GoldenBasics {
  let record: GoldenRecord

  func check() throws {
    for tag in record.tags {
      switch tag {
      case "gelu": try checkActivation(tag, .gelu)
      case "silu": try checkActivation(tag, .silu)
      case "relu": try checkActivation(tag, .relu)
      case "laplace":
        try checkActivation(tag, .laplace)
        try checkScores(tag, .laplace)
      case "relu2":
        try checkActivation(tag, .squaredRelu)
        try checkScores(tag, .squaredRelu)
      case "glu": try checkGate()
      case "linear": try checkLinear()
      case "layernorm": try checkLayerNorm()
      case "batchnorm": try checkBatchNorm()
      case "dropout_free", "dropout_tied": try checkDropout(tag)
      case "softmax":
        try checkSoftmax()
        try checkScores(tag, .softmax)
      default: break
      }
    }
  }

  private func checkActivation(_ tag: String, _ activation: Activation) throws {
    let x = try record.matrix("\(tag).x")
    let dx = try record.matrix(named: "\(tag).dy", like: x)
    let y = record.matrix(rows: x.rows, columns: x.columns)
    let count = x.rows * x.columns
    activation.forward(x.base, into: y.base, count: count)
    try record.compare("\(tag).y", y)
    activation.backward(x.base, output: y.base, gradient: dx.base, count: count)
    // The backward pass makes the output again.
    try record.compare("\(tag).y", y)
    try record.compare("\(tag).dx", dx)
  }

  /// What turns the scores of Mega's attention into weights; each row is one query's.
  private func checkScores(_ tag: String, _ scores: Mega.Scores) throws {
    let x = try record.matrix("\(tag).x")
    let dx = try record.matrix(named: "\(tag).dy", like: x)
    let y = try record.matrix("\(tag).x")
    for row in 0..<x.rows {
      scores.weigh(y.row(row), count: x.columns)
      scores.weighBackward(x.row(row), gradient: dx.row(row), count: x.columns)
    }
    try record.compare("\(tag).y", y)
    try record.compare("\(tag).dx", dx)
  }

  private func checkGate() throws {
    let x = try record.matrix("glu.x")
    let dy = try record.matrix(named: "glu.dy", rows: x.rows, columns: x.columns / 2)
    let y = record.matrix(rows: dy.rows, columns: dy.columns)
    let dx = record.matrix(rows: x.rows, columns: x.columns)
    gateForward(x, adding: nil, into: y)
    gateBackward(dy, input: x, into: dx)
    try record.compare("glu.y", y)
    try record.compare("glu.dx", dx)
  }

  /// As attention has it: with the identity as keys and values a query's output is the softmax of the
  /// query, and the query's gradient is that of the scores.
  private func checkSoftmax() throws {
    let x = try record.matrix("softmax.x")
    let dy = try record.matrix(named: "softmax.dy", like: x)
    let width = x.columns
    // Each row is the first query of a sequence of `width` keys.
    let attention = AttentionCase(
      AttentionShape(length: width, heads: 1, headWidth: width, isCausal: false),
      rows: x.rows,
      record
    )
    let scale = attention.shape.scale
    for row in 0..<x.rows {
      for position in 0..<width {
        let place = attention.inputs.row(row * width + position)
        let upstream = attention.outputGradient.row(row * width + position)
        for column in 0..<width {
          let one: Float = position == column ? 1 : 0
          place[column] = position == 0 ? x.row(row)[column] / scale : 0
          place[width + column] = one
          place[2 * width + column] = one
          upstream[column] = position == 0 ? dy.row(row)[column] : 0
        }
      }
    }
    attention.run(record.pool)
    let firsts = (0..<x.rows).map { $0 * width }
    try record.compare(
      "softmax.y",
      firsts.flatMap { row in (0..<width).map { attention.output.row(row)[$0] } }
    )
    try record.compare(
      "softmax.dx",
      firsts.flatMap { row in (0..<width).map { attention.inputGradient.row(row)[$0] / scale } }
    )
  }

  private func checkLinear() throws {
    let x = try record.matrix("linear.x")
    let weight = try record.matrix("linear.weight")
    guard weight.columns == x.columns else {
      throw record.error("'linear.weight' has \(weight.columns) columns, expected \(x.columns)")
    }
    let dy = try record.matrix(named: "linear.dy", rows: x.rows, columns: weight.rows)
    let bias = try record.matrix(named: "linear.bias", rows: 1, columns: weight.rows)
    let y = record.matrix(rows: x.rows, columns: weight.rows)
    let dx = record.matrix(rows: x.rows, columns: x.columns)
    let packed = record.zeros(
      linearPackedCount(inputs: weight.columns, outputs: weight.rows)
    )
    linearForward(x, weight: weight, bias: bias.base, into: y, packed: packed, record.pool)
    let gradients = record.zeros(weight.rows * (weight.columns + 1))
    let partials = linearPartialCount(rows: x.rows, inputs: weight.columns, outputs: weight.rows)
    linearBackward(
      dy,
      input: x,
      weight: weight,
      into: dx,
      gradients: gradients,
      partials: record.zeros(partials),
      packed: packed,
      record.pool
    )
    try record.compare("linear.y", y)
    try record.compare("linear.dx", dx)
    try compare(
      gradients,
      "linear.dweight",
      count: weight.rows * weight.columns,
      "linear.dbias",
      count: weight.rows
    )
  }

  private func checkLayerNorm() throws {
    let x = try record.matrix("layernorm.x")
    let dy = try record.matrix(named: "layernorm.dy", like: x)
    let gain = try pair("layernorm.weight", "layernorm.bias", width: x.columns)
    let statistics = record.zeros(2 * x.rows)
    let y = record.matrix(rows: x.rows, columns: x.columns)
    let dx = record.matrix(rows: x.rows, columns: x.columns)
    layerNormForward(x, gain: gain, statistics: statistics, into: y, record.pool)
    let gradients = record.zeros(2 * x.columns)
    layerNormBackward(
      dy,
      input: x,
      gain: gain,
      statistics: statistics,
      into: dx,
      adds: false,
      gradients: gradients,
      partials: record.zeros(normPartialCount(rows: x.rows, width: x.columns)),
      record.pool
    )
    try record.compare("layernorm.y", y)
    try record.compare("layernorm.dx", dx)
    try compare(
      gradients,
      "layernorm.dweight",
      count: x.columns,
      "layernorm.dbias",
      count: x.columns
    )
  }

  private func checkBatchNorm() throws {
    let x = try record.matrix("batchnorm.x")
    let dy = try record.matrix(named: "batchnorm.dy", like: x)
    let gain = try pair("batchnorm.weight", "batchnorm.bias", width: x.columns)
    let running = try pair("batchnorm.running_mean", "batchnorm.running_var", width: x.columns)
    let statistics = record.zeros(2 * x.columns)
    let partials = record.zeros(
      normPartialCount(rows: x.rows, width: x.columns) + 2 * x.columns
    )
    let y = record.matrix(rows: x.rows, columns: x.columns)
    let dx = record.matrix(rows: x.rows, columns: x.columns)
    batchNormForward(
      x,
      gain: gain,
      running: running,
      statistics: statistics,
      into: y,
      partials: partials,
      record.pool
    )
    try record.compare("batchnorm.y", y)
    try compare(
      running,
      "batchnorm.running_mean_after",
      count: x.columns,
      "batchnorm.running_var_after",
      count: x.columns
    )
    let gradients = record.zeros(2 * x.columns)
    batchNormBackward(
      dy,
      input: x,
      gain: gain,
      statistics: statistics,
      into: dx,
      adds: false,
      gradients: gradients,
      partials: partials,
      record.pool
    )
    try record.compare("batchnorm.dx", dx)
    try compare(
      gradients,
      "batchnorm.dweight",
      count: x.columns,
      "batchnorm.dbias",
      count: x.columns
    )
    batchNormEvaluation(
      x,
      gain: gain,
      running: running,
      statistics: statistics,
      into: y,
      record.pool
    )
    try record.compare("batchnorm.y_eval_after", y)
  }

  /// What is dropped is each implementation's own; the file's draws are used with the factor that
  /// this one has for what is kept.
  private func checkDropout(_ tag: String) throws {
    let probability: [Float] = try record.values("\(tag).p")
    let keep: [UInt8] = try record.values("\(tag).keep")
    let (x, dy) = (try record.shape("\(tag).x"), try record.shape("\(tag).keep"))
    let draws = tag == "dropout_tied" ? 2 : 3
    guard let probability = probability.first, x.count == 3, dy.count == 3, probability > 0,
      probability < 1, try record.shape("\(tag).dy") == x,
      keep.count == (draws == 3 ? x.reduce(1, *) : x[0] * x[2])
    else {
      throw record.error(
        "'\(tag)' has x \(x), keep \(dy) and p, expected [rows, length, width], a draw for each value or "
          + "channel, and 0 < p < 1"
      )
    }
    let dropout = Dropout(
      probability: probability,
      isTied: tag == "dropout_tied",
      seed: 0,
      step: 0,
      length: x[1]
    )
    func dropped(_ values: [Float]) -> [Float] {
      values.indices.map { index in
        let (row, rest) = index.quotientAndRemainder(dividingBy: x[1] * x[2])
        let draw = dropout.isTied ? row * x[2] + rest % x[2] : index
        return keep[draw] == 0 ? 0 : values[index] * dropout.scale
      }
    }
    try record.compare("\(tag).y", dropped(try record.values("\(tag).x")))
    try record.compare("\(tag).dx", dropped(try record.values("\(tag).dy")))
  }

  /// Two tensors of `width` values, one after the other.
  private func pair(
    _ first: String,
    _ second: String,
    width: Int
  ) throws -> UnsafeMutablePointer<Float> {
    let values: [Float] = try record.values(first) + record.values(second)
    guard values.count == 2 * width else {
      throw record.error(
        "'\(first)' and '\(second)' have \(values.count) values, expected \(2 * width)"
      )
    }
    return record.matrix(values, rows: 1, columns: values.count).base
  }

  /// Compares results that lie one after the other.
  private func compare(
    _ found: UnsafeMutablePointer<Float>,
    _ first: String,
    count: Int,
    _ second: String,
    count other: Int
  ) throws {
    try record.compare(first, Array(UnsafeBufferPointer(start: found, count: count)))
    try record.compare(second, Array(UnsafeBufferPointer(start: found + count, count: other)))
  }
}
