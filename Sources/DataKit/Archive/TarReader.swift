/// Walks the members of a tar and lends their data where they lie.
///
/// Archives that were joined are read on. After two zero blocks, which end an archive, zeros of any
/// number and whatever is no archive are passed over, as GNU tar does. After a fault the reader is of
/// no further use.
struct TarReader {
  struct Member {
    enum Kind { case file, folder, sparse, other }

    let path: String
    let kind: Kind
    /// The size in bytes, holes included; nil for a plain file.
    let byteCount: Int?
  }

  private let chunks: ReadAhead
  private let limits: ArchiveLimits
  /// The name of the only member, when an input that is no tar is taken as a plain file.
  private let plainName: String?
  /// What is left of the current chunk.
  private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Bytes of the tar passed so far.
  private(set) var position = 0
  private var dataLeft = 0
  private var paddingLeft = 0
  private var isPlain = false
  /// Blocks of zeros since the last header.
  private var zeroBlocks = 0
  /// Whether bytes that are neither zeros nor an archive followed the end.
  private(set) var hasTrailingBytes = false
  /// What a global pax header of this archive says of all its members; nil before any pax header.
  private var common: TarAttributes?

  /// - Precondition: chunks are whole blocks, but for the last or one before a fault.
  init(_ chunks: ReadAhead, limits: ArchiveLimits, plainName: String?) {
    self.chunks = chunks
    self.limits = limits
    self.plainName = plainName
  }

  /// The next member, or nil at the end; what was not taken of the one before is passed over.
  mutating func next() throws(ByteSource.Fault) -> Member? {
    try skip()
    if position == 0, let plainName, try startsPlainFile() {
      isPlain = true
      return Member(path: plainName, kind: .file, byteCount: nil)
    }
    var attributes = common ?? TarAttributes()
    var start = position
    while let block = try nextBlock() {
      let header = TarHeader(block)
      let isFirst = position - start == TarHeader.blockSize
      if isFirst, header.isZero {
        // An archive ends here, and another may follow.
        common = nil
        attributes = TarAttributes()
        start = position
        zeroBlocks += 1
        try ArchiveLimits.checkTrailing(zeroBlocks * TarHeader.blockSize)
        continue
      }
      guard header.isSound else {
        guard isFirst, hasEnded else { throw .noHeader(at: headerStart) }
        return try passTrailingBytes()
      }
      zeroBlocks = 0
      switch header.kind {
      case .longName, .attributes, .globalAttributes, .remark:
        try takeExtension(header, from: start, into: &attributes)
      default:
        try checkHeaders(from: start, to: position)
        return try begin(header, attributes)
      }
    }
    if position == start { return nil }
    throw .truncatedTar("it ends between a member's headers", at: position)
  }

  /// Lends the next piece of the current member's data; nil at its end.
  mutating func nextPiece() throws(ByteSource.Fault) -> UnsafeRawBufferPointer? {
    guard dataLeft > 0 || isPlain else { return nil }
    if try !fillRest() {
      if isPlain { return nil }
      throw truncatedMember()
    }
    let count = isPlain ? rest.count : min(dataLeft, rest.count)
    if !isPlain { dataLeft -= count }
    return take(count)
  }

  /// Passes over the rest of the current member.
  mutating func skip() throws(ByteSource.Fault) {
    if isPlain { while try nextPiece() != nil {} }
    while dataLeft + paddingLeft > 0 {
      guard try fillRest() else { throw truncatedMember() }
      let data = min(dataLeft, rest.count)
      let padding = min(paddingLeft, rest.count - data)
      _ = take(data + padding)
      dataLeft -= data
      paddingLeft -= padding
    }
  }

  /// Whether the two zero blocks that end an archive were read last.
  private var hasEnded: Bool { zeroBlocks >= 2 }

  private mutating func passTrailingBytes() throws(ByteSource.Fault) -> Member? {
    hasTrailingBytes = true
    let start = position
    while try fillRest() {
      _ = take(rest.count)
      try ArchiveLimits.checkTrailing(position - start)
    }
    return nil
  }

  private mutating func begin(
    _ header: TarHeader,
    _ attributes: TarAttributes
  ) throws(ByteSource.Fault) -> Member {
    var kind = header.kind
    let path = attributes.sparsePath ?? attributes.path ?? header.path
    // Some old writers tell a folder by its name alone.
    if kind == .file, path.utf8.last == UInt8(ascii: "/") { kind = .listedFolder }
    if kind == .file, attributes.isSparse { kind = .sparse }
    if kind == .folder || kind == .special {
      return Member(path: path, kind: kind == .folder ? .folder : .other, byteCount: 0)
    }
    guard var count = attributes.byteCount ?? header.byteCount else {
      throw .invalidSize(at: headerStart)
    }
    switch kind {
    case .hardLink:
      if count > 0, common == nil, try startsHeader() { count = 0 }
      setData(count)
      return Member(path: path, kind: .other, byteCount: 0)
    case .sparse:
      var real = attributes.sparseByteCount
      if header.kind == .sparse {
        real = real ?? header.sparseByteCount
        try skipMap(after: header)
      }
      setData(count)
      return Member(path: path, kind: .sparse, byteCount: real ?? count)
    default:
      setData(count)
      let other: Member.Kind = kind == .listedFolder ? .folder : .other
      return Member(path: path, kind: kind == .file ? .file : other, byteCount: count)
    }
  }

