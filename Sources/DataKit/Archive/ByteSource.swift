internal import Glibc

/// The archive's bytes on their way to libarchive: counted, hashed and, where they are gzip,
/// inflated and checked.
final class ByteSource {
  private(set) var count = 0
  /// Why ``next(into:)`` last returned -1.
  private(set) var failure = ""
  let total: Int?
  let digester = SHA256Digester()
  private let descriptor: Int32
  private let owned: Bool
  private var inflater: GzipInflater?
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)

  init(_ input: ArchiveInput) throws(ArchiveError) {
    switch input {
    case .standardInput:
      descriptor = STDIN_FILENO
      owned = false
      total = nil
    case .file(let path):
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
      owned = true
      guard descriptor >= 0 else {
        throw ArchiveError(
          archive: path,
          reason: "cannot open: \(String(cString: strerror(errno)))"
        )
      }
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
        throw ArchiveError(archive: path, reason: "is a folder, expected an archive file")
      }
      total = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }
  }

  deinit {
    if owned, descriptor >= 0 { close(descriptor) }
    buffer.deallocate()
  }

  /// Whether something that belongs to no gzip member followed the archive.
  var hasTrailingBytes: Bool { inflater?.hasTrailingBytes ?? false }

  /// Lends the next bytes, inflated; 0 at the end, -1 on a ``failure``.
  func next(into pointer: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
    do {
      let bytes = try next()
      pointer.pointee = bytes.baseAddress
      return bytes.count
    } catch {
      failure = "\(error)"
      return -1
    }
  }

  private func next() throws -> UnsafeRawBufferPointer {
    if count == 0 {
      let first = try read(atLeast: 2)
      guard GzipInflater.isGzip(UnsafeRawBufferPointer(first)) else {
        return UnsafeRawBufferPointer(first)
      }
      inflater = GzipInflater()
      inflater?.give(first)
    }
    guard let inflater else { return UnsafeRawBufferPointer(try read(atLeast: 1)) }
    while true {
      if inflater.needsInput {
        let input = try read(atLeast: 1)
        if input.isEmpty {
          try inflater.finish()
          return UnsafeRawBufferPointer(input)
        }
        inflater.give(input)
      }
      let inflated = try inflater.inflate()
      if !inflated.isEmpty { return inflated }
    }
  }

  /// Fills the buffer's front with at least so many bytes, or with all that is left.
  private func read(atLeast wanted: Int) throws -> UnsafeMutableRawBufferPointer {
    var filled = 0
    while filled < wanted {
      let got = Glibc.read(
        descriptor,
        buffer.baseAddress.map { $0 + filled },
        buffer.count - filled
      )
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else {
        throw GzipInflater.Damage(description: "cannot read: \(String(cString: strerror(errno)))")
      }
      if got == 0 { break }
      filled += got
    }
    let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<filled])
    digester.update(UnsafeRawBufferPointer(bytes))
    count += filled
    return bytes
  }
}
