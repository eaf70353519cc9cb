internal import Glibc

/// Size and XXH3 of a file: what a transfer compares.
struct FileChecksum: Equatable {
  let byteCount: Int
  /// XXH3 with 128 bits in lower-case hexadecimal, as in ``FileDigest/xxh3``.
  let xxh3: String

  /// What a manifest says of a file.
  init(_ digest: FileDigest) {
    byteCount = digest.byteCount
    xxh3 = digest.xxh3
  }

  /// The checksum of what a digester was given.
  init(byteCount: Int, _ digester: XXH3Digester) {
    self.byteCount = byteCount
    xxh3 = digester.finish()
  }

  /// Reads a file; unlike a mapping this survives a disk that cannot be read, with an error.
  ///
  /// - Throws: ``FileError``.
  init(ofFileAt path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { buffer.deallocate() }
    let digester = XXH3Digester()
    var byteCount = 0
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path: path, action: "read", code: errno) }
      guard count > 0 else { break }
      digester.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
      byteCount += count
    }
    self.init(byteCount: byteCount, digester)
  }
}
