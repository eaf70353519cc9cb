internal import Dispatch
internal import Synchronization

/// The chunks of an archive, inflated, in order.
///
/// With more than one thread a thread of its own reads, hashes and inflates ahead into a small ring
/// of buffers; else that happens as chunks are asked for. Chunks, faults and counts are the same
/// either way.
final class ReadAhead {
  /// The last two chunks belong to the reader.
  private static let keptCount = 2
  /// So many further ones are filled ahead.
  private static let aheadCount = 4

  /// Bytes lent until two further chunks have been asked for.
  struct Chunk {
    var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Where they begin in the inflated archive.
    var offset = 0

    /// The bytes at positions in the inflated archive, as far as they are here.
    func range(from start: Int, to end: Int) -> Slice<UnsafeRawBufferPointer> {
      let first = min(max(0, start - offset), bytes.count)
      return bytes[first..<min(max(first, end - offset), bytes.count)]
    }
  }

  private let ring: Ring
  private let producer: DispatchGroup?
  private var taken = 0
  /// Why ``next()`` last failed.
  private(set) var fault: ByteSource.Fault?
  private var hasEnded = false
  /// The chunk taken last and the one before it.
  private(set) var current = Chunk()
  private(set) var previous = Chunk()
  /// Bytes of the archive read, before inflating, when the current chunk was complete.
  private(set) var bytesRead = 0

  init(_ source: ByteSource, chunkByteCount: Int, threads: Int) {
    let count = Self.keptCount + (threads > 1 ? Self.aheadCount : 0)
    let ring = Ring(source, count: count, byteCount: chunkByteCount)
    self.ring = ring
    guard threads > 1 else {
      producer = nil
      return
    }
    let group = DispatchGroup()
    DispatchQueue(label: "archive-reader").async(group: group) { ring.fillAhead() }
    producer = group
  }

  deinit {
    guard let producer else { return }
    ring.stop()
    producer.wait()
  }

  /// Lends bytes by their positions in the inflated archive: all of them, or the last ones that the
  /// current chunk and the one before it hold.
  func withLastBytes<Output>(
    from start: Int,
    to end: Int,
    _ body: (UnsafeRawBufferPointer) -> Output
  ) -> Output {
    let inCurrent = current.range(from: start, to: end)
    let inPrevious = previous.range(from: start, to: end)
    if inPrevious.isEmpty { return body(UnsafeRawBufferPointer(rebasing: inCurrent)) }
    return (Array(inPrevious) + Array(inCurrent)).withUnsafeBytes(body)
  }

  /// Takes the next chunk; empty at the end.
  func next() throws(ByteSource.Fault) -> UnsafeRawBufferPointer {
    if let fault { throw fault }
    guard !hasEnded else { return UnsafeRawBufferPointer(rebasing: current.bytes[..<0]) }
    let slot = producer == nil ? ring.fillNext(taken) : ring.take(taken)
    taken += 1
    bytesRead = slot.bytesRead
    switch slot.result {
    case .success(let count):
      previous = current
      let offset = previous.offset + previous.bytes.count
      current = Chunk(bytes: ring.bytes(taken - 1, count: count), offset: offset)
      hasEnded = count == 0
      if producer != nil, taken > Self.keptCount { ring.giveBack() }
      return current.bytes
    case .failure(let fault):
      self.fault = fault
      throw fault
    }
  }
}

/// Buffers that one thread fills and another takes, in turn.
///
/// A slot belongs to the filling thread until `filled` is signalled and to the taking one until
/// `free` is, which is why sharing it is safe.
private final class Ring: @unchecked Sendable {
  struct Slot {
    /// Bytes in the buffer, 0 at the end.
    var result: Result<Int, ByteSource.Fault> = .success(0)
    var bytesRead = 0
  }

  private let source: ByteSource
  private let buffers: [UnsafeMutableRawBufferPointer]
  private let slots: UnsafeMutableBufferPointer<Slot>
  private let filled = DispatchSemaphore(value: 0)
  private let free = DispatchSemaphore(value: 0)
  private let stopped = Atomic(false)

  init(_ source: ByteSource, count: Int, byteCount: Int) {
    self.source = source
    buffers = (0..<count).map { _ in .allocate(byteCount: byteCount, alignment: 4096) }
    slots = .allocate(capacity: count)
    slots.initialize(repeating: Slot())
    for _ in 0..<count { free.signal() }
  }

  deinit {
    slots.deinitialize()
    slots.deallocate()
    for buffer in buffers { buffer.deallocate() }
  }

  func bytes(_ index: Int, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: buffers[index % buffers.count][..<count])
  }

  /// Fills a slot on the calling thread.
  func fillNext(_ index: Int) -> Slot {
    let result = Result { () throws(ByteSource.Fault) in
      try source.fill(buffers[index % buffers.count])
    }
    return Slot(result: result, bytesRead: source.count)
  }

  /// Fills slot after slot until the end, a fault or ``stop()``.
  func fillAhead() {
    var index = 0
    while true {
      free.wait()
      if stopped.load(ordering: .acquiring) { return }
      let slot = fillNext(index)
      slots[index % slots.count] = slot
      filled.signal()
      guard case .success(let count) = slot.result, count > 0 else { return }
      index += 1
    }
  }

  /// Waits for a slot of ``fillAhead()``.
  func take(_ index: Int) -> Slot {
    filled.wait()
    return slots[index % slots.count]
  }

  /// Lets the oldest taken slot be filled again.
  func giveBack() { free.signal() }

  func stop() {
    stopped.store(true, ordering: .releasing)
    source.interrupt()
    free.signal()
  }
}
