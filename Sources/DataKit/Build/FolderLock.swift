internal import Glibc

/// Keeps two processes from writing to one data set, or to one part of it, at the same time.
///
/// What is locked is a journal's file, as that works on network file systems too, where folders
/// cannot be locked. A file that nobody has written to goes with the lock. A file system without locks
/// is trusted.
final class FolderLock: Sendable {
  /// The locked file.
  let path: String
  let descriptor: Int32

  /// Locks the file `name` in `folder`, which is made if need be.
  ///
  /// - Throws: ``DataSetError`` when another process holds it, ``FileError``.
  init(_ name: String, in folder: String) throws {
    path = folder + "/" + name
    descriptor = try Self.open(path, in: folder)
  }

  private static func open(_ path: String, in folder: String) throws -> Int32 {
    while true {
      let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        close(descriptor)
        throw refusal(folder)
      }
      // Whoever held the lock before may have removed the file between the two calls.
      if isFile(descriptor, at: path) { return descriptor }
      release(descriptor)
    }
  }

  /// Unlocks and closes a file; a program that is being started may share the file for an instant, so
  /// that closing it alone would leave it locked.
  static func release(_ descriptor: Int32) {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Whether the name still stands for the open file.
  private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
      && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
  }

  private static func refusal(_ folder: String) -> DataSetError {
    DataSetError(
      path: folder,
      reason: "another process is writing this data set, or this part of it",
      hint: "wait for it, or give every process a folder or a --part of its own"
    )
  }

  deinit {
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_size == 0,
      Self.isFile(descriptor, at: path)
    {
      unlink(path)
    }
    Self.release(descriptor)
  }

  /// Refuses a folder where another process writes what this part of a build, or the whole, would
  /// replace.
  ///
  /// - Throws: ``DataSetError``, and ``FileError`` when the folder cannot be read.
  static func refuseOthers(in folder: String, beside part: BuildPart?) throws {
    for name in try OutputFolder.names(in: folder) {
      let isInTheWay =
        BuildPart(fileName: name).map { $0.count != part?.count }
        ?? (part != nil && name == OutputFolder.journalName)
      if isInTheWay, isHeld(folder + "/" + name) { throw refusal(folder) }
    }
  }

  private static func isHeld(_ path: String) -> Bool {
    let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { release(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }
}
