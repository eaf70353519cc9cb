internal import CArchive
internal import Glibc

/// Where an archive comes from.
public enum ArchiveInput: Sendable, Equatable {
  /// A file.
  case file(String)
  /// The program's standard input.
  case standardInput

  /// `-` is standard input, anything else a path.
  public init(_ argument: String) {
    self = argument == "-" ? .standardInput : .file(argument)
  }

  /// What messages call it.
  public var name: String {
    switch self {
    case .file(let path): path
    case .standardInput: "standard input"
    }
  }

  /// The name without folders, for a manifest: equal archives give equal manifests wherever they
  /// lie.
  var baseName: String {
    switch self {
    case .file(let path): path.split(separator: "/").last.map(String.init) ?? path
    case .standardInput: "standard input"
    }
  }

  /// ``baseName`` without the suffix of a compression.
  fileprivate var uncompressedBaseName: String {
    for suffix in [".gz", ".xz", ".zst"] where baseName.hasSuffix(suffix) {
      return String(baseName.dropLast(suffix.count))
    }
    return baseName
  }
}

/// An archive that cannot be read, or a member that is not what its place promises.
public struct ArchiveError: Error, CustomStringConvertible, Sendable {
  /// The archive's name.
  public let archive: String
  /// The member's path inside the archive, if the fault is in one.
  public let member: String?
  /// The line inside the member, counted from 1.
  public let line: Int?
  /// What is wrong, lower case.
  public let reason: String
  /// What to do about it.
  public let hint: String?

  init(
    archive: String,
    member: String? = nil,
    line: Int? = nil,
    reason: String,
    hint: String? = nil
  ) {
    self.archive = archive
    self.member = member
    self.line = line
    self.reason = reason
    self.hint = hint
  }

  /// Archive, member and line, then what is wrong.
  public var description: String {
    let place = [archive, member.map { printable($0) }, line.map(String.init)].compactMap { $0 }
    let what = printable(String(reason.prefix(600)))
    return place.joined(separator: ":") + ": " + what + (hint.map { "\nhint: \($0)" } ?? "")
  }
}

/// Text of strangers without control characters, which must not reach a terminal.
func printable(_ text: String) -> String {
  text.unicodeScalars.map { scalar in
    scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : "\(scalar)"
  }.joined()
}

/// A regular file inside an archive.
struct ArchiveMember {
  let path: String
  /// The size in bytes as the archive declares it; nil for a plain file.
  let byteCount: Int?
}

/// A streaming reader of (compressed) tar archives over libarchive: one pass, bounded memory.
final class ArchiveReader {
  /// The archive's name in messages.
  let name: String
  /// Members that are no regular files, by kind; they are never read.
  private(set) var otherMembers = 0
  /// Called often while members are read.
  var progress: () -> Void = {}
  private let source: ByteSource
  private let archive: OpaquePointer
  private var current = ""
  private var reached = 0
  /// The name of the only member, when the input is taken as a plain file.
  private let plainName: String

  /// Opens an archive; with `acceptsPlainFile` an input that is no tar archive is a single member of
  /// the input's own name, without `.gz` or the like.
  init(_ input: ArchiveInput, acceptsPlainFile: Bool = false) throws {
    name = input.name
    plainName = input.uncompressedBaseName
    source = try ByteSource(input)
    guard let archive = archive_read_new() else {
      throw ArchiveError(archive: input.name, reason: "out of memory")
    }
    self.archive = archive
    for enable in [
      archive_read_support_filter_zstd,
      archive_read_support_filter_xz, archive_read_support_format_tar,
    ] {
      _ = enable(archive)
    }
    if acceptsPlainFile { archive_read_support_format_raw(archive) }
    // What `cat` joined is read on, instead of ending silently after the first archive.
    archive_read_set_option(archive, "tar", "read_concatenated_archives", "1")
    let status = archive_read_open(
      archive,
      Unmanaged.passUnretained(source).toOpaque(),
      nil,
      { _, client, buffer in
        guard let client, let buffer else { return -1 }
        return Unmanaged<ByteSource>.fromOpaque(client).takeUnretainedValue().next(into: buffer)
      },
      nil
    )
    guard status == ARCHIVE_OK else { throw failure() }
  }

  deinit { archive_read_free(archive) }

