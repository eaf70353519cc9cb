internal import Glibc

/// The folder of a data set that is being written.
enum OutputFolder {
  static let journalName = "journal.jsonl"

  /// Removes what earlier builds left, the manifest first, but for files of this plan's names.
  ///
  /// The journal tells whether those can be taken over. Other parts of the same build are left
  /// alone.
  static func prepare(_ folder: String, keeping plan: ShardPlan, part: BuildPart?) throws {
    let old = (try? Manifest.read(from: folder))?.attachments.map(\.file) ?? []
    try remove(folder + "/" + Manifest.fileName)
    let planned = Set(plan.pieces.map(\.file))
    for name in try names(in: folder) {
      let shard = name.split(separator: ".").first.map { $0 + ".safetensors" } ?? ""
      let isPlanned =
        planned.contains(String(shard)) && (part != nil || !name.hasSuffix(".partial"))
      let isStale = ShardPlan.isDataFile(name) && !isPlanned
      let isRecord = part == nil && (BuildPart.isRecord(name) || BuildPart.isJournal(name))
      if isStale || isRecord || old.contains(name) { try remove(folder + "/" + name) }
    }
  }

  /// The names of a folder's entries, sorted.
  static func names(in folder: String) throws -> [String] {
    guard let entries = opendir(folder) else {
      throw FileError(path: folder, action: "list", code: errno)
    }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
      )
    }
    return names.sorted()
  }

  /// Removes a file that may not be there.
  static func remove(_ path: String) throws {
    if unlink(path) != 0, errno != ENOENT {
      throw FileError(path: path, action: "remove", code: errno)
    }
  }

  /// Makes a folder and those above it.
  static func make(_ path: String) throws(FileError) {
    var built = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      built += (built.isEmpty || built == "/" ? "" : "/") + part
      if mkdir(built, 0o755) != 0, errno != EEXIST {
        throw FileError(path: built, action: "make the folder for", code: errno)
      }
    }
  }
}
