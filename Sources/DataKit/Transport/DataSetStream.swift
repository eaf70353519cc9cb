internal import Glibc

/// Writes a data set as one tar stream: `contents.json`, the files, and `manifest.json` last.
///
/// `docs/transport.md` has the rules of the stream. Members are plain files of mode 0644, owner and
/// group 0 and no date, so equal data sets give equal streams. A stream that is dropped before
/// ``finish(manifest:)`` has no end, and no receiver takes it for a data set.
public final class DataSetStream {
  /// How the stream is compressed.
  public enum Compression: Sendable {
    case none, zstd
  }

  /// The member that promises what the manifest will say.
  public static let contentsName = "contents.json"

  private let tar: TarWriter
  private var contents: [UInt8]?
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)

  /// A stream to an open file or pipe.
  ///
  /// - Parameters:
  ///   - descriptor: where the bytes go, 1 for standard output; it stays the caller's.
  ///   - path: its name in messages, "-" for standard output.
  ///   - compression: how the stream is compressed.
  /// - Throws: ``ArchiveWriteError``.
  public init(
    to descriptor: Int32 = 1,
    path: String = "-",
    compression: Compression = .none
  ) throws {
    widenPipe(descriptor)
    tar = try TarWriter(
      to: descriptor,
      path: path,
      compression: compression == .zstd ? .zstd : .none,
      memberDate: 0,
      permissions: 0o644
    )
  }

  deinit { buffer.deallocate() }

  /// Sends ahead what the manifest will be, as far as it is known before the files.
  ///
  /// - Parameter manifest: the bytes of `manifest.json`.
  /// - Throws: ``ArchiveWriteError``.
  public func announce(manifest: [UInt8]) throws {
    precondition(contents == nil, "a stream announces its manifest once")
    contents = manifest
    try tar.addMember(Self.contentsName, manifest)
  }

  /// Adds a file, which is checked while it is read.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - name: its name in the data set.
  ///   - digest: what the manifest says of it; size and XXH3 are compared.
  ///   - report: called with the number of bytes added by each piece.
  /// - Throws: ``FileError`` when the file cannot be read, ``DataSetError`` when it is not what
  ///   the manifest says, ``ArchiveWriteError`` when the stream cannot be written.
  public func append(
    fileAt path: String,
    name: String,
    digest: FileDigest,
    report: (Int) -> Void = { _ in }
  ) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    defer { close(descriptor) }
    try tar.beginMember(name, byteCount: digest.byteCount)
    let digester = XXH3Digester()
    var sent = 0
    while let piece = try readPiece(of: descriptor, path) {
      sent += piece.count
      // The header has promised a size, so a longer file is refused here and not by the tar.
      guard sent <= digest.byteCount else { break }
      digester.update(piece)
      try tar.append(piece)
      report(piece.count)
    }
    guard sent == digest.byteCount, digester.finish() == digest.xxh3 else {
      let what =
        sent == digest.byteCount
        ? "its checksum is not that of the manifest" : "its size is not that of the manifest"
      throw DataSetError(
        path: path,
        reason: "the file is damaged: \(what)",
        hint: "'lra-prep verify' names the damaged samples; the stream was broken off"
      )
    }
  }

  private func readPiece(of descriptor: Int32, _ path: String) throws -> UnsafeRawBufferPointer? {
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path: path, action: "read", code: errno) }
      guard count > 0 else { return nil }
      return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
    }
  }

  /// Completes the stream.
  ///
  /// - Parameter manifest: the bytes of `manifest.json`, those announced if they were.
  /// - Throws: ``ArchiveWriteError``.
  public func finish(manifest: [UInt8]) throws {
    if contents == nil { try announce(manifest: manifest) }
    precondition(contents == manifest, "a stream ends with the manifest it announced")
    try tar.addMember(Manifest.fileName, manifest)
    try tar.finish()
  }
}

/// Lets a pipe hold more than its usual 64 KiB, which spares switches between its two ends;
/// whatever is not a pipe, or may not grow, stays as it is.
func widenPipe(_ descriptor: Int32) {
  // Linux's number for it; Glibc's module does not show the name.
  let setPipeSize: Int32 = 1031
  _ = fcntl(descriptor, setPipeSize, 1 << 20)
}
