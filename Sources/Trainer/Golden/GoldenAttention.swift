/// Both passes of attention over q, k and v side by side.
struct AttentionCase {
  let shape: AttentionShape
  /// The queries, keys and values, [rows * length, 3 * width].
  let inputs: Matrix
  let inputGradient: Matrix
  /// What comes out, [rows * length, width].
  let output: Matrix
  let outputGradient: Matrix
  private let logSums: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Float>

  /// A case whose inputs and upstream gradient are still to be filled.
  init(_ shape: AttentionShape, rows: Int, _ record: GoldenRecord) {
    self.shape = shape
    let positions = rows * shape.length
    inputs = record.matrix(rows: positions, columns: 3 * shape.width)
    inputGradient = record.matrix(rows: positions, columns: 3 * shape.width)
    output = record.matrix(rows: positions, columns: shape.width)
    outputGradient = record.matrix(rows: positions, columns: shape.width)
    logSums = record.matrix(rows: positions, columns: shape.heads).base
    scratch = record.matrix(rows: record.pool.threads, columns: shape.scratchCount).base
  }

  /// Computes the outputs and the gradients of the inputs.
  func run(_ pool: WorkerPool) {
    attentionForward(
      inputs,
      shape,
      into: output,
      logSums: logSums,
      scratch: { scratch + $0 * shape.scratchCount },
      pool
    )
    attentionBackward(
      outputGradient,
      inputs: inputs,
      output: output,
      logSums: logSums,
      shape,
      into: inputGradient,
      scratch: { scratch + $0 * shape.scratchCount },
      pool
    )
  }
}

/// Attention, whole and by windows; tensors are [rows, heads, length, head width].
struct GoldenAttention {
  private struct Description: Decodable {
    struct Variant: Decodable {
      var tag: String
      var causal: Bool
      var back: Int?
      var fwd: Int?
    }

    var variants: [Variant]
    /// Only windowed variants need it.
    var window: Int?
  }

  /// The largest window and reach.
  private static let limit = 1 << 24

  let record: GoldenRecord

  func check() throws {
    let description = try GoldenFile.decode(Description.self, of: record.file)
    for variant in description.variants {
      let shape = try record.shape("\(variant.tag).q")
      guard shape.count == 4 else {
        throw record.error("'\(variant.tag).q' has shape \(shape), expected four axes")
      }
      var attention = AttentionShape(
        length: shape[2],
        heads: shape[1],
        headWidth: shape[3],
        isCausal: variant.causal
      )
      if let back = variant.back, let forward = variant.fwd {
        let window = description.window ?? 0
        guard (1...Self.limit).contains(window), (0...Self.limit).contains(back),
          (0...Self.limit).contains(forward), !variant.causal || forward == 0
        else {
          throw record.error(
            "'\(variant.tag)' has windows of \(window) and sees \(back) before and \(forward) after, "
              + "expected 1 ... 2^24 and 0 ... 2^24, and none after when causal"
          )
        }
        attention.window = AttentionWindow(size: window, back: back, forward: forward)
      }
      try check(variant.tag, AttentionCase(attention, rows: shape[0], record))
    }
  }

  private func check(_ tag: String, _ attention: AttentionCase) throws {
    let shape = attention.shape
    for (index, name) in ["q", "k", "v"].enumerated() {
      let place = attention.inputs[columns: index * shape.width..<(index + 1) * shape.width]
      try fill(place, "\(tag).\(name)", shape)
    }
    try fill(attention.outputGradient, "\(tag).dy", shape)
    attention.run(record.pool)
    try record.compare("\(tag).y", split(attention.output, shape))
    for (index, name) in ["dq", "dk", "dv"].enumerated() {
      let columns = index * shape.width..<(index + 1) * shape.width
      let found = split(attention.inputGradient[columns: columns], shape)
      try record.compare("\(tag).\(name)", found)
    }
  }

  /// Calls `body` with every value's place in the file and in a matrix of joined heads.
  private func forPlaces(
    _ matrix: Matrix,
    _ shape: AttentionShape,
    _ body: (_ index: Int, _ place: UnsafeMutablePointer<Float>) -> Void
  ) {
    for position in 0..<matrix.rows {
      let (row, time) = position.quotientAndRemainder(dividingBy: shape.length)
      for column in 0..<shape.width {
        let (head, channel) = column.quotientAndRemainder(dividingBy: shape.headWidth)
        let start = ((row * shape.heads + head) * shape.length + time) * shape.headWidth
        body(start + channel, matrix.row(position) + column)
      }
    }
  }

  private func fill(_ matrix: Matrix, _ name: String, _ shape: AttentionShape) throws {
    let values: [Float] = try record.values(name)
    guard values.count == matrix.rows * shape.width else {
      throw record.error(
        "'\(name)' has \(values.count) values, expected \(matrix.rows * shape.width)"
      )
    }
    forPlaces(matrix, shape) { index, place in place.pointee = values[index] }
  }

  private func split(_ matrix: Matrix, _ shape: AttentionShape) -> [Float] {
    var values = [Float](repeating: 0, count: matrix.rows * shape.width)
    forPlaces(matrix, shape) { index, place in values[index] = place.pointee }
    return values
  }
}
