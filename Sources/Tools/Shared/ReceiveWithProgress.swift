public import DataKit

extension DataSetReceiver {
  /// Receives from standard input with a progress line.
  ///
  /// - Parameter quiet: whether to write nothing at all.
  /// - Returns: what was received.
  /// - Throws: what ``DataSetReceiver/receive(from:name:report:)`` throws.
  public func receiveWithProgress(quiet: Bool) throws -> Receipt {
    var reporter: ProgressReporter?
    let receipt = try receive { progress in
      let line =
        reporter
        ?? ProgressReporter(
          label: "receive",
          total: progress.totalBytes.map { $0 >> 20 },
          unit: "MiB",
          quiet: quiet
        )
      reporter = line
      line.update(completed: progress.bytes >> 20)
    }
    reporter?.finish()
    return receipt
  }
}
