internal import Glibc

/// Keeps two processes from writing to one data set, or to one part of it, at the same time.
///
/// What is locked is a journal's file. A file system without locks is trusted. A file that nobody has written to goes with the lock.
final class FolderLock: Sendable {
  private let lock: FileLock
  /// The locked file.
  var path: String { lock.path }
  var descriptor: Int32 { lock.descriptor }

  /// Locks the file `name` in `folder`, which is made if need be.
  ///
  /// - Throws: ``DataSetError`` when another process holds it, ``FileError``.
  init(_ name: String, in folder: String) throws {
    guard let lock = try FileLock(folder + "/" + name, creating: true, trusting: true) else {
      throw Self.refusal(folder)
    }
    self.lock = lock
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
    if fstat(descriptor, &status) == 0, status.st_size == 0, lock.isFile(at: path) { unlink(path) }
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
      if isInTheWay, FileLock.isHeld(folder + "/" + name) { throw refusal(folder) }
    }
  }
}
