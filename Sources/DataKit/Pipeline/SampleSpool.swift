internal import Glibc

/// Samples waiting on disk until their place in the output is known.
///
/// The file has no name, so a killed run leaves nothing. Samples are appended by one thread; after
/// ``flush()`` any thread may read.
final class SampleSpool: @unchecked Sendable {
  /// Where a sample's bytes lie in the spool.
  struct Slot: Sendable {
    var offset: Int
    var byteCount: Int
  }

  private let path: String
  private let descriptor: Int32
  private var end = 0
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 20

  /// A spool on the disk of `folder`.
  init(in folder: String) throws {
    path = folder + "/spool.partial"
    // Every process gets a file of its own, also where several write to one folder.
    var name = Array((path + ".XXXXXX").utf8CString)
    descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw FileError(path: path, action: "create", code: errno) }
    unlink(name)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    buffer.reserveCapacity(Self.bufferSize)
  }

  deinit { close(descriptor) }

  /// Adds a sample.
  func append(_ bytes: UnsafeRawBufferPointer) throws -> Slot {
    let slot = Slot(offset: end, byteCount: bytes.count)
    end += bytes.count
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferSize { try flush() }
    return slot
  }

  /// Writes what is still in memory; nothing can be read before.
  func flush() throws {
    var start = end - buffer.count
    try buffer.withUnsafeBytes { whole in
      var rest = whole
      while !rest.isEmpty {
        let written = pwrite(descriptor, rest.baseAddress, rest.count, off_t(start))
        if written < 0 {
          if errno == EINTR { continue }
          throw FileError(path: path, action: "write", code: errno)
        }
        start += written
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Copies a sample's bytes to `output`, which has exactly their size.
  func read(_ slot: Slot, into output: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < slot.byteCount {
      let got = pread(
        descriptor,
        output.baseAddress.map { $0 + done },
        slot.byteCount - done,
        off_t(slot.offset + done)
      )
      if got < 0, errno == EINTR { continue }
      guard got > 0 else {
        throw FileError(path: path, action: "read", code: got < 0 ? errno : EIO)
      }
      done += got
    }
  }
}
