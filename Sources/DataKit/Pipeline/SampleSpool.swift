internal import Glibc

/// Samples waiting until their place in the output is known: the first of them in memory, as far as a
/// budget goes, the others in a file.
///
/// The budget is also that of the index that collectors keep of the samples. Where the index needs the
/// room, the samples in memory move to the file; where it outgrows the budget, the spool is full. The
/// file has no name, so a killed run leaves nothing. Samples are appended by one thread; after
/// ``flush()`` any thread may read.
final class SampleSpool: @unchecked Sendable {
  /// Where a sample's bytes lie in the spool.
  struct Slot: Sendable {
    var offset: Int
    var byteCount: Int
  }

  /// The index has outgrown the budget.
  struct IndexOverflow: Error {
    /// The samples that the index holds.
    var samples: Int
    /// What it takes, in bytes.
    var byteCount: Int
  }

  /// How the file's name begins, in the instant before it has none.
  static let name = "spool.partial"
  /// More samples than this are not kept in memory, in bytes.
  private static let heldLimit = 1 << 30

  private let path: String
  private let descriptor: Int32
  private let budget: Int?
  /// Room for samples; pages are taken as they are used.
  private var memory: PageBuffer
  /// Samples from here on lie in the file, at their offsets.
  private var fileStart = Int.max
  private var end = 0
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 20
  private var samples = 0
  private var indexByteCount = 0

  /// A spool on the disk of `folder`.
  ///
  /// - Parameters:
  ///   - folder: where the file lies.
  ///   - budget: the memory for samples and their index, in bytes; nil keeps all samples in the file
  ///     and does not count the index.
  /// - Throws: ``FileError`` when the file cannot be made.
  init(in folder: String, budget: Int? = nil) throws {
    path = folder + "/" + Self.name
    self.budget = budget
    memory = PageBuffer(byteCount: min(budget ?? 0, Self.heldLimit))
    // Every process gets a file of its own, also where several write to one folder.
    var name = Array((path + ".XXXXXX").utf8CString)
    descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw FileError(path: path, action: "create", code: errno) }
    unlink(name)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// Adds a sample of which collectors keep `indexByteCount` bytes in memory.
  ///
  /// - Throws: ``IndexOverflow``, and ``FileError`` when the disk refuses.
  func append(_ bytes: UnsafeRawBufferPointer, indexByteCount: Int = 0) throws -> Slot {
    let slot = Slot(offset: end, byteCount: bytes.count)
    try growIndex(by: indexByteCount)
    end += bytes.count
    if fileStart == Int.max {
      if end <= memory.bytes.count, end + self.indexByteCount <= budget ?? 0 {
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

  private func growIndex(by byteCount: Int) throws {
    samples += 1
    indexByteCount += byteCount
    guard let budget else { return }
    guard indexByteCount <= budget else {
      throw IndexOverflow(samples: samples, byteCount: indexByteCount)
    }
    let held = min(end, fileStart)
    guard held > 0, held + indexByteCount > budget else { return }
    try write(UnsafeRawBufferPointer(rebasing: memory.bytes[..<held]), at: 0)
    fileStart = 0
    memory = PageBuffer(byteCount: 0)
  }

  /// Writes to the file what is still waiting for it; nothing can be read before.
  func flush() throws {
    guard !buffer.isEmpty else { return }
    try buffer.withUnsafeBytes { try write($0, at: end - $0.count) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    var (rest, start) = (bytes, offset)
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
