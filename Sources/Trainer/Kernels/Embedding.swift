/// Looks up a row of a table for every token.
///
/// - Parameters:
///   - tokens: [positions], each a row of the table.
///   - table: [vocabulary, width].
///   - output: [positions, width]; overwritten.
///   - pool: the threads that share the work.
func embeddingForward(
  _ tokens: UnsafePointer<Int32>,
  table: Matrix,
  into output: Matrix,
  _ pool: WorkerPool
) {
  let tiles = Tiles(of: output.rows, size: 512)
  pool.parallelFor(tiles.count) { index in
    for position in tiles[index] {
      output.row(position).update(from: table.row(Int(tokens[position])), count: table.columns)
    }
  }
}

/// The backward pass of a look-up: every row of the table collects its tokens' gradients.
///
/// Tasks own columns, and each adds in the order of the positions.
///
/// - Parameters:
///   - outputGradient: [positions, width].
///   - tokens: [positions], as in the forward pass.
///   - tableGradient: [vocabulary, width]; added to.
///   - pool: the threads that share the work.
func embeddingBackward(
  _ outputGradient: Matrix,
  tokens: UnsafePointer<Int32>,
  into tableGradient: Matrix,
  _ pool: WorkerPool
) {
  precondition(
    outputGradient.columns == tableGradient.columns,
    "embeddingBackward: \(outputGradient.shape) into \(tableGradient.shape)"
  )
  let tiles = Tiles(of: tableGradient.columns, size: 16)
  pool.parallelFor(tiles.count) { index in
    let columns = tiles[index]
    for position in 0..<outputGradient.rows {
      let source = outputGradient.row(position)
      let target = tableGradient.row(Int(tokens[position]))
      for column in columns { target[column] += source[column] }
    }
  }
}
