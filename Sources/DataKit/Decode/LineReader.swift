/// A line of a member, called to make an error for it.
struct LinePlace: Sendable {
  let archive: String
  let member: String
  /// Counted from 1.
  let line: Int

  func callAsFunction(_ reason: String, hint: String? = nil) -> ArchiveError {
    ArchiveError(archive: archive, member: member, line: line, reason: reason, hint: hint)
  }
}

/// Whole lines of a member.
struct LinePiece: Sendable {
  let archive: String
  let member: String
  /// The number of the first line, counted from 1.
  let firstLine: Int
  /// Ends in a line feed.
  let bytes: [UInt8]
  /// The most bytes of a line.
  let lineLimit: Int

  /// Calls `body` with each line, without its end, and with a maker of errors for that line.
  ///
  /// Lines end in LF or CRLF. `body` may change the line's bytes, which are its own.
  ///
  /// - Throws: what `body` throws, and ``ArchiveError`` for a line over the limit.
  func forEachLine(
    _ body: (UnsafeMutableBufferPointer<UInt8>, LinePlace) throws -> Void
  ) throws {
    var copy = bytes
    try copy.withUnsafeMutableBufferPointer { whole in
      var (start, line) = (0, firstLine)
      while start < whole.count {
        let end = position(of: UInt8(ascii: "\n"), in: whole, from: start) ?? whole.count
        guard end - start <= lineLimit else { throw overlong(line) }
        let hasReturn = end > start && whole[end - 1] == UInt8(ascii: "\r")
        try body(
          UnsafeMutableBufferPointer(rebasing: whole[start..<(hasReturn ? end - 1 : end)]),
          LinePlace(archive: archive, member: member, line: line)
        )
        start = end + 1
        line += 1
      }
    }
  }

  private func overlong(_ line: Int) -> ArchiveError {
    ArchiveError(
      archive: archive,
      member: member,
      line: line,
      reason: "a line has over \(lineLimit) bytes, the limit",
      hint: ArchiveLimits.hint("--limit-line-bytes")
    )
  }

  /// Calls `body` with each line as ``forEachLine(_:)`` does; where faulty lines may be left out,
  /// its errors are collected.
  ///
  /// - Returns: what was left out.
  /// - Throws: the first error, where the policy is to fail.
  func forEachLine(
    policy: ErrorPolicy,
    _ body: (UnsafeMutableBufferPointer<UInt8>, LinePlace) throws -> Void
  ) throws -> LeftOutLines {
    var faults: [FaultyLine] = []
    try forEachLine { line, fail in
      // The bytes as they stand in the file: reading a line may undo quotes in it.
      let original = policy == .quarantine ? Array(line) : []
      do {
        try body(line, fail)
      } catch let error as ArchiveError where policy != .fail {
        faults.append(FaultyLine(error: error, bytes: original))
      }
    }
    return LeftOutLines(faults: faults)
  }
}

/// A line that was left out.
struct FaultyLine: Sendable {
  let error: ArchiveError
  /// The line without its end; empty unless it is to be kept.
  let bytes: [UInt8]
}

/// The lines of a piece that became nothing.
struct LeftOutLines: Sendable {
  var faults: [FaultyLine] = []
  /// How many lines of a table were blank.
  var blankCount = 0
}

extension CollectorContext {
  /// Leaves out faulty lines, which is allowed where there are any, and counts blank ones.
  func leaveOut(_ lines: LeftOutLines) throws {
    for line in lines.faults {
      try line.bytes.withUnsafeBytes { try reject(line.error, bytes: $0) }
    }
    skipBlankLines(lines.blankCount)
  }

  /// Counts blank lines of tables.
  func skipBlankLines(_ count: Int) {
    if count > 0 { skipped["blank lines of tables", default: 0] += count }
  }
}

/// Streams the lines of an archive member in pieces, so that other threads can work on them.
struct LineReader {
  /// Pieces have about this many bytes.
  private static let pieceSize = 1 << 20
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  let context: CollectorContext
  let member: String

  /// Reads the current member of `reader`.
  ///
  /// - Parameters:
  ///   - reader: the archive.
  ///   - head: takes lines from the start, each without its end and with its number, and says
  ///     whether the next one is for it too; nil when there is no head.
  ///   - body: takes the lines after the head, in order.
  /// - Throws: ``ArchiveError`` for an empty member or a line over the limit.
  func read(
    from reader: ArchiveReader,
    head: ((ArraySlice<UInt8>, Int) throws -> Bool)? = nil,
    body: (LinePiece) throws -> Void
  ) throws {
    var takesHead = head != nil
    var line = 1
    func take(_ lines: [UInt8]) throws {
      var rest = lines[...]
      if line == 1 {
        if rest.starts(with: Self.byteOrderMark) { rest = rest.dropFirst(3) }
        guard !rest.starts(with: [0xFF, 0xFE]), !rest.starts(with: [0xFE, 0xFF]) else {
          throw context.error(in: member, "the file is UTF-16: save it as UTF-8")
        }
      }
      while takesHead, let head, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let content = rest[..<end]
        takesHead = try head(
          content.last == UInt8(ascii: "\r") ? content.dropLast() : content,
          line
        )
        rest = rest[(end + 1)...]
        line += 1
      }
      guard !rest.isEmpty else { return }
      let piece = LinePiece(
        archive: context.archive,
        member: member,
        firstLine: line,
        bytes: Array(rest),
        lineLimit: reader.limits.lineByteCount
      )
      line += rest.withUnsafeBufferPointer { bytes in
        bytes.reduce(0) { $0 &+ ($1 == UInt8(ascii: "\n") ? 1 : 0) }
      }
      try body(piece)
    }
    var pending: [UInt8] = []
    var lastEnd: Int?
    var isEmpty = true
    try reader.forEachChunk { chunk in
      isEmpty = false
      if let end = chunk.lastIndex(of: UInt8(ascii: "\n")) { lastEnd = pending.count + end }
      pending.append(contentsOf: chunk)
      guard pending.count >= Self.pieceSize else { return }
      guard let end = lastEnd else {
        guard pending.count <= reader.limits.lineByteCount else {
          throw ArchiveError(
            archive: context.archive,
            member: member,
            line: line,
            reason: "a line has over \(reader.limits.lineByteCount) bytes, the limit",
            hint: ArchiveLimits.hint("--limit-line-bytes")
          )
        }
        return
      }
      lastEnd = nil
      let lines = Array(pending[...end])
      pending.removeSubrange(...end)
      try take(lines)
    }
    guard !isEmpty else { throw context.error(in: member, "the file is empty") }
    if !pending.isEmpty {
      if pending.last != UInt8(ascii: "\n") { pending.append(UInt8(ascii: "\n")) }
      try take(pending)
    }
  }
}
