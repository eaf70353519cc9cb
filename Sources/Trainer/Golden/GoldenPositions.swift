/// Sinusoids, near and far, and rotary positions with the gradient of their inputs.
struct GoldenPositions {
  let record: GoldenRecord

  func check() throws {
    if record.has("sinusoid.table") { try checkSinusoids() }
    if record.has("rope.x") {
      try checkRotation("rope.x", "rope.y", inverse: false)
      try checkRotation("rope.dy", "rope.dx", inverse: true)
    }
  }

  private func checkSinusoids() throws {
    let near = try record.shape("sinusoid.table")
    let rows: [Int32] = try record.values("sinusoid.rows")
    guard near.count == 2, rows.allSatisfy({ (0..<1 << 24).contains($0) }) else {
      throw record.error(
        "'sinusoid.table' has shape \(near), expected two axes, and 'sinusoid.rows' 0 ..< 2^24"
      )
    }
    let count = max(near[0], Int(rows.max() ?? 0) + 1)
    guard count * near[1] <= 1 << 28 else {
      throw record.error(
        "'sinusoid.rows' reaches \(count) rows of \(near[1]) values, expected at most 2^28 values"
      )
    }
    let table = record.matrix(rows: count, columns: near[1])
    fillSinusoids(table, record.pool)
    try record.compare("sinusoid.table", table[rows: 0..<near[0]], share: 1e-7)
    try record.compare(
      "sinusoid.values",
      rows.flatMap { row in (0..<near[1]).map { table.row(Int(row))[$0] } },
      share: 1e-7
    )
  }

  private func checkRotation(_ input: String, _ output: String, inverse: Bool) throws {
    let shape = try record.shape(input)
    guard shape.count == 4, shape[3] % 2 == 0, shape.allSatisfy({ $0 > 0 }) else {
      throw record.error("'\(input)' has shape \(shape), expected four axes, the last of them even")
    }
    let (length, width) = (shape[2], shape[3])
    let table = record.matrix(rows: length, columns: width)
    fillRotations(table, record.pool)
    let values = try record.matrix(input)
    rotate(values, table: table, length: length, inverse: inverse, record.pool)
    try record.compare(output, values, share: 4e-7)
  }
}
