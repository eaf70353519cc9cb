internal import Glibc

/// The archive's bytes on their way to the tar reader: counted, hashed and, where they are
/// compressed, inflated and checked.
///
/// One thread at a time may use it, except for ``interrupt()``.
final class ByteSource {
  /// Why bytes cannot be had.
  struct Fault: Error, Sendable {
    let reason: String
    var hint: String?
  }

  /// Bytes of the archive read so far, before inflating.
  private(set) var count = 0
  /// The size of the archive in bytes, when it is a file.
  let total: Int?
  let digester = SHA256Digester()
  private let descriptor: Int32
  private let owned: Bool
  private let limits: ArchiveLimits
  private let alarm: ReadAlarm?
  private var inflater: GzipInflater?
  private var filter: FilterInflater?
  private var inflatedCount = 0
  private var pendingFault: Fault?
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)

  init(_ input: ArchiveInput, limits: ArchiveLimits) throws(ArchiveError) {
    self.limits = limits
    switch input {
    case .standardInput:
      descriptor = STDIN_FILENO
      owned = false
    case .file(let path):
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
      owned = true
      guard descriptor >= 0 else {
        throw ArchiveError(
          archive: path,
          reason: "cannot open: \(String(cString: strerror(errno)))"
        )
      }
    }
    var status = stat()
    let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    total = isRegular && owned ? Int(status.st_size) : nil
    // Only a pipe or a device can keep a reader waiting.
    alarm = isRegular ? nil : ReadAlarm()
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw ArchiveError(archive: input.name, reason: "is a folder, expected an archive file")
    }
  }

  deinit {
    if owned, descriptor >= 0 { close(descriptor) }
    buffer.deallocate()
  }

  /// Whether something that belongs to no gzip member followed the archive.
  var hasTrailingBytes: Bool { inflater?.hasTrailingBytes ?? false }

  /// Makes a call of ``fill(_:)`` that waits for a pipe, and every later one, end with a fault.
  func interrupt() { alarm?.ring() }

  /// Fills a buffer with the next bytes, inflated, and returns how many; fewer than fit only before
  /// the end or a fault, 0 at the end.
  func fill(_ output: UnsafeMutableRawBufferPointer) throws(Fault) -> Int {
    if count == 0 {
      let first = try read(into: buffer, atLeast: ForeignFormat.magicByteCount)
      if let format = ForeignFormat(first) { throw format.fault }
      if GzipInflater.isGzip(first) {
        inflater = GzipInflater()
        inflater?.give(first)
      } else if let format = FilterInflater.Format(magic: first) {
        filter = FilterInflater(format, first) { [unowned self] () throws(Fault) in
          try read(into: buffer, atLeast: 1)
        }
      } else {
        output.copyMemory(from: first)
        let rest = UnsafeMutableRawBufferPointer(rebasing: output[first.count...])
        return first.isEmpty ? 0 : first.count + (try read(into: rest, atLeast: rest.count)).count
      }
    }
    guard inflater != nil || filter != nil else {
      return try read(into: output, atLeast: output.count).count
    }
    return try inflate(into: output)
  }

  /// What came before a fault is delivered first.
  private func inflate(into output: UnsafeMutableRawBufferPointer) throws(Fault) -> Int {
    var filled = 0
    do {
      while pendingFault == nil, filled < output.count {
        let room = UnsafeMutableRawBufferPointer(rebasing: output[filled...])
        guard let count = try inflateMore(into: room) else { break }
        filled += count
        inflatedCount += count
      }
      try limits.checkExpansion(inflated: inflatedCount, compressed: count)
    } catch { pendingFault = error }
    if filled == 0, let pendingFault { throw pendingFault }
    return filled
  }

  /// Inflates some bytes, perhaps none; nil at the end.
  private func inflateMore(into room: UnsafeMutableRawBufferPointer) throws(Fault) -> Int? {
    if let filter { return try inflateMore(into: room, through: filter) }
    do {
      if inflater?.needsInput == true {
        let input = try read(into: buffer, atLeast: 1)
        if input.isEmpty {
          try inflater?.finish()
          return nil
        }
        inflater?.give(input)
      }
      let filled = try inflater?.inflate(into: room)
      try ArchiveLimits.checkTrailing(inflater?.droppedCount ?? 0)
      return filled
    } catch let damage as GzipInflater.Damage {
      throw Fault(
        reason: "\(damage), at byte \(count - (inflater?.inputLeft ?? 0)) of the archive",
        hint: ArchiveError.damageHint
      )
    } catch let fault as Fault {
      throw fault
    } catch {
      throw Fault(reason: "\(error)")
    }
  }

  private func inflateMore(
    into room: UnsafeMutableRawBufferPointer,
    through filter: FilterInflater
  ) throws(Fault) -> Int? {
    let filled: Int
    do { filled = try filter.inflate(into: room) } catch {
      throw Fault(
        reason: "\(error.reason), before byte \(count) of the archive",
        hint: error.hint
      )
    }
    guard filled == 0 else { return filled }
    // What follows the compressed bytes counts as part of the archive.
    let start = count
    while !(try read(into: buffer, atLeast: 1)).isEmpty {
      try ArchiveLimits.checkTrailing(count - start)
    }
    return nil
  }

  /// Fills the front of `room` with at least so many bytes, or with all that is left.
  private func read(
    into room: UnsafeMutableRawBufferPointer,
    atLeast wanted: Int
  ) throws(Fault) -> UnsafeRawBufferPointer {
    var filled = 0
    while filled < wanted {
      if let alarm, !alarm.wait(for: descriptor) { throw Fault(reason: "reading was interrupted") }
      let got = Glibc.read(descriptor, room.baseAddress.map { $0 + filled }, room.count - filled)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else {
        throw Fault(reason: "cannot read: \(String(cString: strerror(errno)))")
      }
      if got == 0 { break }
      filled += got
    }
    let bytes = UnsafeRawBufferPointer(rebasing: room[..<filled])
    digester.update(bytes)
    count += filled
    return bytes
  }
}

/// Lets one thread end another's wait for a pipe.
private final class ReadAlarm: Sendable {
  private let ends: (listening: Int32, ringing: Int32)

  init() {
    var descriptors: [Int32] = [-1, -1]
    // Without descriptors poll() watches nothing here, and only an interrupt would be missed.
    if pipe(&descriptors) == 0 {
      for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }
    ends = (descriptors[0], descriptors[1])
  }

  deinit {
    for end in [ends.listening, ends.ringing] where end >= 0 { close(end) }
  }

  /// Ends the wait under way and all later ones.
  func ring() {
    var byte: UInt8 = 1
    _ = write(ends.ringing, &byte, 1)
  }

  /// Waits until the descriptor can be read, or has ended; false when the alarm was rung.
  func wait(for descriptor: Int32) -> Bool {
    var watched = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: ends.listening, events: Int16(POLLIN), revents: 0),
    ]
    while poll(&watched, 2, -1) < 0, errno == EINTR {}
    return watched[1].revents == 0
  }
}
