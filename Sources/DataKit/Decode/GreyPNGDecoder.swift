internal import CInflate

/// Decodes PNG files of one size into grey levels, file after file without new memory.
///
/// What nearly all files are, 8-bit grey without interlacing and without ancillary chunks, is
/// decoded here; every chunk's CRC, the checksum and the exact length of the data are compared. All
/// others, and those in which a fault is found, go through ``decodeGreyPNG(_:width:height:into:)``,
/// so that pixels, verdicts and messages are libpng's. One thread at a time may use it.
final class GreyPNGDecoder {
  let width: Int
  let height: Int
  private let inflater: Inflater
  /// The filtered rows, each with its filter's number in front, and a byte that must stay free.
  private let filtered: UnsafeMutableRawBufferPointer

  /// - Parameters:
  ///   - width: the pixels of a row, at least 1.
  ///   - height: the rows, at least 1.
  ///   - library: what inflates.
  init(width: Int, height: Int, library: Inflater.Library = .best) {
    self.width = width
    self.height = height
    inflater = Inflater(CINFLATE_ZLIB, library: library)
    filtered = .allocate(byteCount: (width + 1) * height + 1, alignment: 64)
  }

  deinit { filtered.deallocate() }

  /// Decodes a PNG, row-major.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - pixels: room for `width * height` bytes; undefined after an error.
  /// - Throws: ``PNGError`` when the file is damaged, 16 bits deep or of another size.
  func decode(
    _ bytes: UnsafeRawBufferPointer,
    into pixels: UnsafeMutableRawBufferPointer
  ) throws(PNGError) {
    precondition(pixels.count == width * height, "\(pixels.count) bytes for \(height) x \(width)")
    if decodeCommon(bytes, into: pixels) { return }
    try decodeGreyPNG(bytes, width: width, height: height, into: pixels)
  }

  /// Decodes a sound file of the common kind; false for any other.
  func decodeCommon(
    _ bytes: UnsafeRawBufferPointer,
    into pixels: UnsafeMutableRawBufferPointer
  ) -> Bool {
    var chunks = PNGChunks(bytes)
    guard let header = chunks.next(), isCommon(header), var chunk = chunks.next() else {
      return false
    }
    // libpng inflates with the window that the stream asks for.
    guard chunk.type == PNGChunks.data, let first = chunk.bytes.first,
      first >> 4 == 7 || 256 << Int(first >> 4) >= filtered.count
    else { return false }
    inflater.reset()
    var room = filtered
    var ended = false
    while chunk.type == PNGChunks.data {
      var input = chunk.bytes
      if !input.isEmpty {
        guard !ended, let isLast = try? inflater.run(&input, into: &room), input.isEmpty else {
          return false
        }
        ended = isLast
      }
      guard let next = chunks.next() else { return false }
      chunk = next
    }
    guard ended, room.count == 1, chunk.type == PNGChunks.end, chunk.bytes.isEmpty, chunks.isAtEnd
    else { return false }
    return reverseFilters(UnsafeRawBufferPointer(filtered), width: width, into: pixels)
  }

  private func isCommon(_ header: PNGChunks.Chunk) -> Bool {
    guard header.type == PNGChunks.header, header.bytes.count == 13 else { return false }
    // Depth 8, grey, deflate, the five filters, not interlaced.
    return bigEndian(header.bytes, at: 0) == width && bigEndian(header.bytes, at: 4) == height
      && header.bytes[8] == 8 && header.bytes[9...].allSatisfy { $0 == 0 }
  }
}

/// The chunks of a PNG as long as their lengths and CRCs are right.
private struct PNGChunks {
  static let header = 0x4948_4452
  static let data = 0x4944_4154
  static let end = 0x4945_4E44

  struct Chunk {
    let type: Int
    let bytes: UnsafeRawBufferPointer
  }

  private var rest: UnsafeRawBufferPointer

  init(_ file: UnsafeRawBufferPointer) {
    let isSigned =
      file.count > 8 && bigEndian(file, at: 0) == 0x8950_4E47
      && bigEndian(file, at: 4) == 0x0D0A_1A0A
    rest = UnsafeRawBufferPointer(rebasing: file[(isSigned ? 8 : file.count)...])
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func next() -> Chunk? {
    guard rest.count >= 12 else { return nil }
    let length = bigEndian(rest, at: 0)
    guard length <= rest.count - 12, let type = rest.baseAddress.map({ $0 + 4 }) else { return nil }
    let crc = cinflate_crc32(type.assumingMemoryBound(to: UInt8.self), length + 4)
    guard Int(crc) == bigEndian(rest, at: length + 8) else { return nil }
    let chunk = Chunk(
      type: bigEndian(rest, at: 4),
      bytes: UnsafeRawBufferPointer(rebasing: rest[8..<(length + 8)])
    )
    rest = UnsafeRawBufferPointer(rebasing: rest[(length + 12)...])
    return chunk
  }
}

private func bigEndian(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Int {
  Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
}
