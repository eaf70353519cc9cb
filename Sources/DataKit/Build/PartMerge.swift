internal import Glibc

/// Joins the parts of a build into the data set that one process would have written.
public struct PartMerge {
  private struct Source {
    var folder: String
    var record: PartRecord
  }

  private let output: String
  private let sources: [Source]

  /// Reads and compares the records of the parts in `folders`.
  ///
  /// - Throws: ``DataSetError`` when parts are missing, doubled or of different builds, or `output`
  ///   holds a finished data set and `replacesExisting` is false.
  public init(_ folders: [String], into output: String, replacesExisting: Bool = false) throws {
    self.output = output
    if !replacesExisting, access(output + "/" + Manifest.fileName, F_OK) == 0 {
      throw DataSetError(
        path: output,
        reason: "holds a finished data set already",
        hint: "choose another folder, or replace it with --force"
      )
    }
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
          path: source.folder + "/" + source.record.part.recordName,
          reason: "is a part of another build than \(first.folder)/\(first.record.part.recordName)",
          hint: "prepare all parts from the same archive with the same options"
        )
      }
    }
    let indices = sources.map(\.record.part.index)
    guard indices == Array(0..<count) else {
      let missing = (0..<count).filter { !indices.contains($0) }.map(String.init)
      throw DataSetError(
        path: output,
        reason: missing.isEmpty
          ? "a part is given twice"
          : "of \(count) parts these are missing: \(missing.joined(separator: ", "))"
      )
    }
    self.sources = sources
  }

  /// Brings every file, checked, to the output folder and commits the manifest.
  ///
  /// Parts are left as they are; in a folder shared by all, only their records go.
  ///
  /// - Parameter report: called after each file.
  /// - Returns: the manifest of the whole.
  /// - Throws: ``FileError`` of the disk, ``DataSetError`` when a file is not what its record says.
  public func run(report: (FileProgress) -> Void = { _ in }) throws -> Manifest {
    try OutputFolder.make(output)
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
    var manifest = sources[0].record.manifest
    for source in sources.dropFirst() { manifest.addFiles(of: source.record.manifest) }
    manifest.sortFiles()
    try AtomicFile.write(try manifest.encoded(), to: output + "/" + Manifest.fileName)
    for source in sources {
      let record = output + "/" + source.record.part.recordName
      if isSame(source.folder, output) { try OutputFolder.remove(record) }
    }
    return manifest
  }

  private func bring(_ file: AttachmentEntry, from folder: String) throws {
    let source = folder + "/" + file.file
    let mapped = try MappedFile(path: source)
    if isSame(folder, output) {
      return try check(mapped.digest(), file, source)
    }
    var copy = try PartialFile(finalPath: output + "/" + file.file)
    try copy.write(mapped)
    try check(try copy.commit(), file, source)
  }

  private func check(_ digest: FileDigest, _ file: AttachmentEntry, _ path: String) throws {
    guard digest == file.digest else {
      throw DataSetError(
        path: path,
        reason: "does not have the checksum its part's record gives",
        hint: "prepare that part again"
      )
    }
  }

  private func isSame(_ one: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(one, &first) == 0 && stat(other, &second) == 0
      && first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }
}

extension Manifest {
  /// Every file but the manifest, in a fixed order: shards, mask shards, attachments, fractions.
  public var files: [AttachmentEntry] {
    let shards = Split.allCases.flatMap { splits[$0.rawValue]?.shards ?? [] }
    let maskShards = masks.flatMap { set in Split.allCases.flatMap { set.shards[$0.rawValue] ?? [] }
    }
    return (shards + maskShards).map { AttachmentEntry(file: $0.file, digest: $0.digest) }
      + attachments
      + (fractions.map { [AttachmentEntry(file: $0.file, digest: $0.digest)] } ?? [])
  }

  /// What all parts of a build agree on.
  fileprivate var withoutFiles: Manifest {
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
