internal import Dispatch
internal import Glibc

/// A file that appears under its name only when it is complete.
///
/// Bytes go to `path.partial`; ``commit()`` synchronises and renames it. When the value is dropped
/// without a commit the partial file is removed.
struct PartialFile: ~Copyable {
  private let finalPath: String
  private let partialPath: String
  private var descriptor: Int32
  private var digester = FileDigester()
  private var committed = false
  private let hashesAside: Bool
  /// Pieces from this size on are worth a second thread.
  private static let largePiece = 1 << 20

  /// A file to be; with `hashesAside` large pieces are hashed on another thread while they are
  /// written.
  init(finalPath: String, hashesAside: Bool = false) throws(FileError) {
    let partialPath = finalPath + ".partial"
    let descriptor = open(partialPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError(path: partialPath, action: "create", code: errno)
    }
    self.finalPath = finalPath
    self.partialPath = partialPath
    self.descriptor = descriptor
    self.hashesAside = hashesAside
  }

  deinit {
    close(descriptor)
    if !committed { unlink(partialPath) }
  }

  /// Appends bytes.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    guard hashesAside, bytes.count >= Self.largePiece else {
      digester.update(bytes)
      return try append(bytes)
    }
    // Nobody else touches bytes and digester until the group is done.
    nonisolated(unsafe) let (digester, piece) = (digester, bytes)
    let hashing = DispatchGroup()
    DispatchQueue.global().async(group: hashing) { digester.update(piece) }
    defer { hashing.wait() }
    try append(bytes)
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError(path: finalPath, action: "write", code: errno)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Appends a whole file.
  mutating func write(_ file: MappedFile) throws(FileError) {
    defer { withExtendedLifetime(file) {} }
    try write(file.bytes)
  }

  /// Makes the file durable and gives it its name; nothing can be written after it.
  mutating func commit() throws(FileError) -> FileDigest {
    guard fsync(descriptor) == 0 else {
      throw FileError(path: finalPath, action: "synchronise", code: errno)
    }
    guard rename(partialPath, finalPath) == 0 else {
      throw FileError(path: finalPath, action: "rename", code: errno)
    }
    committed = true
    let folder = finalPath.lastIndex(of: "/").map { String(finalPath[..<$0]) } ?? "."
    try synchroniseFolder(folder.isEmpty ? "/" : folder)
    return digester.finish()
  }
}

/// Makes renames in a folder durable: its own entries have to reach the disk too.
func synchroniseFolder(_ folder: String) throws(FileError) {
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError(path: folder, action: "open", code: errno) }
  defer { close(descriptor) }
  guard fsync(descriptor) == 0 else {
    throw FileError(path: folder, action: "synchronise", code: errno)
  }
}

/// Writes small files whole or not at all.
public enum AtomicFile {
  /// Replaces the file at `path` by `bytes`: a partial file, synchronised, then renamed.
  ///
  /// - Throws: ``FileError`` when the system refuses; the old file is then untouched.
  @discardableResult
  public static func write(_ bytes: [UInt8], to path: String) throws -> FileDigest {
    var file = try PartialFile(finalPath: path)
    try bytes.withUnsafeBytes { try file.write($0) }
    return try file.commit()
  }
}
