internal import FoundationEssentials
internal import Glibc

/// Keeps the bytes of faulty members, rows and images for a look.
///
/// They stand in the folder `quarantine` of the output, under numbers, as no name from an archive
/// ever becomes a file's; `quarantine.jsonl` there has a line for each.
final class Quarantine {
  static let folderName = "quarantine"
  private static let listName = "quarantine.jsonl"
  /// What is faulty beyond these is only counted, so that a hostile archive cannot fill the disk.
  static let entryLimit = 10_000
  private static let byteLimit = 1 << 30

  /// A line of the list.
  private struct Entry: Encodable {
    /// Absent where the fault has no bytes of its own.
    var file: String?
    var archive: String
    var member: String?
    /// Counted from 1.
    var line: Int?
    var reason: String
  }

  private let folder: String
  private let list: Int32
  private var entries = 0
  private var byteCount = 0

  /// Makes the folder under `output`.
  ///
  /// - Throws: ``FileError``.
  init(in output: String) throws(FileError) {
    folder = output + "/" + Self.folderName
    try OutputFolder.make(folder)
    let path = folder + "/" + Self.listName
    list = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard list >= 0 else { throw FileError(path: path, action: "create", code: errno) }
  }

  deinit { close(list) }

  /// Keeps the bytes of what `error` is about.
  ///
  /// - Returns: false when nothing more is kept.
  /// - Throws: ``FileError``.
  func keep(_ bytes: UnsafeRawBufferPointer?, _ error: ArchiveError) throws -> Bool {
    let count = bytes?.count ?? 0
    guard entries < Self.entryLimit, byteCount + count <= Self.byteLimit else { return false }
    entries += 1
    byteCount += count
    var entry = Entry(
      archive: printable(error.archive),
      member: error.member.map { printable($0) },
      line: error.line,
      reason: printable(error.reason)
    )
    if let bytes {
      let digits = String(entries)
      let name = String(repeating: "0", count: 6 - digits.count) + digits + ".bin"
      try AtomicFile.write(Array(bytes), to: folder + "/" + name)
      entry.file = name
    }
    try append(entry)
    return true
  }

  private func append(_ entry: Entry) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = [UInt8](try encoder.encode(entry)) + [UInt8(ascii: "\n")]
    let written = line.withUnsafeBytes { write(list, $0.baseAddress, $0.count) }
    guard written == line.count else {
      let code = written < 0 ? errno : ENOSPC
      throw FileError(path: folder + "/" + Self.listName, action: "write", code: code)
    }
  }

  /// Removes what an earlier build kept; files of other names stay.
  static func remove(from output: String) throws {
    let folder = output + "/" + folderName
    guard access(folder, F_OK) == 0 else { return }
    for name in try OutputFolder.names(in: folder)
    where name == listName || name.hasSuffix(".bin") && Int(name.dropLast(4)) != nil {
      try OutputFolder.remove(folder + "/" + name)
    }
    rmdir(folder)
  }
}
