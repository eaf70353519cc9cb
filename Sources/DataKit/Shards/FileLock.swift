internal import Glibc

/// A locked file: one process at a time holds it, until it lets go or ends in any way.
///
/// Files and not folders are locked, as that works on network file systems too.
public final class FileLock: Sendable {
  /// The file's path when it was locked; the lock stays with the file when that is renamed.
  public let path: String
  let descriptor: Int32

  /// Locks a file, or gives nil when another process holds it or, unless it is to be made, when there
  /// is none.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - creating: whether to make a file that is not there.
  ///   - waiting: whether to wait for another process to let go.
  ///   - trusting: whether a file system without locks is taken for one where nobody else is.
  /// - Throws: ``FileError`` when the file cannot be opened, or not be locked.
  public init?(
    _ path: String,
    creating: Bool = false,
    waiting: Bool = false,
    trusting: Bool = false
  ) throws {
    let flags = O_RDWR | O_APPEND | O_CLOEXEC | (creating ? O_CREAT : 0)
    while true {
      let descriptor = open(path, flags, 0o644)
      guard descriptor >= 0 else {
        if errno == ENOENT, !creating { return nil }
        throw FileError(path: path, action: "open", code: errno)
      }
      while flock(descriptor, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
        if errno == EINTR { continue }
        let code = errno
        if trusting, code != EWOULDBLOCK { break }
        close(descriptor)
        if code == EWOULDBLOCK { return nil }
        throw FileError(path: path, action: "lock", code: code)
      }
      // Whoever held the lock before may have removed or renamed the file between the two calls.
      if Self.isFile(descriptor, at: path) {
        (self.path, self.descriptor) = (path, descriptor)
        return
      }
      Self.release(descriptor)
    }
  }

  /// Whether the name still stands for the locked file.
  func isFile(at path: String) -> Bool { Self.isFile(descriptor, at: path) }

  private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
      && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
  }

  /// Whether another process holds the file.
  static func isHeld(_ path: String) -> Bool {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { release(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// Unlocks and closes a file; a program that is being started may share the file for an instant, so
  /// that closing it alone would leave it locked.
  private static func release(_ descriptor: Int32) {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  deinit { Self.release(descriptor) }
}
