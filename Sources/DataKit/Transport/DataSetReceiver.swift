internal import Glibc

/// Receives a data set from a stream that ``DataSetStream`` wrote; the stream is untrusted.
///
/// Every file is written to the folder `incoming` and compared with the manifest; only
/// when all are right do they get their names, and the manifest comes last. What a broken transfer
/// brought whole is kept for the next.
public final class DataSetReceiver {
  /// How far a transfer has come.
  public struct Progress: Sendable {
    /// Bytes of files received.
    public var bytes: Int
    /// The bytes that are to come in all, once known.
    public var totalBytes: Int?
  }

  /// What a finished transfer did.
  public struct Receipt: Sendable {
    /// The data set's manifest.
    public var manifest: Manifest
    /// How many files were taken from the stream.
    public var files: Int
    /// The bytes of those files.
    public var byteCount: Int
    /// How many files were there already.
    public var held: Int
  }

  /// The most members of a stream.
  private static let memberLimit = 1 << 20

  private let folder: String
  private let replacing: Bool
  /// Keeps builds, mask writers and merges away from the folder until the transfer has ended.
  private var journal: ShardJournal?
  private let incoming: IncomingFolder
  private let workers = OrderedWorkers(threads: 2, window: 2)
  private var seen: Set<String> = []
  /// The checksums of the files that this stream brought.
  private var arrived: [String: FileChecksum] = [:]
  private var commit: DataSetCommit?
  private var progress = Progress(bytes: 0, totalBytes: nil)

  /// A receiver into a folder.
  ///
  /// - Parameters:
  ///   - folder: the folder, made if need be.
  ///   - replacing: whether other files, and another finished data set, may be replaced.
  /// - Throws: ``FileError``, and ``DataSetError`` when another process is writing there.
  public init(folder: String, replacing: Bool = false) throws {
    self.folder = folder
    self.replacing = replacing
    try OutputFolder.make(folder)
    journal = try ShardJournal(OutputFolder.journalName, in: folder)
    try FolderLock.refuseOthers(in: folder, beside: nil)
    incoming = try IncomingFolder(in: folder)
  }

  /// Reads the stream to its end and commits the data set; call once.
  ///
  /// - Parameters:
  ///   - descriptor: the stream; 0 is standard input.
  ///   - name: its name in messages.
  ///   - report: called often.
  /// - Returns: what was received.
  /// - Throws: ``TransferError`` when the stream or the disk fails, ``DataSetError`` when the data
  ///   set is refused. No file of it then has its final name.
  public func receive(
    from descriptor: Int32 = 0,
    name: String = "standard input",
    report: (Progress) -> Void = { _ in }
  ) throws -> Receipt {
    defer {
      incoming.removeIfEmpty()
      journal = nil
    }
    do {
      let reader = try StreamReader(descriptor, name: name)
      while let member = try reader.next() {
        if member.name == Manifest.fileName { return try finish(member, reader) }
        try receive(member, reader, report)
      }
      throw ArchiveError(archive: name, reason: "the stream ends without \(Manifest.fileName)")
    } catch {
      // Whole files that wait for their check are worth keeping.
      try? workers.finish()
      try? incoming.removePartialFiles()
      guard error is ArchiveError || error is FileError else { throw error }
      throw TransferError(reason: "\(error)", folder: folder, heldFiles: incoming.count())
    }
  }

