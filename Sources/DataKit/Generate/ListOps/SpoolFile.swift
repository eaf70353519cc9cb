internal import Glibc

/// A nameless file that holds bytes until their number is known.
final class SpoolFile {
  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// How many bytes were appended.
  private(set) var byteCount = 0

  /// An empty file in a folder; it vanishes with this value or the process.
  init(folder: String) throws(FileError) {
    path = folder
    var name = Array((folder + "/.listops-XXXXXX").utf8CString)
    descriptor = mkstemp(&name)
    guard descriptor >= 0 else {
      throw FileError(path: folder, action: "create a temporary file in", code: errno)
    }
    unlink(name)
  }

  deinit { close(descriptor) }

  /// Appends bytes.
  func append(_ bytes: [UInt8]) throws(FileError) {
    buffer += bytes
    byteCount += bytes.count
    if buffer.count >= 1 << 20 { try flush() }
  }

  private func flush() throws(FileError) {
    var start = 0
    while start < buffer.count {
      let written = buffer.withUnsafeBytes {
        write(descriptor, $0.baseAddress?.advanced(by: start), $0.count - start)
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileError(path: path, action: "write", code: errno) }
      start += written
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Passes all bytes, in order, to `body` in pieces.
  func drain(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try flush()
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while offset < byteCount {
      let count = pread(descriptor, &piece, piece.count, offset)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw FileError(path: path, action: "read", code: errno) }
      try piece.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      offset += count
    }
  }
}
