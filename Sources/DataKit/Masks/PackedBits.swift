/// Bits packed least significant first, as masks are stored: bit j is bit j mod 8 of byte j div 8.
enum PackedBits {
  /// Sets, at and after `offset`, the bits that are set among the first `count` of `words`.
  ///
  /// Clear bits change nothing, so samples that share a byte can be written one after the other.
  static func set(
    _ words: UnsafeBufferPointer<UInt64>,
    count: Int,
    in bytes: UnsafeMutableRawBufferPointer,
    at offset: Int
  ) {
    precondition(
      offset >= 0 && offset + count <= 8 * bytes.count,
      "bits \(offset) ..< \(offset + count) of \(bytes.count) bytes"
    )
    let shift = UInt64(offset % 8)
    for index in 0..<(count + 63) / 64 {
      let kept = min(64, count - 64 * index)
      let word = words[index] & (.max >> UInt64(64 - kept))
      let first = offset / 8 + 8 * index
      var low = word << shift
      let end = (offset + 64 * index + kept + 7) / 8
      if first + 8 <= end {
        let old = bytes.loadUnaligned(fromByteOffset: first, as: UInt64.self)
        bytes.storeBytes(of: old | low.littleEndian, toByteOffset: first, as: UInt64.self)
        if first + 8 < end { bytes[first + 8] |= UInt8(truncatingIfNeeded: word >> (64 - shift)) }
      } else {
        for place in first..<end {
          bytes[place] |= UInt8(truncatingIfNeeded: low)
          low >>= 8
        }
      }
    }
  }

  /// Copies the bits at and after `offset` into bytes of 0 and 1, one per bit.
  static func expand(
    _ bytes: UnsafeRawBufferPointer,
    from offset: Int,
    into mask: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(
      offset >= 0 && offset + mask.count <= 8 * bytes.count,
      "bits \(offset) ..< \(offset + mask.count) of \(bytes.count) bytes"
    )
    var position = 0
    while position < mask.count {
      let bit = offset + position
      let count = min(8 - bit % 8, mask.count - position)
      let byte = bytes[bit / 8] >> UInt8(bit % 8)
      if count == 8 {
        // Bit i of the byte becomes byte i: multiplying lays eight copies side by side, of which
        // copy i keeps bit i; adding 127 carries that bit, wherever it is, into the top one.
        let copies = UInt64(byte) &* 0x0101_0101_0101_0101 & 0x8040_2010_0804_0201
        let spread = (copies &+ 0x7F7F_7F7F_7F7F_7F7F) >> 7 & 0x0101_0101_0101_0101
        UnsafeMutableRawPointer(mask.baseAddress.unsafelyUnwrapped + position)
          .storeBytes(of: spread.littleEndian, as: UInt64.self)
      } else {
        for place in 0..<count { mask[position + place] = byte >> UInt8(place) & 1 }
      }
      position += count
    }
  }
}
