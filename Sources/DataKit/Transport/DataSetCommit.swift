internal import Glibc

/// Turns held files into a data set: knows which are there, and gives all of them their names.
struct DataSetCommit {
  private enum Place {
    case incoming, folder
  }

  /// What the data set consists of.
  let list: ContentsList
  private let incoming: IncomingFolder
  private let folder: String
  /// The data set that is in the folder already.
  private let existing: ContentsList?
  private var places: [String: Place] = [:]

  /// Looks which files are there and right, in `incoming` or under their names already.
  ///
  /// - Throws: ``DataSetError`` when the folder holds another data set or file that may not be
  ///   replaced, ``FileError`` when a file cannot be read.
  init(
    of list: ContentsList,
    from incoming: IncomingFolder,
    to folder: String,
    replacing: Bool
  ) throws {
    self.list = list
    self.incoming = incoming
    self.folder = folder
    do { existing = try ContentsList(in: folder) } catch {
      guard replacing else { throw error }
      existing = nil
    }
    if let existing, existing.bytes != list.bytes, !replacing {
      throw DataSetError(
        path: folder,
        reason: "holds another finished data set",
        hint: "choose another folder, or replace it with --force"
      )
    }
    for entry in list.files {
      let name = entry.file
      let final = folder + "/" + name
      let checksum = FileChecksum(entry.digest)
      let isInTheWay = !replacing && existing?[name] == nil && Self.exists(final)
      if !isInTheWay, try Self.isFile(incoming.path(of: name), checksum) {
        places[name] = .incoming
      } else if try Self.isFile(final, checksum) {
        places[name] = .folder
      } else if isInTheWay {
        throw DataSetError(
          path: final,
          reason: "another file of this name is there",
          hint: "choose another folder, or replace it with --force"
        )
      }
    }
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Whether a regular file is there and has the checksum.
  private static func isFile(_ path: String, _ checksum: FileChecksum) throws(FileError) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      Int(status.st_size) == checksum.byteCount
    else { return false }
    return try FileChecksum(ofFileAt: path) == checksum
  }

  /// Whether the file of that name is there and right.
  func holds(_ name: String) -> Bool { places[name] != nil }

  /// The files that are not there.
  var missing: [AttachmentEntry] { list.files.filter { !holds($0.file) } }

  /// The bytes of the files that are not there.
  var missingByteCount: Int { missing.reduce(0) { $0 + $1.digest.byteCount } }

  /// Notes that a file is in `incoming` now, and right.
  mutating func noteArrival(of name: String) { places[name] = .incoming }

  /// Gives the files their names, and writes the manifest last.
  ///
  /// Interrupted anywhere it leaves no manifest, and the next transfer finds every file.
  ///
  /// - Precondition: nothing is missing.
  /// - Throws: ``FileError``.
  func run() throws {
    precondition(missing.isEmpty, "a commit needs every file")
    let isThere = existing?.bytes == list.bytes
    let manifest = folder + "/" + Manifest.fileName
    // Another data set stops being one before its first file changes.
    if !isThere, unlink(manifest) != 0, errno != ENOENT {
      throw FileError(path: manifest, action: "remove", code: errno)
    }
    for entry in list.files where places[entry.file] == .incoming {
      let final = folder + "/" + entry.file
      guard rename(incoming.path(of: entry.file), final) == 0 else {
        throw FileError(path: final, action: "rename", code: errno)
      }
    }
    // The manifest's own commit synchronises the folder, but only after it has its name.
    try synchroniseFolder(folder)
    if !isThere { try AtomicFile.write(list.bytes, to: manifest) }
    for entry in existing?.files ?? [] where list[entry.file] == nil {
      unlink(folder + "/" + entry.file)
    }
    try incoming.remove()
  }
}
