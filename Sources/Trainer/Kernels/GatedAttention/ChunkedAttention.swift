/// What one head of attention inside chunks runs over.
struct ChunkedAttentionShape: Sendable {
  /// The queries of one block of scores.
  static let rowTile = 64
  /// The queries of one task in the forward pass; it turns all keys first, which has to be worth it.
  static let taskTile = 512

  /// Positions of a sequence.
  let length: Int
  /// Positions of a chunk; the last one of a sequence may be shorter.
  let chunk: Int
  let queryWidth: Int
  let valueWidth: Int
  let scores: Mega.Scores

  /// Attention over sequences of `length`, in one chunk when `chunk` is nil.
  init(length: Int, chunk: Int?, queryWidth: Int, valueWidth: Int, scores: Mega.Scores) {
    self.length = length
    self.chunk = min(chunk ?? length, length)
    self.queryWidth = queryWidth
    self.valueWidth = valueWidth
    self.scores = scores
  }

  private var chunks: Tiles { Tiles(of: length, size: chunk) }

  /// The chunks of some sequences.
  func partCount(rows: Int) -> Int { rows / length * chunks.count }

  /// The rows of a chunk in a matrix [rows * length, …].
  func part(_ index: Int) -> Range<Int> {
    chunks[index % chunks.count].shifted(by: index / chunks.count * length)
  }

  /// The distances between two positions of a chunk.
  var distanceCount: Int { 2 * chunk - 1 }

  /// The distance between rows of scores and of turned keys.
  ///
  /// It is never a multiple of a memory page, whose rows would push each other out of the cache.
  private var stride: Int { (chunk + 15) / 16 * 16 + 16 }

  /// The values that one worker needs, forward or backward.
  var scratchCount: Int { (queryWidth + 2 * ChunkedAttentionShape.rowTile) * stride }

  /// The place of turned keys, [query width, keys].
  func turnedKeys(_ scratch: UnsafeMutablePointer<Float>, keys: Int) -> Matrix {
    Matrix(scratch, rows: queryWidth, columns: keys, stride: stride)
  }

  /// The first or the second block of scores, [queries, keys].
  func block(
    _ index: Int,
    _ scratch: UnsafeMutablePointer<Float>,
    queries: Int,
    keys: Int
  ) -> Matrix {
    let rows = queryWidth + index * ChunkedAttentionShape.rowTile
    return Matrix(scratch + rows * stride, rows: queries, columns: keys, stride: stride)
  }
}

/// What attention inside chunks reads.
struct ChunkedAttentionInputs {
  /// q, [rows * length, query width].
  let queries: Matrix
  /// k, likewise.
  let keys: Matrix
  /// v, [rows * length, value width].
  let values: Matrix
  /// b, the bias of distance 0; those of j - i lie around it, as far as a chunk is long.
  let bias: UnsafePointer<Float>

  /// s q k^T + b of some queries of a chunk.
  ///
  /// - Parameters:
  ///   - queries: counted from the chunk's first position.
  ///   - part: the chunk's rows.
  ///   - turnedKeys: k^T of the chunk.
  ///   - scale: s.
  ///   - scores: [queries, keys]; overwritten.
  func fillScores(
    _ queries: Range<Int>,
    of part: Range<Int>,
    turnedKeys: Matrix,
    scale: Float,
    into scores: Matrix
  ) {
    for query in queries {
      scores.row(query - queries.lowerBound).update(from: bias - query, count: part.count)
    }
    multiply(
      self.queries[rows: queries.shifted(by: part.lowerBound)],
      turnedKeys,
      into: scores,
      scale: scale,
      keep: 1
    )
  }
}

/// Attention of one head inside chunks.
///
/// y_i = sum over j of f(s (q_i, k_j) + b_(j-i)) v_j, where j is in the chunk of i and f is the softmax over j or a function of each score. No more than ``ChunkedAttentionShape/rowTile``
/// queries' scores exist at a time.
///
/// - Parameters:
///   - inputs: q, k, v and b.
///   - shape: lengths and widths.
///   - output: y, [rows * length, value width]; overwritten.
///   - scratch: `scratchCount` values for each worker.
///   - pool: the threads that share the work.
func chunkedAttentionForward(
  _ inputs: ChunkedAttentionInputs,
  _ shape: ChunkedAttentionShape,
  into output: Matrix,
  scratch: (Int) -> UnsafeMutablePointer<Float>,
  _ pool: WorkerPool
) {
  let tasks = Tiles(of: shape.chunk, size: ChunkedAttentionShape.taskTile)
  pool.parallelFor(shape.partCount(rows: output.rows) * tasks.count) { index, worker in
    let part = shape.part(index / tasks.count)
    let queries = tasks[index % tasks.count].clamped(to: 0..<part.count)
    guard !queries.isEmpty else { return }
    let scratch = scratch(worker)
    let turnedKeys = shape.turnedKeys(scratch, keys: part.count)
    transpose(inputs.keys[rows: part], into: turnedKeys)
    let tiles = Tiles(of: queries.count, size: ChunkedAttentionShape.rowTile)
    for index in 0..<tiles.count {
      let tile = tiles[index].shifted(by: queries.lowerBound)
      let scores = shape.block(0, scratch, queries: tile.count, keys: part.count)
      inputs.fillScores(
        tile,
        of: part,
        turnedKeys: turnedKeys,
        scale: shape.scores.scale(queryWidth: shape.queryWidth, keys: part.count),
        into: scores
      )
      for row in 0..<tile.count { shape.scores.weigh(scores.row(row), count: part.count) }
      multiply(
        scores,
        inputs.values[rows: part],
        into: output[rows: tile.shifted(by: part.lowerBound)]
      )
    }
  }
}
