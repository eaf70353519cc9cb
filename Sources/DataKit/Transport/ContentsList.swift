internal import Glibc

/// A manifest together with its bytes, as a list of the files that a stream has to bring.
struct ContentsList {
  /// The most bytes of a manifest.
  static let byteLimit = 64 << 20

  /// The manifest as it is stored.
  let bytes: [UInt8]
  let manifest: Manifest
  /// The files, in the order of a stream.
  let files: [AttachmentEntry]
  /// The bytes of all files together.
  let byteCount: Int
  private let checksums: [String: FileChecksum]

  /// Checks a manifest of strangers.
  ///
  /// - Throws: ``DataSetError`` naming `path` when it is no usable manifest, or names a file twice,
  ///   with an unsafe name or with an impossible size.
  init(_ bytes: [UInt8], path: String) throws {
    self.bytes = bytes
    manifest = try bytes.withUnsafeBytes { try Manifest.decode($0, path: path) }
    files = manifest.files
    var checksums: [String: FileChecksum] = [:]
    var total = 0
    for entry in files {
      guard isPlainFileName(entry.file) else {
        throw DataSetError(
          path: path,
          reason: "'\(printable(entry.file))' is not a name that a file of a data set may have"
        )
      }
      guard checksums.updateValue(FileChecksum(entry.digest), forKey: entry.file) == nil else {
        throw DataSetError(path: path, reason: "the file '\(entry.file)' is listed twice")
      }
      let (sum, overflows) = total.addingReportingOverflow(entry.digest.byteCount)
      guard entry.digest.byteCount >= 0, !overflows else {
        throw DataSetError(path: path, reason: "'\(entry.file)' has an impossible size")
      }
      total = sum
    }
    guard manifest.fileNames.allSatisfy({ checksums[$0] != nil }) else {
      throw DataSetError(path: path, reason: "names files of a split that does not exist")
    }
    self.checksums = checksums
    byteCount = total
  }

  /// The list of the finished data set in `folder`, or nil when there is none.
  ///
  /// - Throws: ``DataSetError`` and ``FileError`` when there is a manifest that cannot be used.
  init?(in folder: String) throws {
    let path = folder + "/" + Manifest.fileName
    guard access(path, F_OK) == 0 else { return nil }
    let file = try MappedFile(path: path)
    guard file.byteCount <= Self.byteLimit else {
      throw DataSetError(path: path, reason: "has more than \(Self.byteLimit) bytes")
    }
    try self.init(file.withBytes { [UInt8]($0) }, path: path)
  }

  /// Size and checksum that the file of that name must have, or nil when there is none.
  subscript(name: String) -> FileChecksum? { checksums[name] }
}

/// Whether a stranger may choose this name for a file in a data set's folder: up to 200 printable
/// ASCII characters, one visible file of that very folder, and none that the transport needs.
func isPlainFileName(_ name: String) -> Bool {
  let isPrintable = name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  let own = [Manifest.fileName, DataSetStream.contentsName, IncomingFolder.name]
  return (1...200).contains(name.utf8.count) && isPrintable && !name.contains("/")
    && !name.hasPrefix(".") && !name.hasSuffix(".partial") && !own.contains(name)
}
