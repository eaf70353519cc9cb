internal import CZlib

/// Inflates a gzip stream of one or more members (RFC 1952), checking every length and CRC.
///
/// libarchive's own gzip filter does not compare the CRC, so a damaged archive could pass for a
/// sound one.
final class GzipInflater {
  /// What is wrong with a stream.
  struct Damage: Error, CustomStringConvertible {
    let description: String
  }

  private enum State {
    case inMember, betweenMembers, finished
  }

  private var stream = z_stream()
  private var state = State.inMember
  private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
  /// Whether bytes that are neither zeros nor another member followed the last one.
  private(set) var hasTrailingBytes = false

  /// Whether these are the first bytes of a gzip stream.
  static func isGzip(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  init() {
    let status = lra_inflate_init_gzip(&stream)
    precondition(status == Z_OK, "zlib cannot be initialized: \(status)")
  }

  deinit {
    inflateEnd(&stream)
    output.deallocate()
  }

  /// Whether all input given so far has been used up.
  var needsInput: Bool { stream.avail_in == 0 && !holdsOutput }

  /// Whether the last call filled the output, so that zlib may hold more without any input.
  private var holdsOutput = false

  /// Gives the next input; it must stay in place until ``needsInput``.
  func give(_ input: UnsafeMutableRawBufferPointer) {
    stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_in = UInt32(input.count)
  }

  /// Inflates some of the input; empty when more is needed or the stream is over.
  func inflate() throws(Damage) -> UnsafeRawBufferPointer {
    let nothing = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<0])
    guard try beginMember() else { return nothing }
    stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(output.count)
    let status = CZlib.inflate(&stream, Z_NO_FLUSH)
    switch status {
    case Z_STREAM_END: state = .betweenMembers
    case Z_OK, Z_BUF_ERROR: break
    default:
      let text = stream.msg.map { String(cString: $0) } ?? "zlib status \(status)"
      throw Damage(description: "the gzip stream is damaged: \(text)")
    }
    holdsOutput = stream.avail_out == 0 && state == .inMember
    let produced = output.count - Int(stream.avail_out)
    return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<produced])
  }

  /// Checks that the input may end here.
  func finish() throws(Damage) {
    guard state != .inMember else {
      throw Damage(description: "the archive is truncated: its gzip stream ends too early")
    }
  }

  /// Steps over zeros between members and opens the next one; false when nothing can be inflated.
  ///
  /// What follows the last member and is none itself is dropped.
  private func beginMember() throws(Damage) -> Bool {
    guard state == .betweenMembers else {
      if state == .finished { stream.avail_in = 0 }
      return state == .inMember && !needsInput
    }
    while stream.avail_in > 0, let byte = stream.next_in?.pointee {
      if byte == 0x1F {
        inflateReset(&stream)
        state = .inMember
        return true
      }
      guard byte == 0 else {
        state = .finished
        hasTrailingBytes = true
        stream.avail_in = 0
        return false
      }
      stream.next_in = stream.next_in?.advanced(by: 1)
      stream.avail_in -= 1
    }
    return false
  }
}
