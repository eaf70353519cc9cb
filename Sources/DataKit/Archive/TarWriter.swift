internal import CArchive
internal import Glibc

/// Writes regular files as a tar to a file descriptor; the bytes depend on the members only.
///
/// Sizes beyond ustar's limit of 8 GiB get a pax header. When the writer is dropped before
/// ``finish()``, the tar stays without its end.
final class TarWriter {
  /// What the tar passes through on its way out.
  enum Compression {
    case none
    case gzip(level: Int)
    case zstd
  }

  private let path: String
  private let memberDate: Int
  private let permissions: UInt32
  private let archive: OpaquePointer
  private let entry: OpaquePointer
  private var finished = false

  /// A writer to an open file or pipe.
  ///
  /// - Parameters:
  ///   - descriptor: where the bytes go; it stays the caller's.
  ///   - path: the name in messages, "-" for standard output.
  ///   - compression: what the tar passes through.
  ///   - memberDate: of every member, in seconds since 1970.
  ///   - permissions: of every member.
  /// - Throws: ``ArchiveWriteError``.
  init(
    to descriptor: Int32,
    path: String,
    compression: Compression,
    memberDate: Int,
    permissions: UInt32
  ) throws(ArchiveWriteError) {
    guard let archive = archive_write_new(), let entry = archive_entry_new() else {
      throw ArchiveWriteError(path: path, reason: "out of memory")
    }
    self.path = path
    self.memberDate = memberDate
    self.permissions = permissions
    self.archive = archive
    self.entry = entry
    try check(archive_write_set_format_pax_restricted(archive))
    try add(compression)
    // Pieces go out as they come in, without a copy, and nothing pads the end for a tape.
    try check(archive_write_set_bytes_per_block(archive, 0))
    try check(archive_write_set_bytes_in_last_block(archive, 1))
    try check(archive_write_open_fd(archive, descriptor))
  }

  deinit {
    archive_entry_free(entry)
    // After a failure nothing more may be written: the end of an archive would make it look whole.
    if !finished { archive_write_fail(archive) }
    archive_write_free(archive)
  }

  private func add(_ compression: Compression) throws(ArchiveWriteError) {
    switch compression {
    case .none: return
    case .zstd: try check(archive_write_add_filter_zstd(archive))
    case .gzip(let level):
      try check(archive_write_add_filter_gzip(archive))
      for (option, value) in [("timestamp", nil), ("compression-level", String(level))] {
        try check(archive_write_set_filter_option(archive, "gzip", option, value))
      }
    }
  }

  private func check(_ status: Int32) throws(ArchiveWriteError) {
    guard status != ARCHIVE_OK && status != ARCHIVE_WARN else { return }
    let text = archive_error_string(archive).map { String(cString: $0) } ?? "unknown failure"
    let code = archive_errno(archive)
    let cause = code > 0 ? ": " + String(cString: strerror(code)) : ""
    throw ArchiveWriteError(path: path, reason: text + cause)
  }

  /// Starts a member; exactly `byteCount` bytes must be appended before the next.
  func beginMember(_ name: String, byteCount: Int) throws(ArchiveWriteError) {
    archive_entry_clear(entry)
    archive_entry_set_pathname(entry, name)
    archive_entry_set_filetype(entry, LRA_ENTRY_REGULAR)
    archive_entry_set_perm(entry, permissions)
    archive_entry_set_uid(entry, 0)
    archive_entry_set_gid(entry, 0)
    archive_entry_set_mtime(entry, memberDate, 0)
    archive_entry_set_size(entry, Int64(byteCount))
    try check(archive_write_header(archive, entry))
  }

  /// Appends bytes to the member begun last.
  func append(_ bytes: UnsafeRawBufferPointer) throws(ArchiveWriteError) {
    guard !bytes.isEmpty else { return }
    let written = archive_write_data(archive, bytes.baseAddress, bytes.count)
    guard written < 0 || written == bytes.count else {
      throw ArchiveWriteError(
        path: path,
        reason: "a member has more bytes than the size in its header"
      )
    }
    if written < 0 { try check(ARCHIVE_FATAL) }
  }

  /// Writes a whole member.
  func addMember(_ name: String, _ bytes: [UInt8]) throws(ArchiveWriteError) {
    try beginMember(name, byteCount: bytes.count)
    let appended: Result<Void, ArchiveWriteError> = bytes.withUnsafeBytes { raw in
      do throws(ArchiveWriteError) { return .success(try append(raw)) } catch {
        return .failure(error)
      }
    }
    try appended.get()
  }

  /// Writes the end of the tar and of its compression.
  func finish() throws(ArchiveWriteError) {
    try check(archive_write_close(archive))
    finished = true
  }
}
