internal import CArchive
internal import Glibc

/// A regular file in a stream.
struct StreamMember {
  /// Its name, chosen by a stranger.
  let name: String
  /// Its size in bytes, as its header says.
  let byteCount: Int
}

/// Reads the tar stream of a data set, which is untrusted: regular files only, strictly.
///
/// Plain, gzip and zstd streams are told apart by their first bytes. Damage inside a member is
/// not this reader's to find: whoever takes the bytes compares their digest.
final class StreamReader {
  /// The stream's name in messages.
  let name: String
  private let archive: OpaquePointer
  private var current: String?

  /// A reader of an open file or pipe, which stays the caller's.
  ///
  /// - Throws: ``ArchiveError`` when the first bytes are those of no tar.
  init(_ descriptor: Int32, name: String) throws {
    guard let archive = archive_read_new() else {
      throw ArchiveError(archive: name, reason: "out of memory")
    }
    self.name = name
    self.archive = archive
    widenPipe(descriptor)
    for enable in [
      archive_read_support_filter_gzip, archive_read_support_filter_zstd,
      archive_read_support_format_tar, archive_read_support_format_empty,
    ] {
      _ = enable(archive)
    }
    // With this the reader looks behind the end blocks too, so that nothing can hide there.
    archive_read_set_option(archive, "tar", "read_concatenated_archives", "1")
    guard archive_read_open_fd(archive, descriptor, 1 << 20) == ARCHIVE_OK else { throw failure() }
  }

  deinit { archive_read_free(archive) }

  /// The next member, or nil at the end.
  ///
  /// - Throws: ``ArchiveError`` when the stream is cut or damaged, or the member no regular file.
  func next() throws -> StreamMember? {
    var entry: OpaquePointer?
    let status = archive_read_next_header(archive, &entry)
    if status == ARCHIVE_EOF {
      guard current != nil else { throw ArchiveError(archive: name, reason: "the stream is empty") }
      return nil
    }
    guard status == ARCHIVE_OK, let entry else { throw failure() }
    let path = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
    let isLink = archive_entry_hardlink(entry) != nil || archive_entry_symlink(entry) != nil
    let isFile = archive_entry_filetype(entry) == LRA_ENTRY_REGULAR && !isLink
    let byteCount = Int(archive_entry_size(entry))
    guard isFile, archive_entry_size_is_set(entry) != 0, byteCount >= 0 else {
      throw ArchiveError(archive: name, member: path, reason: "the member is not a regular file")
    }
    current = path
    return StreamMember(name: path, byteCount: byteCount)
  }

  /// Lends the current member's bytes piece by piece, as many as its header says.
  ///
  /// - Throws: ``ArchiveError`` when they end too early.
  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var delivered = 0
    while true {
      var start: UnsafeRawPointer?
      var count = 0
      var offset: la_int64_t = 0
      let status = archive_read_data_block(archive, &start, &count, &offset)
      guard status == ARCHIVE_OK || status == ARCHIVE_EOF else { throw failure() }
      guard offset == delivered else {
        throw ArchiveError(archive: name, member: current, reason: "the member is sparse")
      }
      if status == ARCHIVE_EOF { return }
      delivered += count
      if count > 0 { try body(UnsafeRawBufferPointer(start: start, count: count)) }
    }
  }

  /// The current member's bytes, whole.
  ///
  /// - Throws: ``ArchiveError`` when it is larger than `limit` bytes.
  func readAll(_ member: StreamMember, limit: Int) throws -> [UInt8] {
    guard member.byteCount <= limit else {
      throw error(in: member, "the member has \(member.byteCount) bytes, the limit is \(limit)")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(member.byteCount, 1 << 20))
    try forEachChunk { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// An error inside a member.
  func error(in member: StreamMember, _ reason: String) -> ArchiveError {
    ArchiveError(archive: name, member: member.name, reason: reason)
  }

  private func failure() -> ArchiveError {
    let text = archive_error_string(archive).map { String(cString: $0) } ?? "unknown failure"
    let after = current.map { " (in or after the member '\($0)')" } ?? ""
    let reached = archive_filter_bytes(archive, -1)
    let place = reached > 0 ? " at byte \(reached)" : ""
    return ArchiveError(
      archive: name,
      reason: "the stream is cut or damaged\(place)\(after): \(text)"
    )
  }
}
