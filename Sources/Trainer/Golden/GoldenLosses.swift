/// Losses and their gradients.
struct GoldenLosses {
  let record: GoldenRecord

  func check() throws {
    for tag in record.tags {
      switch tag {
      case "ce_cls", "ce_tok": try checkCrossEntropy(tag)
      case "bce": try checkBinary(tag)
      case "mae": try checkAbsoluteError(tag)
      default: break
      }
    }
  }

  private func checkCrossEntropy(_ tag: String) throws {
    let logits = try record.matrix("\(tag).logits")
    let result = softmaxCrossEntropy(
      logits,
      targets: try targets(tag, count: logits.rows, classes: logits.columns),
      computesGradient: true,
      record.pool
    )
    try record.compare("\(tag).loss", [Float(result.loss)])
    try record.compare(
      "\(tag).accuracy",
      [Float(result.correct) / Float(result.counted)]
    )
    try record.compare("\(tag).dlogits", logits)
  }

  /// Two classes of which the first has the logit 0.
  private func checkBinary(_ tag: String) throws {
    let values: [Float] = try record.values("\(tag).logits")
    let logits = record.matrix(values.flatMap { [0, $0] }, rows: values.count, columns: 2)
    let result = softmaxCrossEntropy(
      logits,
      targets: try targets(tag, count: values.count, classes: 2),
      computesGradient: true,
      record.pool
    )
    try record.compare("\(tag).loss", [Float(result.loss)])
    try record.compare("\(tag).dlogits", (0..<values.count).map { logits.row($0)[1] })
  }

  private func targets(_ tag: String, count: Int, classes: Int) throws -> [Int32] {
    let targets: [Int32] = try record.values("\(tag).target")
    let fits = targets.allSatisfy { $0 == ignoredClassTarget || (0..<Int32(classes)).contains($0) }
    guard targets.count == count, fits else {
      throw record.error(
        "'\(tag).target' has \(targets.count) values, expected \(count) of 0 ..< \(classes) or -100"
      )
    }
    return targets
  }

  private func checkAbsoluteError(_ tag: String) throws {
    let outputs = try record.matrix("\(tag).out")
    let targets: [Float] = try record.values("\(tag).target")
    guard targets.count == outputs.rows * outputs.columns else {
      throw record.error(
        "'\(tag).target' has \(targets.count) values, expected \(outputs.rows * outputs.columns)"
      )
    }
    let result = maskedError(
      UnsafeMutableBufferPointer(start: outputs.base, count: targets.count),
      targets: targets,
      .absolute,
      computesGradient: true,
      record.pool
    )
    try record.compare("\(tag).loss", [Float(result.loss)])
    try record.compare("\(tag).dout", outputs)
  }
}
