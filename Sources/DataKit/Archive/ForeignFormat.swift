/// Containers that are not read, but recognized so that a message can say what to do.
enum ForeignFormat: String, CaseIterable {
  case bzip2, zip

  /// So many bytes tell all formats, those that are read too.
  static let magicByteCount = 8

  /// The format that begins with these bytes.
  init?(_ start: UnsafeRawBufferPointer) {
    guard let format = Self.allCases.first(where: { $0.matches(start) }) else { return nil }
    self = format
  }

  private func matches(_ start: UnsafeRawBufferPointer) -> Bool {
    switch self {
    // "BZh", the block size as a digit, then the first digits of pi.
    case .bzip2:
      start.starts(with: "BZh".utf8) && start.dropFirst(4).starts(with: [0x31, 0x41, 0x59, 0x26])
    case .zip: start.starts(with: [0x50, 0x4B, 0x03, 0x04])
    }
  }

  /// The refusal.
  var fault: ByteSource.Fault {
    switch self {
    case .bzip2:
      ByteSource.Fault(
        reason: "the archive is compressed with bzip2, which is not read",
        hint: "unpack it on the way: bzip2 -dc ARCHIVE | lra-prep build TASK --input - ..."
      )
    case .zip:
      ByteSource.Fault(
        reason: "the archive is a zip file, which is not read",
        hint: "unpack it and pack it again: tar czf ARCHIVE.tar.gz FOLDER"
      )
    }
  }
}
