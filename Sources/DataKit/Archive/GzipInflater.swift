internal import CInflate

/// Inflates a gzip file of one or more members (RFC 1952), checking every length and CRC.
///
/// libarchive's own gzip filter does not compare the CRC, so a damaged archive could pass for a
/// sound one.
struct GzipInflater {
  /// What is wrong with the file.
  enum Damage: Error, CustomStringConvertible {
    case member(Inflater.Damage)
    case truncated

    var description: String {
      switch self {
      case .member(let damage): "the gzip stream is damaged: \(damage)"
      case .truncated: "the archive is truncated: its gzip stream ends too early"
      }
    }
  }

  private enum State {
    case inMember, betweenMembers, finished
  }

  private let inflater: Inflater
  private var state = State.inMember
  private var input = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Whether the last call filled the output, so that more may come without any input.
  private var holdsOutput = false
  /// Whether bytes that are neither zeros nor another member followed the last one.
  private(set) var hasTrailingBytes = false
  /// Bytes dropped since the last member.
  private(set) var droppedCount = 0

  /// Whether these are the first bytes of a gzip file.
  static func isGzip(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  init(library: Inflater.Library = .best) {
    inflater = Inflater(CINFLATE_GZIP, library: library)
  }

  /// Whether all input given so far has been used up.
  var needsInput: Bool { input.isEmpty && !holdsOutput }

  /// How many bytes of the input are still unused.
  var inputLeft: Int { input.count }

  /// Gives the next input; it must stay in place until ``needsInput``.
  mutating func give(_ bytes: UnsafeRawBufferPointer) { input = bytes }

  /// Inflates some of the input and returns how many bytes of `output` it filled; 0 when more input
  /// is needed or the file is over.
  ///
  /// - Precondition: `output` is not empty.
  mutating func inflate(into output: UnsafeMutableRawBufferPointer) throws(Damage) -> Int {
    guard beginMember() else { return 0 }
    var room = output
    do {
      if try inflater.run(&input, into: &room) { state = .betweenMembers }
    } catch {
      throw .member(error)
    }
    holdsOutput = room.isEmpty && state == .inMember
    return output.count - room.count
  }

  /// Checks that the input may end here.
  func finish() throws(Damage) {
    guard state != .inMember else { throw .truncated }
  }

  /// Steps over zeros between members and opens the next one; false when nothing can be inflated.
  ///
  /// What follows the last member and is none itself is dropped.
  private mutating func beginMember() -> Bool {
    switch state {
    case .inMember: return !needsInput
    case .finished: break
    case .betweenMembers:
      guard let start = input.firstIndex(where: { $0 != 0 }) else { break }
      if input[start] == 0x1F {
        input = UnsafeRawBufferPointer(rebasing: input[start...])
        droppedCount = 0
        inflater.reset()
        state = .inMember
        return true
      }
      state = .finished
      hasTrailingBytes = true
    }
    droppedCount += input.count
    input = UnsafeRawBufferPointer(rebasing: input[..<0])
    return false
  }
}
