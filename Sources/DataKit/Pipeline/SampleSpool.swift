internal import Glibc

/// Samples waiting until their place in the output is known: the first of them in memory, as far as a
/// budget goes, the others in a file.
///
/// The file has no name, so a killed run leaves nothing. Samples are appended by one thread; after
/// ``flush()`` any thread may read.
final class SampleSpool: @unchecked Sendable {
  /// Where a sample's bytes lie in the spool.
  struct Slot: Sendable {
    var offset: Int
    var byteCount: Int
  }

  /// How the file's name begins, in the instant before it has none.
  static let name = "spool.partial"

  private let path: String
  private let descriptor: Int32
  /// The budget; pages are taken as they are used.
  private let memory: PageBuffer
  /// Samples from here on lie in the file.
  private var fileStart = Int.max
  private var end = 0
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 20

  /// A spool that keeps `memoryByteCount` bytes in memory and the rest on the disk of `folder`.
  init(in folder: String, memoryByteCount: Int = 0) throws {
    path = folder + "/" + Self.name
    memory = PageBuffer(byteCount: memoryByteCount)
    // Every process gets a file of its own, also where several write to one folder.
    var name = Array((path + ".XXXXXX").utf8CString)
    descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw FileError(path: path, action: "create", code: errno) }
    unlink(name)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// Adds a sample.
  func append(_ bytes: UnsafeRawBufferPointer) throws -> Slot {
    let slot = Slot(offset: end, byteCount: bytes.count)
    end += bytes.count
    if fileStart == Int.max {
      if end <= memory.bytes.count {
        UnsafeMutableRawBufferPointer(rebasing: memory.bytes[slot.offset..<end])
          .copyMemory(from: bytes)
        return slot
      }
      fileStart = slot.offset
      buffer.reserveCapacity(Self.bufferSize)
    }
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferSize { try flush() }
    return slot
  }

  /// Writes to the file what is still waiting for it; nothing can be read before.
  func flush() throws {
    guard fileStart != Int.max else { return }
    var start = end - fileStart - buffer.count
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
    guard slot.offset >= fileStart else {
      let bytes = memory.bytes[slot.offset..<slot.offset + slot.byteCount]
      return output.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes))
    }
    var done = 0
    while done < slot.byteCount {
      let got = pread(
        descriptor,
        output.baseAddress.map { $0 + done },
        slot.byteCount - done,
        off_t(slot.offset - fileStart + done)
      )
      if got < 0, errno == EINTR { continue }
      guard got > 0 else {
        throw FileError(path: path, action: "read", code: got < 0 ? errno : EIO)
      }
      done += got
    }
  }
}
