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
  private let tar: TarWriter
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
    descriptor =
      toOutput
      ? STDOUT_FILENO : open(path + ".partial", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw ArchiveWriteError(
        path: path,
        reason: "cannot create the file: \(String(cString: strerror(errno)))"
      )
    }
    self.path = path
    tar = try TarWriter(
      to: descriptor,
      path: path,
      compression: .gzip(level: compressionLevel),
      memberDate: Self.memberDate,
      permissions: 0o640
    )
  }

  deinit {
    if path != "-" {
      close(descriptor)
      if !finished { unlink(partialPath) }
    }
  }

  /// Starts a member; exactly `byteCount` bytes must be appended before the next.
  public func beginMember(_ name: String, byteCount: Int) throws(ArchiveWriteError) {
    try tar.beginMember(name, byteCount: byteCount)
  }

  /// Appends bytes to the member begun last.
  public func append(_ bytes: UnsafeRawBufferPointer) throws(ArchiveWriteError) {
    try tar.append(bytes)
  }

  /// Writes a whole member.
  public func addMember(_ name: String, _ bytes: [UInt8]) throws(ArchiveWriteError) {
    try tar.addMember(name, bytes)
  }

  /// Completes the archive, makes it durable and gives it its name.
  public func finish() throws(ArchiveWriteError) {
    try tar.finish()
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
