internal import Glibc

/// Joins the parts of a build into the data set that one process would have written.
public struct PartMerge {
  private struct Source {
    var folder: String
    var record: PartRecord

    var path: String { folder + "/" + record.part.recordName }
  }

  private let output: String
  private let sources: [Source]
  private let replacesExisting: Bool
  /// The manifest, where a merge in this folder was stopped after its commit.
  private let committed: Manifest?

  /// Reads and compares the records of the parts in `folders`.
  ///
  /// - Throws: ``DataSetError`` when parts are missing, doubled or of different builds, or `output`
  ///   holds a finished data set and `replacesExisting` is false.
  public init(_ folders: [String], into output: String, replacesExisting: Bool = false) throws {
    self.output = output
    self.replacesExisting = replacesExisting
    committed = Self.stoppedAfterCommit(folders, output)
    if committed != nil {
      sources = try PartRecord.readAll(in: output).map { Source(folder: output, record: $0) }
      return
    }
    if !replacesExisting { try Self.checkUnfinished(output) }
    var sources: [Source] = []
    for folder in folders {
      let records = try PartRecord.readAll(in: folder)
      guard !records.isEmpty else {
        throw DataSetError(
          path: folder,
          reason: "holds no finished part of a build",
          hint: "prepare one with 'lra-prep build TASK --part 0/4 ...'"
        )
      }
      sources += records.map { Source(folder: folder, record: $0) }
    }
    sources.sort { $0.record.part.index < $1.record.part.index }
    guard let first = sources.first else {
      throw DataSetError(path: output, reason: "there are no parts to merge")
    }
    let count = first.record.part.count
    for source in sources {
      guard source.record.part.count == count,
        source.record.manifest.withoutFiles == first.record.manifest.withoutFiles
      else {
        throw DataSetError(
          path: source.path,
          reason: "is a part of another build than \(first.path)",
          hint: "prepare all parts from the same archive with the same options"
        )
      }
    }
    for (one, next) in zip(sources, sources.dropFirst())
    where one.record.part == next.record.part {
      throw DataSetError(
        path: next.path,
        reason: one.path == next.path
          ? "its folder is given twice" : "is the same part as \(one.path)",
        hint: "give every part once"
      )
    }
    let indices = Set(sources.map(\.record.part.index))
    let missing = (0..<count).filter { !indices.contains($0) }
    guard missing.isEmpty else {
      throw DataSetError(
        path: output,
        reason: "of \(count) parts these are missing: \(Self.list(missing))",
        hint: "prepare what is missing with --part INDEX/\(count), or name its folder"
      )
    }
    self.sources = sources
  }

  private static func checkUnfinished(_ output: String) throws {
    guard access(output + "/" + Manifest.fileName, F_OK) == 0 else { return }
    throw DataSetError(
      path: output,
      reason: "holds a finished data set already",
      hint: "choose another folder, or replace it with --force"
    )
  }

  /// The manifest in `output`, where every part is or was, if records of its parts are left.
  private static func stoppedAfterCommit(_ folders: [String], _ output: String) -> Manifest? {
    guard folders.allSatisfy({ isSame($0, output) }),
      let manifest = try? Manifest.read(from: output),
      let records = try? PartRecord.readAll(in: output), !records.isEmpty,
      records.allSatisfy({ $0.manifest.withoutFiles == manifest.withoutFiles })
    else { return nil }
    return manifest
  }

  /// The first numbers of a list that may be long.
  private static func list(_ numbers: [Int]) -> String {
    let shown = numbers.prefix(8).map(String.init).joined(separator: ", ")
    return numbers.count > 8 ? "\(shown) and \(numbers.count - 8) more" : shown
  }

  /// Brings every file, checked, to the output folder and commits the manifest.
  ///
  /// Parts are left as they are; in a folder shared by all, only their records go.
  ///
  /// - Parameter report: called after each file.
  /// - Returns: the manifest of the whole.
  /// - Throws: ``FileError`` of the disk, ``DataSetError`` when a file is not what its record says, or
  ///   another process writes to one of the folders.
  public func run(report: (FileProgress) -> Void = { _ in }) throws -> Manifest {
    try OutputFolder.make(output)
    let journal = try ShardJournal(OutputFolder.journalName, in: output)
    for folder in Set(sources.map(\.folder)) + [output] {
      try FolderLock.refuseOthers(in: folder, beside: nil)
    }
    // Another merge may have ended here since the records were read.
    if committed == nil, !replacesExisting { try Self.checkUnfinished(output) }
    let manifest = try committed ?? merged(report)
    for source in sources where Self.isSame(source.folder, output) {
      try OutputFolder.remove(source.path)
    }
    // What a build had begun here is no longer to be gone on with.
    try journal.remove()
    return manifest
  }

