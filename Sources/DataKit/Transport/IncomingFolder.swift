internal import Glibc

/// The folder `incoming` inside a data set's, where a receiver holds what has arrived.
///
/// A file being written is called `NAME.partial`; one called `NAME` is whole and on the disk. The
/// folder goes with the commit; whoever uses it has locked the data set's.
struct IncomingFolder {
  /// The folder's name.
  static let name = "incoming"

  let path: String

  /// Makes the folder, or goes on with what an earlier transfer left in it.
  ///
  /// - Throws: ``FileError``.
  init(in folder: String) throws {
    path = folder + "/" + Self.name
    try OutputFolder.make(path)
    // A link would lead files elsewhere.
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    close(descriptor)
    try removePartialFiles()
  }

  /// Where a whole file is held.
  func path(of name: String) -> String { path + "/" + name }

  /// Where a file is written.
  func partialPath(of name: String) -> String { path + "/" + name + ".partial" }

  /// Writes a partial file; `fill` gets a function that appends bytes to it.
  ///
  /// - Returns: the checksum of the bytes.
  /// - Throws: ``FileError``, and what `fill` throws; the partial file is then removed.
  func write(
    _ name: String,
    _ fill: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws -> FileChecksum {
    let partial = partialPath(of: name)
    let file = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw FileError(path: partial, action: "create", code: errno) }
    let digester = XXH3Digester()
    var byteCount = 0
    do {
      defer { close(file) }
      try fill { bytes in
        digester.update(bytes)
        byteCount += bytes.count
        var rest = bytes
        while !rest.isEmpty {
          let written = Glibc.write(file, rest.baseAddress, rest.count)
          if written < 0, errno == EINTR { continue }
          guard written >= 0 else {
            throw FileError(path: path(of: name), action: "write", code: errno)
          }
          rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
      }
    } catch {
      unlink(partial)
      throw error
    }
    return FileChecksum(byteCount: byteCount, digester)
  }

  /// Waits until a file has reached the disk.
  ///
  /// - Throws: ``FileError``.
  static func synchronise(_ path: String) throws(FileError) {
    let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw FileError(path: path, action: "synchronise", code: errno) }
  }

  /// Gives a partial file the name of a whole one.
  func accept(_ name: String) throws(FileError) {
    guard rename(partialPath(of: name), path(of: name)) == 0 else {
      throw FileError(path: path(of: name), action: "rename", code: errno)
    }
  }

  /// Drops what an interrupted transfer had not finished.
  func removePartialFiles() throws {
    for name in try OutputFolder.names(in: path) where name.hasSuffix(".partial") {
      unlink(path + "/" + name)
    }
  }

  /// How many whole files are held.
  func count() -> Int {
    ((try? OutputFolder.names(in: path)) ?? []).filter { !$0.hasSuffix(".partial") }.count
  }

  /// Removes the folder when it holds nothing.
  func removeIfEmpty() { rmdir(path) }

  /// Removes the folder with everything in it.
  func remove() throws {
    for name in try OutputFolder.names(in: path) { unlink(path + "/" + name) }
    rmdir(path)
  }
}
