/// Follows an xz file block by block as its bytes pass, for the memory that unpacking them takes.
///
/// libarchive sets liblzma no bound, and a block may ask for a dictionary of 4 GiB. What is not as
/// "The .xz File Format" 1.1.0 says is left to the decoder, which refuses it.
struct XZBlocks {
  private enum Part {
    case streamHeader, blockHeaderSize, blockHeader, chunkControl, chunkSizes, index, padding
    /// Not to be followed any more.
    case unknown
  }

  private var part = Part.streamHeader
  /// How many bytes the part has, and those that have come.
  private var wanted = Self.streamHeaderSize
  private var held: [UInt8] = []
  /// Bytes to pass over before the part begins.
  private var passing = 0
  /// The size of a block's check.
  private var checkSize = 0
  /// Bytes of the block's compressed data, or of the index, so far.
  private var size = 0
  /// Numbers of the index that are to come; nil before the first, which tells.
  private var numbersLeft: Int?
  private var number = VariableLengthInteger()

  private static let streamHeaderSize = 12
  /// More records than an index of 8 EiB has room for.
  private static let recordLimit = 1 << 61
  private static let magic: [UInt8] = [0xFD, 0x37, 0x7A, 0x58]
  /// By the check's number (2.1.1.2).
  private static let checkSizes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]

  /// Follows the next bytes.
  ///
  /// - Throws: a fault at the header of a block whose dictionary is larger than
  ///   ``ArchiveLimits/dictionaryByteCount``.
  mutating func follow(_ bytes: UnsafeRawBufferPointer) throws(ByteSource.Fault) {
    var rest = bytes[...]
    while !rest.isEmpty, part != .unknown {
      let passed = min(passing, rest.count)
      passing -= passed
      rest = rest.dropFirst(passed)
      let piece = rest.prefix(wanted - held.count)
      held += piece
      rest = rest.dropFirst(piece.count)
      guard passing == 0, held.count == wanted else { continue }
      let whole = held
      held.removeAll(keepingCapacity: true)
      try take(whole)
    }
  }

  private mutating func expect(_ part: Part, _ count: Int) {
    self.part = part
    wanted = count
  }

  private mutating func take(_ bytes: [UInt8]) throws(ByteSource.Fault) {
    switch part {
    case .streamHeader:
      checkSize = Self.checkSizes[Int(bytes[7] & 15)]
      expect(.blockHeaderSize, 1)
    case .blockHeaderSize:
      size = 0
      numbersLeft = nil
      // Zero stands for the index, which follows the last block.
      if bytes[0] == 0 {
        size = 1
        expect(.index, 1)
      } else {
        expect(.blockHeader, 4 * (Int(bytes[0]) + 1) - 1)
      }
    case .blockHeader:
      try Self.checkDictionary(bytes)
      expect(.chunkControl, 1)
    case .chunkControl: takeControl(bytes[0])
    case .chunkSizes:
      let low = bytes.count == 2 ? 0 : 2
      let count = Int(bytes[low]) << 8 + Int(bytes[low + 1]) + 1
      size += bytes.count + count
      passing = count
      expect(.chunkControl, 1)
    case .index: takeIndex(bytes[0])
    case .padding:
      if bytes == Self.magic {
        held = bytes
        expect(.streamHeader, Self.streamHeaderSize)
      } else if bytes != [0, 0, 0, 0] {
        part = .unknown
      }
    case .unknown: break
    }
  }

  /// Takes the first byte of a chunk of LZMA2, which tells what the chunk's header holds.
  private mutating func takeControl(_ control: UInt8) {
    size += 1
    switch control {
    case 0:
      passing = -size & 3 + checkSize
      expect(.blockHeaderSize, 1)
    case 1, 2: expect(.chunkSizes, 2)
    case 0x80...: expect(.chunkSizes, control >= 0xC0 ? 5 : 4)
    default: part = .unknown
    }
  }

  private mutating func takeIndex(_ byte: UInt8) {
    size += 1
    guard let value = number.take(byte) else {
      if number.isTooLong { part = .unknown }
      return
    }
    number = VariableLengthInteger()
    // The first number counts the records, of two numbers each.
    guard let left = numbersLeft.map({ $0 - 1 }) ?? (value <= Self.recordLimit ? 2 * value : nil)
    else {
      part = .unknown
      return
    }
    numbersLeft = left
    guard left == 0 else { return }
    passing = -size & 3 + 4 + Self.streamHeaderSize
    expect(.padding, 4)
  }

  /// Checks the header of a block without its first byte.
  private static func checkDictionary(_ header: [UInt8]) throws(ByteSource.Fault) {
    guard let size = dictionaryByteCount(header), size > ArchiveLimits.dictionaryByteCount else {
      return
    }
    throw ByteSource.Fault(
      reason: "unpacking the xz stream takes a dictionary of \(size) bytes, the limit is "
        + "\(ArchiveLimits.dictionaryByteCount)",
      hint: "unpack it on the way: xz -dc ARCHIVE | lra-prep build TASK --input - ..."
    )
  }

  /// The size of the dictionary that a block's header asks for (3.1, 5.3.1).
  private static func dictionaryByteCount(_ header: [UInt8]) -> Int? {
    let flags = header[0]
    var rest = header.dropFirst()
    func next() -> Int? {
      var number = VariableLengthInteger()
      while let byte = rest.popFirst(), !number.isTooLong {
        if let value = number.take(byte) { return value }
      }
      return nil
    }
    for flag: UInt8 in [0x40, 0x80] where flags & flag != 0 { _ = next() }
    for _ in 0...flags & 3 {
      guard let filter = next(), let count = next(), count <= rest.count else { return nil }
      if filter == 0x21, let bits = rest.first, bits <= 40 {
        return bits == 40 ? Int(UInt32.max) : Int(2 | bits & 1) << Int(bits / 2 + 11)
      }
      rest = rest.dropFirst(count)
    }
    return nil
  }
}

/// A number of the xz format: seven bits a byte, the lowest first, at most nine bytes (1.2).
private struct VariableLengthInteger {
  private var value = 0
  private var count = 0

  var isTooLong: Bool { count >= 9 }

  /// Takes a byte; the number when it was the last one.
  mutating func take(_ byte: UInt8) -> Int? {
    guard !isTooLong else { return nil }
    value |= Int(byte & 0x7F) << (7 * count)
    count += 1
    return byte & 0x80 == 0 ? value : nil
  }
}
