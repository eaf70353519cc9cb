/// A PNG file as the chunks it is made of.
struct PNGSeed {
  struct Chunk {
    var name: [UInt8]
    var bytes: [UInt8]
  }

  var chunks: [Chunk]
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// An image whose rows, each behind its filter type, are `rows`.
  init(
    side: Int,
    bitDepth: UInt8 = 8,
    colourType: UInt8 = 0,
    interlace: UInt8 = 0,
    extra: [Chunk] = [],
    rows: [UInt8],
    _ method: Deflate.Method
  ) {
    let extent = Array(Deflate.littleEndian(UInt32(side)).reversed())
    chunks = [
      Chunk(
        name: Array("IHDR".utf8),
        bytes: extent + extent + [bitDepth, colourType, 0, 0, interlace]
      )
    ]
    chunks += extra
    chunks.append(Chunk(name: Array("IDAT".utf8), bytes: Deflate.zlib(rows, method)))
    chunks.append(Chunk(name: Array("IEND".utf8), bytes: []))
  }

  /// The chunks of a file that may be damaged anywhere; nil when there is no signature.
  init?(_ file: [UInt8]) {
    guard file.starts(with: Self.signature) else { return nil }
    chunks = []
    var rest = file.dropFirst(Self.signature.count)
    while rest.count >= 8 {
      let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      let body = rest.dropFirst(8).prefix(count)
      chunks.append(Chunk(name: Array(rest.dropFirst(4).prefix(4)), bytes: Array(body)))
      rest = rest.dropFirst(8).dropFirst(body.count).dropFirst(4)
    }
  }

  /// The file, every chunk with its right length and checksum.
  var bytes: [UInt8] {
    Self.signature
      + chunks.flatMap { chunk in
        let body = chunk.name + chunk.bytes
        return Deflate.littleEndian(UInt32(chunk.bytes.count)).reversed() + body
          + Deflate.littleEndian(Deflate.crc32(body)).reversed()
      }
  }
}
