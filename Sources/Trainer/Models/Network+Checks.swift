extension Network {
  /// Refuses a batch that the network cannot take.
  func check(_ batch: Batch) throws(NetworkError) {
    guard batch.rows > 0, batch.length > 0 else {
      throw NetworkError("the batch has \(batch.rows) rows of length \(batch.length)")
    }
    if let fault = structure.decoder.fault(ofRows: batch.rows) { throw fault }
    if let fault = structure.encoder.fault(of: batch) { throw fault }
    if let limit = configuration.longestLength, batch.length > limit {
      throw NetworkError(
        "the batch has sequences of length \(batch.length), Mega's relative positions reach \(limit); "
          + "give it more maximumPositions or a chunk"
      )
    }
    guard let lengths = batch.lengths else { return }
    guard lengths.count == batch.rows else {
      throw NetworkError("the batch has \(batch.rows) rows and \(lengths.count) lengths")
    }
    for (row, length) in lengths.enumerated() where length < 1 || Int(length) > batch.length {
      throw NetworkError("row \(row) has length \(length), expected 1 ... \(batch.length)")
    }
  }

  /// Refuses a target that the outputs of a batch cannot be compared with.
  func check(_ target: Target, rows: Int, length: Int) throws(NetworkError) {
    let outputRows = structure.decoder.outputRows(rows: rows, length: length)
    switch target {
    case .classes(let classes):
      guard classes.count == outputRows else {
        throw NetworkError("there are \(classes.count) classes for \(outputRows) outputs")
      }
      let limit = configuration.logitWidth
      for (index, value) in classes.enumerated()
      where value != ignoredClass && (value < 0 || Int(value) >= limit) {
        throw NetworkError("target \(index) is class \(value), the network knows \(limit) classes")
      }
    case .values(let values, _):
      let outputs = outputRows * configuration.logitWidth
      guard values.count == outputs else {
        throw NetworkError("there are \(values.count) target values for \(outputs) outputs")
      }
    }
  }
}