  private func receive(
    _ member: StreamMember,
    _ reader: StreamReader,
    _ report: (Progress) -> Void
  ) throws {
    let name = member.name
    guard seen.insert(name).inserted else {
      throw reader.error(in: member, "the member comes twice")
    }
    guard seen.count <= Self.memberLimit else {
      throw reader.error(in: member, "the stream has more than \(Self.memberLimit) members")
    }
    if name == DataSetStream.contentsName {
      return try admit(try reader.readAll(member, limit: ContentsList.byteLimit), reader)
    }
    try check(member, reader)
    if let commit, commit.holds(name) { return try reader.forEachChunk { _ in } }
    let checksum = try incoming.write(name) { append in
      try reader.forEachChunk { bytes in
        try append(bytes)
        progress.bytes += bytes.count
        report(progress)
      }
    }
    guard commit == nil || commit?.list[name] == checksum else {
      throw reader.error(in: member, "the file arrived damaged: its checksum is wrong")
    }
    // The next member is read while this one reaches the disk.
    let partial = incoming.partialPath(of: name)
    try workers.submit {
      try IncomingFolder.synchronise(partial)
    } deliver: { [unowned self] in
      try incoming.accept(name)
      arrived[name] = checksum
      commit?.noteArrival(of: name)
    }
  }

  /// Refuses a file by its name and size, before a byte of it is written.
  private func check(_ member: StreamMember, _ reader: StreamReader) throws {
    guard isPlainFileName(member.name) else {
      throw reader.error(in: member, "a file of a data set may not have this name")
    }
    guard let commit else { return }
    guard let expected = commit.list[member.name] else {
      throw reader.error(in: member, "\(DataSetStream.contentsName) does not list the file")
    }
    guard expected.byteCount == member.byteCount else {
      throw reader.error(
        in: member,
        "the member has \(member.byteCount) bytes, \(DataSetStream.contentsName) says "
          + "\(expected.byteCount)"
      )
    }
  }

  /// Takes the list of what belongs to the data set, before or after the files.
  private func admit(_ bytes: [UInt8], _ reader: StreamReader) throws {
    try workers.finish()
    let list = try ContentsList(bytes, path: "\(reader.name):\(DataSetStream.contentsName)")
    for (name, checksum) in arrived where list[name] != checksum {
      unlink(incoming.path(of: name))
      throw ArchiveError(
        archive: reader.name,
        member: name,
        reason: "the file is not the one that \(DataSetStream.contentsName) lists"
      )
    }
    let commit = try DataSetCommit(of: list, from: incoming, to: folder, replacing: replacing)
    progress.totalBytes = commit.missingByteCount + progress.bytes
    self.commit = commit
  }

  private func finish(_ member: StreamMember, _ reader: StreamReader) throws -> Receipt {
    let bytes = try reader.readAll(member, limit: ContentsList.byteLimit)
    guard let list = commit?.list, list.bytes == bytes else {
      throw reader.error(
        in: member,
        "the manifest is not the one that \(DataSetStream.contentsName) has announced"
      )
    }
    if let more = try reader.next() {
      throw reader.error(in: more, "a member follows the manifest")
    }
    try workers.finish()
    if let missing = commit?.missing, let first = missing.first {
      throw ArchiveError(
        archive: reader.name,
        reason: "\(missing.count) of \(list.files.count) files did not come, the first is "
          + "'\(first.file)'"
      )
    }
    try commit?.run()
    // What a build had begun here is no longer to be gone on with.
    try journal?.remove()
    return Receipt(
      manifest: list.manifest,
      files: arrived.count,
      byteCount: progress.bytes,
      held: list.files.count - arrived.count
    )
  }
}

/// A transfer that was broken off and can go on.
public struct TransferError: Error, CustomStringConvertible, Sendable {
  /// What is wrong.
  public let reason: String
  /// The folder that was to be filled.
  public let folder: String
  /// How many whole files are kept in it.
  public let heldFiles: Int

  /// One sentence, and how to go on.
  public var description: String {
    let kept =
      heldFiles == 0
      ? "no whole file has arrived; start the transfer again"
      : "\(heldFiles) whole file\(heldFiles == 1 ? " is" : "s are") kept; send all again, or only "
        + "the rest: 'lra-prep receive \(folder) --have > held', then 'lra-prep send DATA --skip held'"
    return "\(reason)\nhint: \(kept)"
  }
}
