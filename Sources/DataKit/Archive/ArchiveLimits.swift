/// Bounds that keep a hostile archive from taking endless time or memory.
///
/// The defaults let every published archive pass with room to spare.
public struct ArchiveLimits: Sendable, Equatable {
  /// Members in an archive (`--limit-members`).
  public var memberCount = 50_000_000
  /// Bytes of a member that is read whole (`--limit-member-bytes`).
  public var memberByteCount = 1 << 30
  /// Bytes of everything before a member's data: its header, long names and pax records
  /// (`--limit-header-bytes`); at most 1 MiB.
  public var headerByteCount = 1 << 16
  /// Inflated bytes for each byte of the archive (`--limit-expansion`).
  ///
  /// Checked once over 16 MiB are inflated. Tar files of text or images stay under 30; deflate ends
  /// at 1032.
  public var expansionRatio = 200
  /// Bytes of a line of a table (`--limit-line-bytes`).
  public var lineByteCount = 16 << 20
  /// Pixels of an image (`--limit-image-pixels`).
  public var imagePixelCount = 1 << 24

  /// So many bytes are inflated whatever their ratio.
  static let uncheckedExpansion = 16 << 20
  /// No longer header is taken, whatever the limit.
  public static let longestHeader = 1 << 20

  /// The most bytes behind an archive's end, zeros included: a device of zeros has no end.
  static let trailingByteCount = 1 << 30
  /// The most memory that unpacking xz may take for its dictionary; `xz -9` makes 64 MiB of it.
  static let dictionaryByteCount = 256 << 20

  /// The defaults.
  public init() {}

  /// What to do about a limit that was met.
  static func hint(_ option: String) -> String {
    "if the archive can be trusted, raise the limit with \(option)"
  }

  static func checkTrailing(_ count: Int) throws(ByteSource.Fault) {
    guard count > trailingByteCount else { return }
    throw ByteSource.Fault(
      reason:
        "over \(trailingByteCount) bytes of padding follow the last member, or come before the "
        + "first",
      hint: "what is read may be no archive but a device: check --input"
    )
  }

  func checkExpansion(inflated: Int, compressed: Int) throws(ByteSource.Fault) {
    let ratio = inflated / max(1, compressed)
    guard inflated > Self.uncheckedExpansion, ratio >= expansionRatio else { return }
    throw ByteSource.Fault(
      reason: "the archive expands too much: \(compressed) bytes give over \(inflated) bytes, "
        + "the limit is \(expansionRatio) to 1",
      hint: Self.hint("--limit-expansion")
    )
  }
}
