public import DataKit

extension DataSetReceiver {
  /// Receives from standard input and reports progress.
  ///
  /// - Parameter format: how to report.
  /// - Returns: what was received.
  /// - Throws: what ``DataSetReceiver/receive(from:name:report:)`` throws.
  public func receiveWithProgress(_ format: ProgressFormat) throws -> Receipt {
    let reporter = ProgressReporter(stage: "receive", format: format)
    let receipt = try receive { progress in
      reporter.update(bytes: progress.bytes, ofBytes: progress.totalBytes)
    }
    reporter.finish()
    return receipt
  }
}
