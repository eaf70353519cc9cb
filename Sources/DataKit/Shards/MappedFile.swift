internal import Glibc

/// A whole file mapped read-only into memory.
///
/// The mapping lives as long as the object; the file's bytes are paged in on first use.
public final class MappedFile: Sendable {
  /// The path the file was opened with.
  public let path: String
  /// The file's size in bytes.
  public let byteCount: Int
  private nonisolated(unsafe) let base: UnsafeRawPointer?

  /// Maps the file at `path`.
  ///
  /// - Throws: ``FileError`` when the file cannot be opened or mapped or is not a regular file.
  public init(path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(path: path, action: "read the size of", code: errno)
    }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG else {
      throw FileError(path: path, action: "map", code: kind == S_IFDIR ? EISDIR : EINVAL)
    }
    let count = Int(status.st_size)
    var mapped: UnsafeMutableRawPointer?
    if count > 0 {
      mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
      guard mapped != MAP_FAILED else { throw FileError(path: path, action: "map", code: errno) }
    }
    self.path = path
    self.byteCount = count
    self.base = mapped.map { UnsafeRawPointer($0) }
  }

  deinit {
    if let base { munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }
  }

  /// Lends the file's bytes for the duration of `body`.
  func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  /// The file's bytes; valid while this object lives, which the caller has to see to.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }

  /// Size and checksums of the whole file.
  func digest() -> FileDigest {
    withBytes { bytes in
      let digester = FileDigester()
      digester.update(bytes)
      return digester.finish()
    }
  }
}
