/// Puts one vector before every sequence.
///
/// - Parameters:
///   - token: [width], or nil for zeros.
///   - values: [rows * (length - 1), width].
///   - length: the positions of a sequence with the token.
///   - output: [rows * length, width]; overwritten. May not overlap the others.
///   - pool: the threads that share the work.
func insertFirst(
  _ token: UnsafePointer<Float>?,
  before values: Matrix,
  length: Int,
  into output: Matrix,
  _ pool: WorkerPool
) {
  let width = checkedWidth(values, output, length: length, "insertFirst")
  pool.parallelFor(output.rows / length) { row in
    let target = output.row(row * length)
    if let token {
      target.update(from: token, count: width)
    } else {
      target.update(repeating: 0, count: width)
    }
    (target + width).update(from: values.row(row * (length - 1)), count: (length - 1) * width)
  }
}

/// Takes the first position of every sequence away.
///
/// - Parameters:
///   - values: [rows * length, width].
///   - length: the positions of a sequence with the first.
///   - output: [rows * (length - 1), width]; overwritten. May not overlap `values`.
///   - pool: the threads that share the work.
func removeFirst(_ values: Matrix, length: Int, into output: Matrix, _ pool: WorkerPool) {
  let width = checkedWidth(output, values, length: length, "removeFirst")
  pool.parallelFor(values.rows / length) { row in
    output.row(row * (length - 1)).update(
      from: values.row(row * length + 1),
      count: (length - 1) * width
    )
  }
}

/// Adds the first position of every sequence to one vector, in the order of the sequences.
///
/// - Parameters:
///   - values: [rows * length, width].
///   - length: the positions of a sequence with the first.
///   - output: [width]; added to.
func addFirst(_ values: Matrix, length: Int, to output: UnsafeMutablePointer<Float>) {
  for row in stride(from: 0, to: values.rows, by: length) {
    let source = values.row(row)
    for column in 0..<values.columns { output[column] += source[column] }
  }
}

private func checkedWidth(
  _ short: Matrix,
  _ long: Matrix,
  length: Int,
  _ name: String
) -> Int {
  precondition(
    long.rows % length == 0 && short.rows == long.rows / length * (length - 1)
      && short.columns == long.columns && short.stride == short.columns
      && long.stride == long.columns,
    "\(name): \(short.shape) and \(long.shape), length \(length)"
  )
  return long.columns
}
