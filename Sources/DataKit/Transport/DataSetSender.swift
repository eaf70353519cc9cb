/// Sends the data set in a folder as one stream.
public struct DataSetSender {
  /// The files to send, in order.
  public let files: [AttachmentEntry]
  /// The files left out, as the other side holds them.
  public let skipped: [AttachmentEntry]
  /// The bytes of the files to send.
  public let byteCount: Int
  private let folder: String
  private let list: ContentsList

  /// A sender of a data set.
  ///
  /// - Parameters:
  ///   - folder: the data set's folder.
  ///   - held: what the other side holds; a file is left out when its name and XXH3 are those of
  ///     the manifest.
  /// - Throws: ``DataSetError`` when the folder holds no finished data set.
  public init(folder: String, skipping held: [HeldFile] = []) throws {
    guard let list = try ContentsList(in: folder) else { throw Manifest.absence(in: folder) }
    self.folder = folder
    self.list = list
    let held = Set(held)
    let isHeld = { (entry: AttachmentEntry) in
      held.contains(HeldFile(name: entry.file, xxh3: entry.digest.xxh3))
    }
    files = list.files.filter { !isHeld($0) }
    skipped = list.files.filter(isHeld)
    byteCount = files.reduce(0) { $0 + $1.digest.byteCount }
  }

  /// Writes the whole stream, checking every file while it is read.
  ///
  /// - Parameters:
  ///   - stream: a new stream.
  ///   - report: called often with the number of bytes sent so far.
  /// - Throws: what ``DataSetStream`` throws; the stream then has no end.
  public func send(to stream: DataSetStream, report: (Int) -> Void = { _ in }) throws {
    try stream.announce(manifest: list.bytes)
    var sent = 0
    for entry in files {
      try stream.append(
        fileAt: folder + "/" + entry.file,
        name: entry.file,
        digest: entry.digest
      ) { count in
        sent += count
        report(sent)
      }
    }
    try stream.finish(manifest: list.bytes)
  }
}
