internal import Glibc

/// The folder of a data set that is being written.
enum OutputFolder {
  static let journalName = "journal.jsonl"

  /// Refuses a folder that holds something that a build may not replace.
  ///
  /// A finished data set of the same build is no obstacle, as far as that can be told before the
  /// archive is read, nor is the part that is asked for: of several tasks or parts, some of which
  /// failed, all are run again.
  static func check(_ folder: String, for plan: BuildPlan, task index: Int) throws {
    guard !plan.replacesExisting else { return }
    func refuse(_ reason: String) -> DataSetError {
      DataSetError(
        path: folder,
        reason: reason,
        hint: "choose another folder, or replace it with --force"
      )
    }
    let parts = try names(in: folder).compactMap { BuildPart(fileName: $0) }
    guard let part = plan.part else {
      if let some = parts.first {
        throw refuse("holds parts of a build in \(some.count) parts, which 'lra-prep merge' joins")
      }
      guard access(folder + "/" + Manifest.fileName, F_OK) == 0 else { return }
      let manifest = try Manifest.read(from: folder)
      guard !plan.mayHaveMade(manifest, task: index) else { return }
      throw refuse(
        manifest.masks.count > plan.masks.count
          ? "holds a finished data set that has further masks"
          : "holds a finished data set of another build"
      )
    }
    if access(folder + "/" + Manifest.fileName, F_OK) == 0 {
      throw refuse("holds a finished data set already")
    }
    if let other = parts.first(where: { $0.count != part.count }) {
      throw refuse("holds parts of a build in \(other.count) parts, not in \(part.count)")
    }
  }

  /// Removes what earlier builds left, the manifest first, but for finished `files` of this build.
  ///
  /// The journal tells which of those can be taken over. Other parts of the same build are left
  /// alone, also in what they have not finished.
  static func prepare(_ folder: String, keeping files: Set<String>, part: BuildPart?) throws {
    let old = Set((try? Manifest.read(from: folder))?.attachments.map(\.file) ?? [])
    try remove(folder + "/" + Manifest.fileName)
    for name in try names(in: folder) where !files.contains(name) {
      let finalName = name.hasSuffix(".partial") ? String(name.dropLast(".partial".count)) : name
      let isStale =
        if let other = BuildPart(fileName: name) {
          other.count != part?.count || finalName == part?.recordName
        } else if files.contains(finalName) {
          part == nil
        } else {
          ShardPlan.isDataFile(name) || old.contains(finalName) || finalName == Manifest.fileName
            || name.hasPrefix(SampleSpool.name) || (part != nil && name == journalName)
        }
      if isStale { try remove(folder + "/" + name) }
    }
  }

  /// The names of the regular files in a folder, sorted; none when there is no such folder.
  ///
  /// - Throws: ``FileError`` when the folder cannot be read.
  static func names(in folder: String) throws(FileError) -> [String] {
    guard let entries = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw FileError(path: folder, action: "list", code: errno)
    }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      var status = stat()
      guard lstat(folder + "/" + name, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFREG { names.append(name) }
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
