/// What stands before a member's data in a tar archive: its header, and before that the headers of
/// long names and pax records with their bodies.
///
/// libarchive passes over pax records whose length is wrong; a damaged record may have been the
/// member's name or size, so here it is an error.
enum TarHeaders {
  static let blockSize = 512

  enum Verdict: Equatable {
    case sound
    /// They have so many bytes, more than the limit.
    case tooLong(Int)
    /// A pax record so many bytes before the member's data (POSIX.1-2017, pax, "pax Extended
    /// Header") is not `"LENGTH KEYWORD=VALUE\n"` of just its length.
    case badPaxRecord(Int)
  }

  /// Checks the bytes from the end of the member before to the member's data.
  static func check(_ bytes: UnsafeRawBufferPointer, _ limits: ArchiveLimits) -> Verdict {
    // Zero blocks stand between archives that were joined.
    let start = bytes.firstIndex { $0 != 0 } ?? bytes.count
    let count = (bytes.count - start + blockSize - 1) / blockSize * blockSize
    let headers = UnsafeRawBufferPointer(rebasing: bytes[max(0, bytes.count - count)...])
    guard headers.count <= limits.headerByteCount else { return .tooLong(headers.count) }
    guard let bad = firstBadPaxRecord(in: headers) else { return .sound }
    return .badPaxRecord(headers.count - bad)
  }

  private static func firstBadPaxRecord(in headers: UnsafeRawBufferPointer) -> Int? {
    var start = 0
    while start + blockSize < headers.count {
      let header = UnsafeRawBufferPointer(rebasing: headers[start..<(start + blockSize)])
      start += blockSize
      let isPax = header[156] == UInt8(ascii: "x") || header[156] == UInt8(ascii: "g")
      guard isPax || header[156] == UInt8(ascii: "L") || header[156] == UInt8(ascii: "K"),
        let size = octal(header[124..<136]), size >= 0, size <= headers.count - start
      else { return nil }
      let body = UnsafeRawBufferPointer(rebasing: headers[start..<(start + size)])
      if isPax, let position = firstBadRecord(in: body) { return start + position }
      start += (size + blockSize - 1) / blockSize * blockSize
    }
    return nil
  }

  private static func firstBadRecord(in body: UnsafeRawBufferPointer) -> Int? {
    var start = 0
    while start < body.count {
      let rest = body[start...]
      // Padding of zeros is harmless.
      if rest.allSatisfy({ $0 == 0 }) { return nil }
      guard let blank = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")), blank > start,
        rest[..<blank].allSatisfy({ (0x30...0x39).contains($0) }),
        let length = Int(String(decoding: rest[..<blank], as: UTF8.self)),
        length > blank - start + 1, length <= rest.count,
        body[start + length - 1] == UInt8(ascii: "\n"),
        body[(blank + 1)..<(start + length)].dropFirst().contains(UInt8(ascii: "="))
      else { return start }
      start += length
    }
    return nil
  }

  private static func octal(_ field: Slice<UnsafeRawBufferPointer>) -> Int? {
    let digits = field.drop { $0 == UInt8(ascii: " ") }
      .prefix { $0 != UInt8(ascii: " ") && $0 != 0 }
    return Int(String(decoding: digits, as: UTF8.self), radix: 8)
  }
}
