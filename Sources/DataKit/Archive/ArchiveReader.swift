/// A regular file inside an archive.
struct ArchiveMember {
  let path: String
  /// The size in bytes as the archive declares it; nil for a plain file.
  let byteCount: Int?

  /// Whether it is an input that is no archive.
  var isPlainFile: Bool { byteCount == nil }
}

/// A streaming reader of (compressed) tar archives: one pass, bounded memory.
final class ArchiveReader {
  /// The archive's name in messages.
  let name: String
  /// Members that are no regular files, by kind; they are never read.
  private(set) var otherMembers = 0
  /// Called often while members are read.
  var progress: () -> Void = {}
  /// What the archive may ask for.
  let limits: ArchiveLimits
  /// Whether bytes that belong to no archive follow this one; known after ``drain()``.
  private(set) var hasTrailingBytes = false
  private let source: ByteSource
  private let bytes: ReadAhead
  private var tar: TarReader
  private var current: TarReader.Member?
  private var reached = 0

  /// Opens an archive.
  ///
  /// - Parameters:
  ///   - input: a file or standard input.
  ///   - acceptsPlainFile: whether an input that is no tar archive is a single member of the input's
  ///     own name, without `.gz` or the like.
  ///   - threads: with more than one, reading and inflating run ahead on a thread of their own.
  ///   - limits: what the archive may ask for.
  /// - Throws: ``ArchiveError``.
  init(
    _ input: ArchiveInput,
    acceptsPlainFile: Bool = false,
    threads: Int = 1,
    limits: ArchiveLimits = ArchiveLimits()
  ) throws {
    name = input.name
    self.limits = limits
    source = try ByteSource(input, limits: limits)
    bytes = ReadAhead(source, chunkByteCount: 1 << 18, threads: threads)
    tar = TarReader(
      bytes,
      limits: limits,
      plainName: acceptsPlainFile ? input.uncompressedBaseName : nil
    )
  }

  /// Bytes of the archive taken from its source so far.
  var bytesRead: Int { bytes.bytesRead }
  /// The size of the archive in bytes, when it is a file.
  var totalBytes: Int? { source.total }

  /// The next regular file, or nil at the end.
  ///
  /// - Throws: ``ArchiveError`` when the archive is damaged or ends too early.
  func next() throws -> ArchiveMember? {
    do { try tar.skip() } catch { throw failure(error, in: current) }
    while let member = try nextOfAnyKind() {
      switch member.kind {
      case .file where !member.path.isEmpty, .sparse where !member.path.isEmpty:
        return ArchiveMember(path: member.path, byteCount: member.byteCount)
      case .folder: continue
      default: otherMembers += 1
      }
    }
    guard reached > 0 else { throw emptyArchive() }
    return nil
  }

  private func nextOfAnyKind() throws -> TarReader.Member? {
    let member: TarReader.Member?
    do { member = try tar.next() } catch { throw failure(error) }
    guard let member else { return nil }
    current = member
    reached += 1
    guard reached <= limits.memberCount else {
      throw ArchiveError(
        archive: name,
        member: member.path,
        reason: "the archive has over \(limits.memberCount) members, the limit",
        hint: ArchiveLimits.hint("--limit-members")
      )
    }
    return member
  }

  /// Lends the current member's bytes piece by piece.
  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard current?.kind != .sparse else {
      throw ArchiveError(
        archive: name,
        member: current?.path,
        reason: "the member is sparse (it has holes)",
        hint: "pack the archive again without tar's --sparse"
      )
    }
    while let piece = try nextPiece() {
      progress()
      try body(piece)
    }
  }

  private func nextPiece() throws -> UnsafeRawBufferPointer? {
    do { return try tar.nextPiece() } catch { throw failure(error, in: current) }
  }

  /// The current member's bytes, whole.
  ///
  /// - Throws: ``ArchiveError`` when it is larger than `limit` bytes, or than
  ///   ``ArchiveLimits/memberByteCount``.
  func readAll(_ member: ArchiveMember, limit: Int) throws -> [UInt8] {
    try check(member.byteCount ?? 0, of: member, limit)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(member.byteCount ?? 0, 1 << 20))
    try forEachChunk { chunk in
      try check(bytes.count + chunk.count, of: member, limit)
      bytes.append(contentsOf: chunk)
    }
    return bytes
  }

  /// Lends the current member's bytes, whole; most often where they lie, without a copy.
  ///
  /// - Throws: as ``readAll(_:limit:)``, and what `body` throws.
  func withAll(
    _ member: ArchiveMember,
    limit: Int,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try check(member.byteCount ?? 0, of: member, limit)
    var rest: [UInt8] = []
    var isLent = false
    try forEachChunk { chunk in
      if rest.isEmpty, !isLent, chunk.count == member.byteCount {
        isLent = true
        return try body(chunk)
      }
      try check(rest.count + chunk.count, of: member, limit)
      rest.append(contentsOf: chunk)
    }
    if !isLent { try rest.withUnsafeBytes(body) }
  }

  /// What is wrong with a member that is larger than ``readAll(_:limit:)`` takes; nil where its size
  /// is right or not known yet.
  func sizeFault(of member: ArchiveMember, limit: Int) -> ArchiveError? {
    fault(of: member, byteCount: member.byteCount ?? 0, limit)
  }

  private func fault(of member: ArchiveMember, byteCount: Int, _ limit: Int) -> ArchiveError? {
    let ceiling = min(limit, limits.memberByteCount)
    guard byteCount > ceiling else { return nil }
    return ArchiveError(
      archive: name,
      member: member.path,
      reason: "the member has \(byteCount) bytes or more, the limit is \(ceiling)",
      hint: ceiling < limit ? ArchiveLimits.hint("--limit-member-bytes") : nil
    )
  }

  private func check(_ count: Int, of member: ArchiveMember, _ limit: Int) throws {
    if let fault = fault(of: member, byteCount: count, limit) { throw fault }
  }

  /// Reads what follows the archive's end, so that size and digest cover the whole input.
  func drain() throws -> (byteCount: Int, sha256: String) {
    do {
      while try !bytes.next().isEmpty {}
    } catch {
      throw ArchiveError(archive: name, reason: error.reason, hint: error.hint)
    }
    hasTrailingBytes = source.hasTrailingBytes || tar.hasTrailingBytes
    return (source.count, source.digester.finish())
  }

  /// An error inside a member.
  func error(in member: ArchiveMember, line: Int? = nil, _ reason: String) -> ArchiveError {
    ArchiveError(archive: name, member: member.path, line: line, reason: reason)
  }

  private func failure(
    _ fault: ByteSource.Fault,
    in member: TarReader.Member? = nil
  ) -> ArchiveError {
    let after = member == nil ? current.map { " (after the member '\($0.path)')" } ?? "" : ""
    return ArchiveError(
      archive: name,
      member: member?.path,
      reason: fault.reason + after,
      hint: fault.hint
    )
  }

  private func emptyArchive() -> ArchiveError {
    let what =
      switch (bytesRead, tar.position) {
      case (0, _): "the archive is empty"
      case (_, 0): "there are no members: the archive inflates to nothing"
      default: "the archive is empty (\(bytesRead) bytes read)"
      }
    return ArchiveError(archive: name, reason: what)
  }
}
