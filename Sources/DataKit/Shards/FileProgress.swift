/// How far work that goes file by file has come.
public struct FileProgress: Sendable {
  /// Files done.
  public private(set) var files = 0
  /// Files in all.
  public let totalFiles: Int
  /// Bytes of the files done.
  public private(set) var bytes = 0
  /// Bytes of all files; nil when they are being written.
  public let totalBytes: Int?

  /// Work on so many files that are being written.
  init(totalFiles: Int) {
    self.totalFiles = totalFiles
    totalBytes = nil
  }

  /// Work on files of the sizes that a manifest gives, which may be anything.
  init(_ files: [FileDigest]) {
    totalFiles = files.count
    totalBytes = files.reduce(0) { Self.sum($0, $1.byteCount) }
  }

  /// Enters a file that is done.
  mutating func enter(_ file: FileDigest) {
    files += 1
    bytes = Self.sum(bytes, file.byteCount)
  }

  private static func sum(_ one: Int, _ other: Int) -> Int {
    let (sum, overflow) = one.addingReportingOverflow(max(0, other))
    return overflow ? .max : sum
  }
}
