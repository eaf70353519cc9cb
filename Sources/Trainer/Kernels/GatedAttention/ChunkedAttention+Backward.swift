/// What the backward pass of attention inside chunks writes.
struct ChunkedAttentionGradients {
  /// dq, [rows * length, query width]; overwritten.
  let queries: Matrix
  /// dk, likewise.
  let keys: Matrix
  /// dv, [rows * length, value width]; overwritten.
  let values: Matrix
  /// db of every chunk by itself, from the smallest distance on, [chunks, distances]; overwritten.
  let bias: UnsafeMutablePointer<Float>
}

/// The backward pass of attention inside chunks.
///
/// With P = f(S), S = s q k^T + b: dv = P^T dy; dP = dy v^T; dS follows from dP as f has it; dq = s dS k,
/// dk = s dS^T q, db_d = the sum of dS over all pairs of distance d.
///
/// - Parameters:
///   - outputGradient: dy, [rows * length, value width].
///   - inputs: as in the forward pass.
///   - shape: lengths and widths.
///   - gradients: dq, dk, dv and db.
///   - scratch: `scratchCount` values for each worker.
///   - pool: the threads that share the work, a chunk at a time.
func chunkedAttentionBackward(
  _ outputGradient: Matrix,
  _ inputs: ChunkedAttentionInputs,
  _ shape: ChunkedAttentionShape,
  into gradients: ChunkedAttentionGradients,
  scratch: (Int) -> UnsafeMutablePointer<Float>,
  _ pool: WorkerPool
) {
  pool.parallelFor(shape.partCount(rows: outputGradient.rows)) { index, worker in
    let part = shape.part(index)
    let scratch = scratch(worker)
    let bias = gradients.bias + index * shape.distanceCount
    bias.update(repeating: 0, count: shape.distanceCount)
    let turnedKeys = shape.turnedKeys(scratch, keys: part.count)
    transpose(inputs.keys[rows: part], into: turnedKeys)
    let tiles = Tiles(of: part.count, size: ChunkedAttentionShape.rowTile)
    for index in 0..<tiles.count {
      backwardTile(
        tiles[index],
        of: part,
        outputGradient,
        inputs,
        turnedKeys: turnedKeys,
        shape,
        into: gradients,
        bias: bias + shape.chunk - 1,
        scratch: scratch
      )
    }
  }
}

/// Adds what some queries of a chunk contribute; the chunk's first ones overwrite.
private func backwardTile(
  _ queries: Range<Int>,
  of part: Range<Int>,
  _ outputGradient: Matrix,
  _ inputs: ChunkedAttentionInputs,
  turnedKeys: Matrix,
  _ shape: ChunkedAttentionShape,
  into gradients: ChunkedAttentionGradients,
  bias: UnsafeMutablePointer<Float>,
  scratch: UnsafeMutablePointer<Float>
) {
  let scale = shape.scores.scale(queryWidth: shape.queryWidth, keys: part.count)
  let scores = shape.block(0, scratch, queries: queries.count, keys: part.count)
  let slopes = shape.block(1, scratch, queries: queries.count, keys: part.count)
  let rows = queries.shifted(by: part.lowerBound)
  let dy = outputGradient[rows: rows]
  inputs.fillScores(queries, of: part, turnedKeys: turnedKeys, scale: scale, into: scores)
  multiply(dy, inputs.values[rows: part], transposing: .right, into: slopes)
  for query in queries {
    let row = slopes.row(query - queries.lowerBound)
    shape.scores.weighBackward(
      scores.row(query - queries.lowerBound),
      gradient: row,
      count: part.count
    )
    let sums = bias - query
    forLaneSpans(part.count) { $0.add($0.load(row), to: sums) }
  }
  let keep: Float = queries.lowerBound == 0 ? 0 : 1
  multiply(scores, dy, transposing: .left, into: gradients.values[rows: part], keep: keep)
  multiply(
    slopes,
    inputs.queries[rows: rows],
    transposing: .left,
    into: gradients.keys[rows: part],
    scale: scale,
    keep: keep
  )
  multiply(slopes, inputs.keys[rows: part], into: gradients.queries[rows: rows], scale: scale)
}
