internal import CInflate

/// A gzip or zlib stream being inflated, its checksum and length compared.
///
/// Works through ISA-L where that is installed, else through zlib; both give the same bytes and the
/// same verdicts.
final class Inflater {
  enum Library {
    case isal, zlib

    /// The fastest one here.
    static var best: Library { cinflate_has_isal() ? .isal : .zlib }
  }

  /// What is wrong with a stream.
  enum Damage: String, Error, CustomStringConvertible {
    case header = "its header is invalid"
    case data = "its compressed data is invalid"
    case checksum = "its checksum or length does not match"

    var description: String { rawValue }
  }

  private let stream: OpaquePointer

  /// - Precondition: `library` is zlib or can be used here.
  init(_ format: cinflate_format, library: Library = .best) {
    guard let stream = cinflate_create(format, library == .isal) else {
      preconditionFailure("no memory to inflate")
    }
    self.stream = stream
  }

  deinit { cinflate_destroy(stream) }

  /// Makes ready for the next stream.
  func reset() { cinflate_reset(stream) }

  /// Inflates until the input is used up, the room is full or the stream ends; `input` and `room`
  /// then hold what is left of them.
  ///
  /// - Returns: whether the stream has ended. After that, or an error, only ``reset()`` may follow.
  func run(
    _ input: inout UnsafeRawBufferPointer,
    into room: inout UnsafeMutableRawBufferPointer
  ) throws(Damage) -> Bool {
    var from = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    var to = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
    var fromCount = input.count
    var toCount = room.count
    let status = cinflate_run(stream, &from, &fromCount, &to, &toCount)
    input = UnsafeRawBufferPointer(start: from, count: fromCount)
    room = UnsafeMutableRawBufferPointer(start: to, count: toCount)
    switch status {
    case CINFLATE_CONTINUES: return false
    case CINFLATE_ENDED: return true
    case CINFLATE_BAD_HEADER: throw .header
    case CINFLATE_BAD_CHECKSUM: throw .checksum
    default: throw .data
    }
  }
}
