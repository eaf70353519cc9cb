/// One header block of a tar, read where it lies.
///
/// The layouts are those of POSIX.1-2017 (pax, "ustar Interchange Format"), of GNU tar ("Basic Tar
/// Format") and of the tar of Version 7, which the first two extend.
struct TarHeader {
  static let blockSize = 512
  /// No member has more bytes, so that sums of positions and sizes cannot overflow.
  static let largestSize = 1 << 62

  enum Kind {
    case file, hardLink
    /// A folder, which has no data whatever its size field says.
    case folder
    /// GNU tar's folder with a list of its contents.
    case listedFolder
    /// GNU tar's file with holes, a map of which follows the header.
    case sparse
    /// Symbolic links, devices and FIFOs, which have no data either.
    case special
    /// What no standard knows.
    case unknown
    /// A GNU header whose data are the next member's name.
    case longName
    /// A pax header, for the next member or for all that follow.
    case attributes, globalAttributes
    /// What stands before a member and is of no use here: a link's long target, a volume's label.
    case remark
  }

  private let bytes: UnsafeBufferPointer<UInt8>

  /// - Precondition: `block` has 512 bytes, which stay in place while the header is used.
  init(_ block: UnsafeRawBufferPointer) {
    precondition(block.count == Self.blockSize)
    bytes = UnsafeBufferPointer(
      start: block.baseAddress?.assumingMemoryBound(to: UInt8.self),
      count: block.count
    )
  }

  /// Whether this is no header but a block of zeros, two of which end an archive.
  var isZero: Bool { bytes[0] == 0 && bytes.allSatisfy { $0 == 0 } }

  /// Whether the checksum is that of the block.
  ///
  /// It counts itself as blanks. Some old writers summed signed bytes.
  var isSound: Bool {
    guard let expected = number(148, 8) else { return false }
    var sum: UInt32 = 8 * 32
    for index in 0..<Self.blockSize { sum &+= UInt32(bytes[index]) }
    for index in 148..<156 { sum &-= UInt32(bytes[index]) }
    if Int(sum) == expected { return true }
    let negative = (0..<Self.blockSize).count { bytes[$0] >= 128 && !(148..<156).contains($0) }
    return Int(sum) - 256 * negative == expected
  }

  var kind: Kind {
    switch UnicodeScalar(bytes[156]) {
    case "\0", "0", "7": .file
    case "1": .hardLink
    case "2", "3", "4", "6": .special
    case "5": .folder
    case "D": .listedFolder
    case "S": .sparse
    case "L": .longName
    case "x", "X": .attributes
    case "g": .globalAttributes
    case "A", "K", "V": .remark
    default: .unknown
    }
  }

  /// The bytes of data that follow, 0...`largestSize`; nil when the field holds no such number.
  var byteCount: Int? { number(124, 12) }

  /// The size of a GNU sparse file, its holes included.
  var sparseByteCount: Int? { number(483, 12) }

  /// Whether blocks that go on with the map of holes follow this header of a GNU sparse file.
  var hasMoreHoles: Bool { bytes[482] != 0 }

  /// Whether another such block follows this one.
  var isContinuedMap: Bool { bytes[504] != 0 }

  /// The member's name; what is not UTF-8 in it becomes U+FFFD.
  var path: String {
    let name = text(0, 100)
    // GNU tar says "ustar" and a blank, and keeps other things where the prefix would be.
    guard bytes[345] != 0, bytes[257..<263].elementsEqual("ustar\0".utf8) else {
      return String(decoding: name, as: UTF8.self)
    }
    let prefix = text(345, 155)
    return String(unsafeUninitializedCapacity: prefix.count + 1 + name.count) { room in
      _ = room.update(fromContentsOf: prefix)
      room[prefix.count] = UInt8(ascii: "/")
      return room[(prefix.count + 1)...].update(fromContentsOf: name)
    }
  }

  private func text(_ start: Int, _ count: Int) -> Slice<UnsafeBufferPointer<UInt8>> {
    bytes[start..<start + count].prefix { $0 != 0 }
  }

  /// A field's number: octal digits between blanks or zeros, or, where the first bit is set, GNU's
  /// big-endian two's complement.
  ///
  /// Nil for negative and overlong ones, and for what is neither.
  private func number(_ start: Int, _ count: Int) -> Int? {
    let end = start + count
    if bytes[start] & 0x80 != 0 {
      guard bytes[start] & 0x40 == 0 else { return nil }
      var value = Int(bytes[start] & 0x3F)
      for index in start + 1..<end {
        guard value <= Self.largestSize >> 8 else { return nil }
        value = value << 8 | Int(bytes[index])
      }
      return value <= Self.largestSize ? value : nil
    }
    var index = start
    func isBlank(_ byte: UInt8) -> Bool { byte == 0 || byte == UInt8(ascii: " ") }
    while index < end, isBlank(bytes[index]) { index += 1 }
    var value = 0
    while index < end, bytes[index] & 0xF8 == UInt8(ascii: "0") {
      value = value << 3 | Int(bytes[index] & 7)
      index += 1
    }
    while index < end {
      guard isBlank(bytes[index]) else { return nil }
      index += 1
    }
    return value
  }
}
