import DataKit

/// Damages bytes at random, the same way every time for the same stream of random numbers.
struct Mutator {
  var random: PhiloxStream

  /// No seed grows beyond this many bytes.
  private static let longest = 1 << 20
  private static let interestingBytes: [UInt8] = [
    0, 1, 0x09, 0x0A, 0x0D, 0x20, 0x22, 0x27, 0x2D, 0x2E, 0x2F, 0x30, 0x39, 0x5C, 0x7F, 0x80, 0xBF,
    0xC0, 0xE2, 0xF4, 0xFE, 0xFF,
  ]
  private static let interestingNumbers: [UInt64] = [
    0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000,
    0xFFFF_FFFF, 0x1_0000_0000, 1 << 40, 1 << 62, 0x7FFF_FFFF_FFFF_FFFF, 1 << 63, .max,
  ]
  private static let interestingTexts = [
    "-1", "0", "1", "10", "255", "256", "65536", "2147483647", "2147483648", "4294967296",
    "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e9", "1e400", "-0",
    "nan", "inf", "0x10", "1.0", "", "\u{1D54F}", "00000000000000000000000000000001",
  ]

  /// Whether something of this chance, in percent, happens.
  mutating func happens(_ percent: Int) -> Bool { random.next(below: 100) < percent }

  /// One of the values.
  mutating func pick<Value>(_ values: [Value]) -> Value { values[random.next(below: values.count)] }

  /// One to six kinds of damage on top of each other; `other` lends bytes.
  mutating func mutate(_ seed: [UInt8], with other: [UInt8]) -> [UInt8] {
    var bytes = seed
    for _ in 0...random.next(below: 6) {
      mutateOnce(&bytes, with: other)
      if bytes.count > Self.longest { bytes.removeSubrange(Self.longest...) }
    }
    return bytes
  }

  private mutating func mutateOnce(_ bytes: inout [UInt8], with other: [UInt8]) {
    guard !bytes.isEmpty else {
      bytes = Array(other.prefix(random.next(below: other.count + 1)))
      return
    }
    switch random.next(below: 12) {
    case 0, 1: bytes[random.next(below: bytes.count)] ^= 1 << UInt8(random.next(below: 8))
    case 2: bytes[random.next(below: bytes.count)] = pick(Self.interestingBytes)
    case 3: bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256))
    case 4: bytes.removeSubrange(range(in: bytes))
    case 5:
      let part = Array(bytes[range(in: bytes)])
      bytes.insert(contentsOf: part, at: random.next(below: bytes.count + 1))
    case 6: bytes.removeSubrange(random.next(below: bytes.count)...)
    case 7:
      let part = other.isEmpty ? [] : Array(other[range(in: other)])
      bytes.replaceSubrange(range(in: bytes), with: part)
    case 8:
      let count = 1 + random.next(below: 16)
      let part = (0..<count).map { _ in UInt8(random.next(below: 256)) }
      bytes.insert(contentsOf: part, at: random.next(below: bytes.count + 1))
    case 9: writeNumber(&bytes)
    case 10: editNumber(&bytes)
    default: editLine(&bytes)
    }
  }

  /// A range that is mostly short.
  private mutating func range(in bytes: [UInt8]) -> Range<Int> {
    let start = random.next(below: bytes.count)
    let longest = bytes.count - start
    let count = random.next(below: happens(80) ? min(longest, 16) + 1 : longest + 1)
    return start..<start + count
  }

  /// Overwrites 1, 2, 4 or 8 bytes by a number of either byte order, as a length would stand there.
  private mutating func writeNumber(_ bytes: inout [UInt8]) {
    let width = pick([1, 2, 4, 8])
    guard bytes.count >= width else { return }
    let near = UInt64(bytes.count) &+ UInt64(random.next(below: 5)) &- 2
    let number = happens(30) ? near : pick(Self.interestingNumbers)
    let start = random.next(below: bytes.count - width + 1)
    let isBigEndian = happens(50)
    for index in 0..<width {
      let shift = 8 * (isBigEndian ? width - 1 - index : index)
      bytes[start + index] = UInt8(truncatingIfNeeded: number >> UInt64(shift))
    }
  }

  /// Replaces a run of digits by another number.
  private mutating func editNumber(_ bytes: inout [UInt8]) {
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    let start = random.next(below: bytes.count)
    guard let first = bytes[start...].firstIndex(where: isDigit) else { return }
    let end = bytes[first...].firstIndex { !isDigit($0) } ?? bytes.count
    bytes.replaceSubrange(first..<end, with: Array(pick(Self.interestingTexts).utf8))
  }

  /// Doubles, drops, empties or moves a line, or joins it to the next.
  private mutating func editLine(_ bytes: inout [UInt8]) {
    let newline = UInt8(ascii: "\n")
    let place = random.next(below: bytes.count)
    let start = bytes[..<place].lastIndex(of: newline).map { $0 + 1 } ?? 0
    let end = bytes[place...].firstIndex(of: newline) ?? bytes.count
    let line = Array(bytes[start..<end])
    switch random.next(below: 5) {
    case 0: bytes.insert(contentsOf: line + [newline], at: start)
    case 1: bytes.removeSubrange(start..<min(end + 1, bytes.count))
    case 2: bytes.removeSubrange(start..<end)
    case 3: if end < bytes.count { bytes.remove(at: end) }
    default: bytes.insert(contentsOf: [UInt8(ascii: "\t")], at: place)
    }
  }
}
