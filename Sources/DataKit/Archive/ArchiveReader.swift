internal import CArchive

/// A regular file inside an archive.
struct ArchiveMember {
  let path: String
  /// The size in bytes as the archive declares it; nil for a plain file.
  let byteCount: Int?
}

/// A streaming reader of (compressed) tar archives over libarchive: one pass, bounded memory.
final class ArchiveReader {
  /// The archive's name in messages.
  let name: String
  /// Members that are no regular files, by kind; they are never read.
  private(set) var otherMembers = 0
  /// Called often while members are read.
  var progress: () -> Void = {}
  /// What the archive may ask for.
  let limits: ArchiveLimits
  /// Whether bytes that belong to no gzip member follow the archive; known after ``drain()``.
  private(set) var hasTrailingBytes = false
  private let source: ByteSource
  private let bytes: ReadAhead
  private let archive: OpaquePointer
  private var current = ""
  private var reached = 0
  /// The name of the only member, when the input is taken as a plain file.
  private let plainName: String

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
    plainName = input.uncompressedBaseName
    self.limits = limits
    source = try ByteSource(input, limits: limits)
    let longestHeader = min(limits.headerByteCount, ArchiveLimits.longestHeader)
    bytes = ReadAhead(source, chunkByteCount: max(1 << 18, longestHeader), threads: threads)
    guard let archive = archive_read_new() else {
      throw ArchiveError(archive: input.name, reason: "out of memory")
    }
    self.archive = archive
    for enable in [
      archive_read_support_filter_zstd,
      archive_read_support_filter_xz, archive_read_support_format_tar,
    ] {
      _ = enable(archive)
    }
    if acceptsPlainFile { archive_read_support_format_raw(archive) }
    // What `cat` joined is read on, instead of ending silently after the first archive.
    archive_read_set_option(archive, "tar", "read_concatenated_archives", "1")
    let status = archive_read_open(
      archive,
      Unmanaged.passUnretained(bytes).toOpaque(),
      nil,
      { _, client, buffer in
        guard let client, let buffer else { return -1 }
        let bytes = Unmanaged<ReadAhead>.fromOpaque(client).takeUnretainedValue()
        do {
          let chunk = try bytes.next()
          buffer.pointee = chunk.baseAddress
          return chunk.count
        } catch { return -1 }
      },
      nil
    )
    guard status == ARCHIVE_OK else { throw failure() }
  }

  deinit { archive_read_free(archive) }

  /// Bytes of the archive taken from its source so far.
  var bytesRead: Int { bytes.bytesRead }
  /// The size of the archive in bytes, when it is a file.
  var totalBytes: Int? { source.total }

  /// The next regular file, or nil at the end.
  ///
  /// - Throws: ``ArchiveError`` when the archive is damaged or ends too early.
  func next() throws -> ArchiveMember? {
    while true {
      var entry: OpaquePointer?
      let status = archive_read_next_header(archive, &entry)
      if status == ARCHIVE_EOF {
        if reached == 0 {
          throw ArchiveError(
            archive: name,
            reason: "the archive is empty (\(bytesRead) bytes read)"
          )
        }
        return nil
      }
      guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else { throw failure() }
      reached += 1
      current = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
      if archive_format(archive) == ARCHIVE_FORMAT_RAW { current = plainName }
      try checkHeaders()
      let isLink = archive_entry_hardlink(entry) != nil || archive_entry_symlink(entry) != nil
      guard archive_entry_filetype(entry) == LRA_ENTRY_REGULAR, !isLink, !current.isEmpty else {
        if archive_entry_filetype(entry) != LRA_ENTRY_DIRECTORY { otherMembers += 1 }
        continue
      }
      let isSized = archive_entry_size_is_set(entry) != 0
      return ArchiveMember(
        path: current,
        byteCount: isSized ? Int(archive_entry_size(entry)) : nil
      )
    }
  }

  /// Lends the current member's bytes piece by piece.
  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var delivered = 0
    while true {
      var start: UnsafeRawPointer?
      var count = 0
      var offset: la_int64_t = 0
      let status = archive_read_data_block(archive, &start, &count, &offset)
      guard status == ARCHIVE_EOF || status == ARCHIVE_OK || status == ARCHIVE_WARN else {
        throw failure(in: current)
      }
      if status == ARCHIVE_EOF, offset <= delivered { return }
      guard status != ARCHIVE_EOF, offset == delivered else {
        throw ArchiveError(
          archive: name,
          member: current,
          reason: "the member is sparse (it has a hole at byte \(delivered))",
          hint: "pack the archive again without tar's --sparse"
        )
      }
      delivered += count
      progress()
      if count > 0 { try body(UnsafeRawBufferPointer(start: start, count: count)) }
    }
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
    hasTrailingBytes = source.hasTrailingBytes
    return (source.count, source.digester.finish())
  }

  /// An error inside a member.
  func error(in member: ArchiveMember, line: Int? = nil, _ reason: String) -> ArchiveError {
    ArchiveError(archive: name, member: member.path, line: line, reason: reason)
  }

  /// Checks the headers of the entry that was just reached.
  private func checkHeaders() throws {
    guard reached <= limits.memberCount else {
      throw ArchiveError(
        archive: name,
        member: current,
        reason: "the archive has over \(limits.memberCount) members, the limit",
        hint: ArchiveLimits.hint("--limit-members")
      )
    }
    let start = Int(archive_read_header_position(archive))
    let end = Int(archive_filter_bytes(archive, 0))
    // Bytes that libarchive inflated itself (xz, zstd) do not pass here: only their amount is known,
    // and that libarchive takes no header over 1 MiB.
    guard archive_filter_count(archive) == 1 else {
      return try checkExpansion(inflated: end)
    }
    guard end - start > TarHeaders.blockSize else { return }
    switch bytes.withLastBytes(from: start, to: end, { TarHeaders.check($0, limits) }) {
    case .sound: return
    case .tooLong(let count):
      throw ArchiveError(
        archive: name,
        member: current,
        reason: "the member's headers have \(count) bytes, the limit is "
          + "\(limits.headerByteCount), at byte \(end - count) of the tar",
        hint: ArchiveLimits.hint("--limit-header-bytes")
      )
    case .badPaxRecord(let distance):
      throw ArchiveError(
        archive: name,
        member: current,
        reason: "a pax header record is damaged, at byte \(end - distance) of the tar",
        hint: ArchiveError.damageHint
      )
    }
  }

  private func checkExpansion(inflated: Int) throws {
    do {
      try limits.checkExpansion(inflated: inflated, compressed: bytesRead)
    } catch {
      throw ArchiveError(archive: name, reason: error.reason, hint: error.hint)
    }
  }

  private func failure(in member: String? = nil) -> ArchiveError {
    let after = member == nil && reached > 0 ? " (after the member '\(current)')" : ""
    if let fault = bytes.fault {
      return ArchiveError(
        archive: name,
        member: member,
        reason: fault.reason + after,
        hint: fault.hint
      )
    }
    if bytesRead == 0 { return ArchiveError(archive: name, reason: "the archive is empty") }
    if bytes.current.offset + bytes.current.bytes.count == 0 {
      return ArchiveError(
        archive: name,
        reason: "there are no members: the archive inflates to nothing"
      )
    }
    let report = archive_error_string(archive).map { String(cString: $0) }
    let text =
      report == "Unrecognized archive format"
      ? "not a tar archive (plain or compressed with gzip, xz or zstd), or its start is damaged"
      : report ?? "the archive is damaged or ends too early"
    // Where the bad header begins, or how far the member's data were sound; after some faults
    // libarchive knows the latter alone.
    let header = member == nil ? archive_read_header_position(archive) : -1
    let position = header >= 0 ? header : max(0, archive_filter_bytes(archive, 0))
    return ArchiveError(
      archive: name,
      member: member,
      reason: "\(text)\(after), at byte \(position) of the tar",
      hint: ArchiveError.damageHint
    )
  }
}
