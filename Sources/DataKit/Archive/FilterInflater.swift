internal import CArchive

/// Inflates xz and zstd through libarchive, which is used as a decompressor alone.
final class FilterInflater {
  enum Format: String {
    case xz, zstd

    /// The format that begins with these bytes; a zstd file may begin with a skippable frame
    /// (RFC 8878, 3.1).
    init?(magic: UnsafeRawBufferPointer) {
      let start = Array(magic.prefix(FilterInflater.magicByteCount))
      if start == [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00] {
        self = .xz
      } else if start.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
        || (start.dropFirst().starts(with: [0x2A, 0x4D, 0x18]) && start[0] & 0xF0 == 0x50)
      {
        self = .zstd
      } else {
        return nil
      }
    }
  }

  /// So many bytes tell the format.
  static let magicByteCount = 6

  private let format: Format
  private let archive: OpaquePointer
  /// The bytes read already, and then more, until they are empty.
  private var first: UnsafeRawBufferPointer?
  private let more: () throws(ByteSource.Fault) -> UnsafeRawBufferPointer
  private var fault: ByteSource.Fault?
  private var blocks = XZBlocks()
  private var isOpen = false
  private var hasEnded = false

  /// - Parameters:
  ///   - format: of the file.
  ///   - first: the first bytes of the file; like those of `more`, in place until more are asked
  ///     for.
  ///   - more: the bytes after them, empty at the end.
  init(
    _ format: Format,
    _ first: UnsafeRawBufferPointer,
    more: @escaping () throws(ByteSource.Fault) -> UnsafeRawBufferPointer
  ) {
    self.format = format
    self.first = first
    self.more = more
    guard let archive = archive_read_new() else { preconditionFailure("no memory to inflate") }
    self.archive = archive
    _ =
      format == .xz
      ? archive_read_support_filter_xz(archive) : archive_read_support_filter_zstd(archive)
    archive_read_support_format_raw(archive)
    archive_read_support_format_empty(archive)
  }

  deinit { archive_read_free(archive) }

  /// Inflates up to `room.count` bytes and returns how many; 0 at the end.
  func inflate(into room: UnsafeMutableRawBufferPointer) throws(ByteSource.Fault) -> Int {
    if !isOpen { try open() }
    guard !hasEnded else { return 0 }
    let count = archive_read_data(archive, room.baseAddress, room.count)
    guard count >= 0 else { throw failure() }
    hasEnded = count == 0
    return count
  }

  private func open() throws(ByteSource.Fault) {
    isOpen = true
    let client = Unmanaged.passUnretained(self).toOpaque()
    let status = archive_read_open(
      archive,
      client,
      nil,
      { _, client, buffer in
        guard let client, let buffer else { return -1 }
        let inflater = Unmanaged<FilterInflater>.fromOpaque(client).takeUnretainedValue()
        guard let bytes = inflater.takeInput() else { return -1 }
        buffer.pointee = bytes.baseAddress
        return bytes.count
      },
      nil
    )
    guard status == ARCHIVE_OK else { throw failure() }
    // The raw format holds a single member: the inflated bytes.
    var entry: OpaquePointer?
    switch archive_read_next_header(archive, &entry) {
    case ARCHIVE_OK, ARCHIVE_WARN: return
    case ARCHIVE_EOF: hasEnded = true
    default: throw failure()
    }
  }

  private func takeInput() -> UnsafeRawBufferPointer? {
    do {
      let bytes = if let first { first } else { try more() }
      first = nil
      if format == .xz { try blocks.follow(bytes) }
      return bytes
    } catch {
      fault = error
      return nil
    }
  }

  private func failure() -> ByteSource.Fault {
    if let fault { return fault }
    let words = archive_error_string(archive).map { ": " + String(cString: $0) } ?? ""
    return ByteSource.Fault(
      reason: "the \(format.rawValue) stream is damaged or truncated\(words)",
      hint: ArchiveError.damageHint
    )
  }
}
