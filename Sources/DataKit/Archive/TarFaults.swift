/// What can be wrong with a tar, and at which byte of it.
extension ByteSource.Fault {
  static func damagedTar(_ what: String, at position: Int) -> Self {
    Self(reason: "\(what), at byte \(position) of the tar", hint: ArchiveError.damageHint)
  }

  static func noHeader(at position: Int) -> Self {
    damagedTar(
      position == 0
        ? "not a tar archive (plain or compressed with gzip, xz or zstd), or its start is damaged"
        : "the tar is damaged: there is no header, or its checksum does not match",
      at: position
    )
  }

  static func invalidSize(at position: Int) -> Self {
    damagedTar("the tar is damaged: a header holds no valid size", at: position)
  }

  static func truncatedTar(_ how: String, at position: Int) -> Self {
    damagedTar("the tar is truncated: \(how)", at: position)
  }

  static func longHeaders(_ count: Int, limit: Int, at position: Int) -> Self {
    Self(
      reason: "a member's headers have \(count) bytes, the limit is \(limit), "
        + "at byte \(position) of the tar",
      hint: ArchiveLimits.hint("--limit-header-bytes")
    )
  }
}
