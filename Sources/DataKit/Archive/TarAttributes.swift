/// What the headers before a member say of it: GNU long names and pax records (POSIX.1-2017, pax,
/// "pax Extended Header").
struct TarAttributes {
  /// The name, in place of the header's.
  private(set) var path: String?
  /// The size of the data, in place of the header's.
  private(set) var byteCount: Int?
  /// Whether the data are those of a file with holes, under the name and size that follow.
  private(set) var isSparse = false
  private(set) var sparsePath: String?
  private(set) var sparseByteCount: Int?

  /// Takes a GNU long name.
  mutating func takeName(_ body: UnsafeRawBufferPointer) { path = Self.text(body[...]) }

  /// Takes the records of a pax header; later ones replace earlier ones, and an empty value undoes
  /// them.
  ///
  /// A record is `"LENGTH KEYWORD=VALUE\n"` of just its length. Damaged ones may have been the
  /// member's name or size and are not passed over.
  ///
  /// - Returns: where the first damaged record begins, or nil.
  mutating func takeRecords(_ body: UnsafeRawBufferPointer) -> Int? {
    var start = 0
    while start < body.count {
      let rest = body[start...]
      // Padding of zeros is harmless.
      if rest[start] == 0, rest.allSatisfy({ $0 == 0 }) { return nil }
      guard let blank = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
        let length = Self.number(rest[..<blank]), length > blank - start + 1, length <= rest.count,
        body[start + length - 1] == UInt8(ascii: "\n")
      else { return start }
      let record = body[blank + 1..<start + length - 1]
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")), equals > blank + 1,
        take(record[record.index(after: equals)...], for: record[..<equals])
      else { return start }
      start += length
    }
    return nil
  }

  /// Takes one record; false when the value is not what its keyword promises.
  private mutating func take(
    _ value: Slice<UnsafeRawBufferPointer>,
    for keyword: Slice<UnsafeRawBufferPointer>
  ) -> Bool {
    let isEmpty = value.isEmpty
    switch String(decoding: keyword, as: UTF8.self) {
    case "path": path = isEmpty ? nil : Self.text(value)
    case "size":
      byteCount = Self.number(value)
      return isEmpty || byteCount != nil
    case "GNU.sparse.name":
      sparsePath = isEmpty ? nil : Self.text(value)
      isSparse = true
    case "GNU.sparse.size", "GNU.sparse.realsize":
      sparseByteCount = Self.number(value)
      isSparse = true
      return sparseByteCount != nil
    case let other where other.hasPrefix("GNU.sparse."): isSparse = true
    default: break
    }
    return true
  }

  private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// A decimal number 0...``TarHeader/largestSize``.
  private static func number(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
    guard !bytes.isEmpty, bytes.count < 20, bytes.allSatisfy({ (0x30...0x39).contains($0) }),
      let value = Int(String(decoding: bytes, as: UTF8.self)), value <= TarHeader.largestSize
    else { return nil }
    return value
  }
}
