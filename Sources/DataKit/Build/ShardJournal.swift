internal import FoundationEssentials
internal import Glibc

/// The finished files of a build that has not finished: one synchronised line per file.
///
/// The same build run again takes them over instead of writing them once more. The first line names
/// the build by the digest of everything that shapes its files, so another build's are not taken.
struct ShardJournal: ~Copyable {
  private struct Head: Codable { var build: String }

  private let folder: String
  private let path: String
  private let descriptor: Int32
  private var finished: [String: ShardEntry] = [:]

  /// The journal of the build named `build` in `folder`; a journal of another build is begun anew.
  init(_ name: String, in folder: String, build: String) throws {
    self.folder = folder
    path = folder + "/" + name
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    // A line that a crash cut short is no JSON and ends what is taken over.
    let lines = try MappedFile(path: path).withBytes { bytes in
      bytes.split(separator: UInt8(ascii: "\n")).map { Data($0) }
    }
    let decoder = JSONDecoder()
    guard let first = lines.first,
      let head = try? decoder.decode(Head.self, from: first), head.build == build
    else {
      guard ftruncate(descriptor, 0) == 0 else {
        throw FileError(path: path, action: "empty", code: errno)
      }
      try append(Head(build: build))
      return
    }
    for line in lines.dropFirst() {
      guard let entry = try? decoder.decode(ShardEntry.self, from: line) else { break }
      finished[entry.file] = entry
    }
  }

  deinit { close(descriptor) }

  /// The entry of a file that an earlier run finished, if it still stands as it was written.
  func entry(of file: String) -> ShardEntry? {
    guard let entry = finished[file], let mapped = try? MappedFile(path: folder + "/" + file) else {
      return nil
    }
    return mapped.digest() == entry.digest ? entry : nil
  }

  /// Notes that a file is finished.
  func append(_ entry: ShardEntry) throws {
    try append(entry as any Encodable)
  }

  private func append(_ line: any Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A leading line feed closes a line that a crash cut short.
    let bytes = [UInt8(ascii: "\n")] + [UInt8](try encoder.encode(line)) + [UInt8(ascii: "\n")]
    guard write(descriptor, bytes, bytes.count) == bytes.count, fdatasync(descriptor) == 0 else {
      throw FileError(path: path, action: "write", code: errno)
    }
  }

  /// Removes the journal of a finished build.
  consuming func remove() throws {
    guard unlink(path) == 0 else { throw FileError(path: path, action: "remove", code: errno) }
  }
}
