internal import Dispatch
internal import Synchronization

/// The chunks of an archive, inflated, in order.
///
/// With more than one thread a thread of its own reads, hashes and inflates ahead into a small ring
/// of buffers; else that happens as chunks are asked for. Chunks, faults and counts are the same
/// either way.
final class ReadAhead {
  /// The last chunk belongs to the reader.
  private static let keptCount = 1
  /// So many further ones are filled ahead.
  private static let aheadCount = 4

  private let ring: Ring
  private let producer: DispatchGroup?
  private var taken = 0
  /// Why ``next()`` failed, and will again.
  private var fault: ByteSource.Fault?
  private var hasEnded = false
  /// Bytes of the archive read, before inflating, when the last chunk was complete.
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

  /// Lends the next chunk, until the one after it is asked for; empty at the end.
  ///
  /// Chunks have the same size, but for the last and for one before a fault.
  func next() throws(ByteSource.Fault) -> UnsafeRawBufferPointer {
    if let fault { throw fault }
    guard !hasEnded else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let slot = producer == nil ? ring.fillNext(taken) : ring.take(taken)
    taken += 1
    bytesRead = slot.bytesRead
    switch slot.result {
    case .success(let count):
      hasEnded = count == 0
      if producer != nil, taken > Self.keptCount { ring.giveBack() }
      return ring.bytes(taken - 1, count: count)
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