  private mutating func setData(_ count: Int) {
    dataLeft = count
    paddingLeft = -count & (TarHeader.blockSize - 1)
  }

  private mutating func takeExtension(
    _ header: TarHeader,
    from start: Int,
    into attributes: inout TarAttributes
  ) throws(ByteSource.Fault) {
    guard let count = header.byteCount else { throw .invalidSize(at: headerStart) }
    try checkHeaders(from: start, to: position + count)
    let kind = header.kind
    let bodyStart = position
    setData(count)
    var copy: [UInt8] = []
    var place: Int?
    while let piece = try nextPiece() {
      // Most often the body lies in one piece.
      if copy.isEmpty, dataLeft == 0 {
        place = Self.take(piece, kind, &attributes, &common)
      } else {
        copy += piece
      }
    }
    if !copy.isEmpty {
      place = copy.withUnsafeBytes { Self.take($0, kind, &attributes, &common) }
    }
    if let place {
      throw .damagedTar("a pax header record is damaged", at: bodyStart + place)
    }
    try skip()
  }

  /// Takes the body of a header; where its first damaged record begins, if it has one.
  private static func take(
    _ body: UnsafeRawBufferPointer,
    _ kind: TarHeader.Kind,
    _ attributes: inout TarAttributes,
    _ common: inout TarAttributes?
  ) -> Int? {
    switch kind {
    case .longName: attributes.takeName(body)
    case .attributes:
      common = common ?? TarAttributes()
      return attributes.takeRecords(body)
    case .globalAttributes:
      var changed = common ?? TarAttributes()
      let place = changed.takeRecords(body)
      common = changed
      return place ?? attributes.takeRecords(body)
    default: break
    }
    return nil
  }

  /// Passes over the blocks of a GNU sparse file's map, which are part of no size.
  private mutating func skipMap(after header: TarHeader) throws(ByteSource.Fault) {
    var isContinued = header.hasMoreHoles
    while isContinued {
      guard let block = try nextBlock() else {
        throw .truncatedTar("it ends in the map of a sparse member", at: position)
      }
      isContinued = TarHeader(block).isContinuedMap
    }
  }

  /// Whether the next block is a header or an archive's end, so that a hard link that declares a size
  /// has no data: POSIX lets it have some in the pax format alone.
  private mutating func startsHeader() throws(ByteSource.Fault) -> Bool {
    guard try fillRest(), rest.count >= TarHeader.blockSize else { return rest.isEmpty }
    let header = TarHeader(UnsafeRawBufferPointer(rebasing: rest[..<TarHeader.blockSize]))
    return header.isZero || header.isSound
  }

  private mutating func startsPlainFile() throws(ByteSource.Fault) -> Bool {
    guard try fillRest() else { return false }
    guard rest.count >= TarHeader.blockSize else { return true }
    return try !startsHeader()
  }

  private func checkHeaders(from start: Int, to end: Int) throws(ByteSource.Fault) {
    let limit = min(limits.headerByteCount, ArchiveLimits.longestHeader)
    guard end - start > max(limit, TarHeader.blockSize) else { return }
    throw .longHeaders(end - start, limit: limit, at: start)
  }

  private func truncatedMember() -> ByteSource.Fault {
    let data = "\(dataLeft) bytes of the member are missing"
    return .truncatedTar(dataLeft > 0 ? data : "it ends in the member's padding", at: position)
  }

  /// Where the header that was read last begins.
  private var headerStart: Int { position - TarHeader.blockSize }

  /// Makes sure that ``rest`` is not empty; false at the end.
  private mutating func fillRest() throws(ByteSource.Fault) -> Bool {
    if rest.isEmpty { rest = try chunks.next() }
    return !rest.isEmpty
  }

  private mutating func nextBlock() throws(ByteSource.Fault) -> UnsafeRawBufferPointer? {
    guard try fillRest() else { return nil }
    guard rest.count >= TarHeader.blockSize else {
      // Here the tar ends, or a fault follows, which then is the cause.
      let (count, isZero) = (rest.count, rest.allSatisfy { $0 == 0 })
      rest = try chunks.next()
      if position == 0 { throw .noHeader(at: 0) }
      guard isZero || hasEnded else {
        throw .truncatedTar("it ends inside a header", at: position + count)
      }
      hasTrailingBytes = !isZero
      return nil
    }
    return take(TarHeader.blockSize)
  }

  private mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
    let taken = UnsafeRawBufferPointer(rebasing: rest[..<count])
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    position += count
    return taken
  }
}
