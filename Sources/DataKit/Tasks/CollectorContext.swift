/// What to do about a member, row or image that is not what its place promises.
public enum ErrorPolicy: String, Sendable, CaseIterable {
  /// Stop.
  case fail
  /// Leave it out, count and name it.
  case skip
  /// Leave it out, count and name it, and keep its bytes for inspection.
  case quarantine
}

/// What collectors share.
final class CollectorContext {
  /// The most rejections that are named; all are counted.
  private static let rejectionLimit = 1000
  /// What a collector with names, a table of labels and a drawn split keeps of a sample, in bytes.
  private static let indexByteCount = 320

  /// The archive being read, as messages name it.
  var archive: String
  let spool: SampleSpool
  let workers: OrderedWorkers
  let errorPolicy: ErrorPolicy
  private let quarantine: Quarantine?
  /// How many members became samples or metadata.
  var membersRead = 0
  /// How many members, rows or images were left out, by reason.
  var skipped: [String: Int] = [:]
  /// What ``reject(_:bytes:)`` left out, the first of it.
  private(set) var rejected: [Provenance.Rejection] = []
  /// How many samples are in the spool.
  var samples = 0

  init(
    archive: String,
    spool: SampleSpool,
    workers: OrderedWorkers,
    errorPolicy: ErrorPolicy = .fail,
    quarantine: Quarantine? = nil
  ) {
    self.archive = archive
    self.spool = spool
    self.workers = workers
    self.errorPolicy = errorPolicy
    self.quarantine = quarantine
  }

  /// Counts something left out.
  func skip(_ reason: String) { skipped[reason, default: 0] += 1 }

  /// Leaves out what is faulty, where the user allows it.
  ///
  /// - Parameters:
  ///   - error: what is wrong, and where.
  ///   - bytes: the faulty member, row or image, to be kept where the user wishes it.
  /// - Throws: `error` when the policy is to fail.
  func reject(_ error: ArchiveError, bytes: UnsafeRawBufferPointer? = nil) throws {
    guard errorPolicy != .fail else { throw error }
    skip("faulty, left out by --on-error")
    if let quarantine, try !quarantine.keep(bytes, error) {
      skip("faulty and not kept: the quarantine is full")
    }
    guard rejected.count < Self.rejectionLimit else { return }
    rejected.append(
      Provenance.Rejection(
        member: printable(error.member ?? ""),
        line: error.line,
        reason: printable(error.reason)
      )
    )
  }

  /// Spools a sample of which the collector keeps `indexByteCount` bytes in memory, at its worst.
  func spool(
    _ bytes: UnsafeRawBufferPointer,
    indexByteCount: Int = CollectorContext.indexByteCount
  ) throws -> SampleSpool.Slot {
    samples += 1
    return try spool.append(bytes, indexByteCount: indexByteCount)
  }

  /// An error in a member, or in the archive as a whole.
  func error(
    in member: String? = nil,
    line: Int? = nil,
    _ reason: String,
    hint: String? = nil
  ) -> ArchiveError {
    ArchiveError(archive: archive, member: member, line: line, reason: reason, hint: hint)
  }
}
