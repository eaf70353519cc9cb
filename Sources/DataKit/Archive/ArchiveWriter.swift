internal import CArchive
internal import Glibc

/// An archive could not be written.
public struct ArchiveWriteError: Error, CustomStringConvertible, Sendable {
  /// The archive's path, "-" for standard output.
  public let path: String
  /// What went wrong, with the system's or the archive library's words.
  public let reason: String

  /// One sentence: the path, then the reason.
  public var description: String { "\(path == "-" ? "standard output" : path): \(reason)" }
}

/// Writes a gzip'ed tar whose bytes depend on nothing but its members.
///
/// Members are regular files of mode 0640, owner and group 0 and a fixed date; the gzip header has
/// no time. The bytes go to `path.partial`; ``finish()`` synchronises and renames it. When the
/// value is dropped before, the partial file is removed.
public final class ArchiveWriter {
  /// The date of every member: 1 December 2020, 00:00 UTC, the release's day; seconds since 1970.
  public static let memberDate = 1_606_780_800

  private let path: String
  private let descriptor: Int32
  private let archive: OpaquePointer
  private let entry: OpaquePointer
  private var finished = false

  private var partialPath: String { path + ".partial" }

  /// Opens a new archive; an old partial file is overwritten.
  ///
  /// - Parameters:
  ///   - path: where the finished archive appears, or "-" for standard output.
  ///   - compressionLevel: of gzip, 0...9.
  /// - Throws: ``ArchiveWriteError`` if the file cannot be created.
  public init(path: String, compressionLevel: Int = 6) throws(ArchiveWriteError) {
    let toOutput = path == "-"
    let descriptor =
      toOutput
      ? STDOUT_FILENO : open(path + ".partial", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw ArchiveWriteError(
        path: path,
        reason: "cannot create the file: \(String(cString: strerror(errno)))"
      )
    }
    guard let archive = archive_write_new(), let entry = archive_entry_new() else {
      throw ArchiveWriteError(path: path, reason: "out of memory")
    }
    self.path = path
    self.descriptor = descriptor
    self.archive = archive
    self.entry = entry
    try check(archive_write_set_format_ustar(archive))
    try check(archive_write_add_filter_gzip(archive))
    try check(archive_write_set_filter_option(archive, "gzip", "timestamp", nil))
    try check(
      archive_write_set_filter_option(
        archive,
        "gzip",
        "compression-level",
        String(compressionLevel)
      )
    )
    // No padding after the gzip stream when the output is a pipe.
    try check(archive_write_set_bytes_in_last_block(archive, 1))
    try check(archive_write_open_fd(archive, descriptor))
  }

  deinit {
    archive_entry_free(entry)
    // After a failure nothing more may be written: the end of an archive would make it look whole.
    if !finished { archive_write_fail(archive) }
    archive_write_free(archive)
    if path != "-" {
      close(descriptor)
      if !finished { unlink(partialPath) }
    }
  }

  private func check(_ status: Int32) throws(ArchiveWriteError) {
    guard status != ARCHIVE_OK && status != ARCHIVE_WARN else { return }
    let text = archive_error_string(archive).map { String(cString: $0) } ?? "unknown failure"
    throw ArchiveWriteError(path: path, reason: text)
  }

  /// Starts a member; exactly `byteCount` bytes must be appended before the next.
  public func beginMember(_ name: String, byteCount: Int) throws(ArchiveWriteError) {
    archive_entry_clear(entry)
    archive_entry_set_pathname(entry, name)
    archive_entry_set_filetype(entry, LRA_ENTRY_REGULAR)
    archive_entry_set_perm(entry, 0o640)
    archive_entry_set_uid(entry, 0)
    archive_entry_set_gid(entry, 0)
    archive_entry_set_mtime(entry, Self.memberDate, 0)
    archive_entry_set_size(entry, Int64(byteCount))
    try check(archive_write_header(archive, entry))
  }

  /// Appends bytes to the member begun last.
  public func append(_ bytes: UnsafeRawBufferPointer) throws(ArchiveWriteError) {
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
  public func addMember(_ name: String, _ bytes: [UInt8]) throws(ArchiveWriteError) {
    try beginMember(name, byteCount: bytes.count)
    let appended: Result<Void, ArchiveWriteError> = bytes.withUnsafeBytes { raw in
      do throws(ArchiveWriteError) { return .success(try append(raw)) } catch {
        return .failure(error)
      }
    }
    try appended.get()
  }

  /// Completes the archive, makes it durable and gives it its name.
  public func finish() throws(ArchiveWriteError) {
    try check(archive_write_close(archive))
    if path != "-" {
      guard fsync(descriptor) == 0 else { throw systemError("synchronise") }
      guard rename(partialPath, path) == 0 else { throw systemError("rename") }
    }
    finished = true
  }

  private func systemError(_ action: String) -> ArchiveWriteError {
    ArchiveWriteError(
      path: path,
      reason: "cannot \(action) the file: \(String(cString: strerror(errno)))"
    )
  }
}
