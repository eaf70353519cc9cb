internal import Glibc

extension FileDigest {
  /// Reads a file and computes its digest.
  ///
  /// Unlike a mapping this survives a disk that cannot be read, with an error.
  ///
  /// - Parameter synchronizing: whether to wait until the file has reached the disk.
  /// - Throws: ``FileError``.
  init(ofFileAt path: String, synchronizing: Bool = false) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { buffer.deallocate() }
    let digester = FileDigester()
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path: path, action: "read", code: errno) }
      guard count > 0 else { break }
      digester.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
    }
    guard !synchronizing || fsync(descriptor) == 0 else {
      throw FileError(path: path, action: "synchronise", code: errno)
    }
    self = digester.finish()
  }
}

/// The names of the regular files in a folder, sorted; none when there is no such folder.
///
/// - Throws: ``FileError`` when the folder cannot be read.
func fileNames(in folder: String) throws(FileError) -> [String] {
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