  /// Bytes of the archive taken from its source so far.
  var bytesRead: Int { source.count }
  /// The size of the archive in bytes, when it is a file.
  var totalBytes: Int? { source.total }

  /// The next regular file, or nil at the end.
  ///
  /// - Throws: ``ArchiveError`` when the archive is damaged or ends too early.
  func next() throws -> ArchiveMember? {
    while true {
      var entry: OpaquePointer?
      let status = archive_read_next_header(archive, &entry)
      if status == ARCHIVE_EOF {
        if reached == 0 {
          throw ArchiveError(
            archive: name,
            reason: "the archive is empty (\(source.count) bytes read)"
          )
        }
        return nil
      }
      guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else { throw failure() }
      reached += 1
      current = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
      if archive_format(archive) == ARCHIVE_FORMAT_RAW { current = plainName }
      let isLink = archive_entry_hardlink(entry) != nil || archive_entry_symlink(entry) != nil
      guard archive_entry_filetype(entry) == LRA_ENTRY_REGULAR, !isLink, !current.isEmpty else {
        if archive_entry_filetype(entry) != LRA_ENTRY_DIRECTORY { otherMembers += 1 }
        continue
      }
      let isSized = archive_entry_size_is_set(entry) != 0
      return ArchiveMember(
        path: current,
        byteCount: isSized ? Int(archive_entry_size(entry)) : nil
      )
    }
  }

  /// Lends the current member's bytes piece by piece.
  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var delivered = 0
    while true {
      var start: UnsafeRawPointer?
      var count = 0
      var offset: la_int64_t = 0
      let status = archive_read_data_block(archive, &start, &count, &offset)
      guard status == ARCHIVE_EOF || status == ARCHIVE_OK || status == ARCHIVE_WARN else {
        throw failure(in: current)
      }
      if status == ARCHIVE_EOF, offset <= delivered { return }
      guard status != ARCHIVE_EOF, offset == delivered else {
        throw ArchiveError(
          archive: name,
          member: current,
          reason: "the member is sparse (it has a hole at byte \(delivered))",
          hint: "pack the archive again without tar's --sparse"
        )
      }
      delivered += count
      progress()
      if count > 0 { try body(UnsafeRawBufferPointer(start: start, count: count)) }
    }
  }

  /// The current member's bytes, whole.
  ///
  /// - Throws: ``ArchiveError`` when it is larger than `limit` bytes.
  func readAll(_ member: ArchiveMember, limit: Int) throws -> [UInt8] {
    func check(_ count: Int) throws {
      guard count <= limit else {
        throw error(in: member, "the member has \(count) bytes or more, the limit is \(limit)")
      }
    }
    try check(member.byteCount ?? 0)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(member.byteCount ?? 0, 1 << 20))
    try forEachChunk { chunk in
      try check(bytes.count + chunk.count)
      bytes.append(contentsOf: chunk)
    }
    return bytes
  }

  /// Whether bytes that belong to no gzip member follow the archive.
  var hasTrailingBytes: Bool { source.hasTrailingBytes }

  /// Reads what follows the archive's end, so that size and digest cover the whole input.
  func drain() throws -> (byteCount: Int, sha256: String) {
    var buffer: UnsafeRawPointer?
    while true {
      let count = source.next(into: &buffer)
      if count == 0 { return (source.count, source.digester.finish()) }
      guard count > 0 else {
        throw ArchiveError(archive: name, reason: source.failure)
      }
    }
  }

  /// An error inside a member.
  func error(in member: ArchiveMember, line: Int? = nil, _ reason: String) -> ArchiveError {
    ArchiveError(archive: name, member: member.path, line: line, reason: reason)
  }

  private func failure(in member: String? = nil) -> ArchiveError {
    if source.count == 0 { return ArchiveError(archive: name, reason: "the archive is empty") }
    let report = archive_error_string(archive).map { String(cString: $0) }
    let text =
      source.failure.isEmpty
      ? report ?? "the archive is damaged or ends too early" : source.failure
    let after = member == nil && reached > 0 ? " (after the member '\(current)')" : ""
    return ArchiveError(
      archive: name,
      member: member,
      reason: "\(text)\(after), at byte \(source.count) of the archive",
      hint: "the download may be incomplete or not an archive: compare its size and checksum"
    )
  }
}