  private func merged(_ report: (FileProgress) -> Void) throws -> Manifest {
    var manifest = sources[0].record.manifest
    for source in sources.dropFirst() { manifest.addFiles(of: source.record.manifest) }
    manifest.sortFiles()
    if !sources.contains(where: { Self.isSame($0.folder, output) }) {
      try OutputFolder.prepare(output, keeping: Set(manifest.fileNames), part: nil)
    }
    try OutputFolder.remove(output + "/" + Manifest.fileName)
    let files = sources.flatMap { source in
      source.record.manifest.files.map { (folder: source.folder, file: $0) }
    }
    var progress = FileProgress(files.map(\.file.digest))
    for entry in files {
      try bring(entry.file, from: entry.folder)
      progress.enter(entry.file.digest)
      report(progress)
    }
    try AtomicFile.write(try manifest.encoded(), to: output + "/" + Manifest.fileName)
    return manifest
  }

  private func bring(_ file: AttachmentEntry, from folder: String) throws {
    let source = folder + "/" + file.file
    guard let mapped = try? MappedFile(path: source) else {
      throw DataSetError(
        path: source,
        reason: "is missing, although its part's record names it",
        hint: Self.partHint
      )
    }
    let isInPlace = Self.isSame(folder, output)
    let place = output + "/" + file.file
    // What is compared is what was copied, in case the file changes meanwhile.
    guard try (isInPlace ? mapped.digest() : Self.copy(mapped, to: place)) == file.digest else {
      if !isInPlace { unlink(place) }
      throw DataSetError(
        path: source,
        reason: "does not have the checksum its part's record gives",
        hint: Self.partHint
      )
    }
  }

  private static let partHint = "prepare that part again with the same command"

  private static func copy(_ file: MappedFile, to path: String) throws -> FileDigest {
    var copy = try PartialFile(finalPath: path)
    try copy.write(file)
    return try copy.commit()
  }

  private static func isSame(_ one: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(one, &first) == 0 && stat(other, &second) == 0
      && first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }
}

extension Manifest {
  /// Every file but the manifest, in a fixed order: shards, mask shards, attachments, fractions.
  public var files: [AttachmentEntry] {
    shardEntries.map { AttachmentEntry(file: $0.file, digest: $0.digest) }
      + attachments
      + (fractions.map { [AttachmentEntry(file: $0.file, digest: $0.digest)] } ?? [])
  }

  /// Shards, then mask shards.
  var shardEntries: [ShardEntry] {
    Split.allCases.flatMap { splits[$0.rawValue]?.shards ?? [] }
      + masks.flatMap { set in Split.allCases.flatMap { set.shards[$0.rawValue] ?? [] } }
  }

  /// What all parts of a build agree on.
  var withoutFiles: Manifest {
    var manifest = self
    for split in splits.keys { manifest.splits[split]?.shards = [] }
    for mask in masks.indices { manifest.masks[mask].shards = [:] }
    manifest.attachments = []
    manifest.fractions = nil
    return manifest
  }

  fileprivate mutating func addFiles(of other: Manifest) {
    for (split, description) in other.splits { splits[split]?.shards += description.shards }
    for (mask, description) in other.masks.enumerated() {
      for (split, entries) in description.shards {
        masks[mask].shards[split, default: []] += entries
      }
    }
  }

  /// Puts shards in the order of their numbers, which is that of their names.
  fileprivate mutating func sortFiles() {
    func sorted(_ entries: [ShardEntry]) -> [ShardEntry] {
      entries.sorted { ($0.file.utf8.count, $0.file) < ($1.file.utf8.count, $1.file) }
    }
    splits = splits.mapValues { description in
      var ordered = description
      ordered.shards = sorted(description.shards)
      return ordered
    }
    for mask in masks.indices {
      masks[mask].shards = masks[mask].shards.mapValues { sorted($0) }
    }
  }
}
