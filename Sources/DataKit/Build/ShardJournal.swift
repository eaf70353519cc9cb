internal import FoundationEssentials
internal import Glibc
internal import Synchronization

/// The finished files of a build that has not finished: one synchronised line per file.
///
/// The same build run again takes them over instead of writing them once more. The first line names
/// the build by the digest of everything that shapes its files, so another build's are not taken.
/// While the object lives no other process can open the journal. Any thread may use it.
final class ShardJournal: Sendable {
  private struct Head: Codable { var build: String }

  private let folder: String
  private let path: String
  private let descriptor: Int32
  private let finished = Mutex<[String: ShardEntry]>([:])

  /// The journal of the build named `build` in `folder`; a journal of another build is begun anew.
  ///
  /// - Throws: ``DataSetError`` when another process has it open.
  init(_ name: String, in folder: String, build: String) throws {
    self.folder = folder
    path = folder + "/" + name
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    // A file system without locks is trusted.
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      throw DataSetError(
        path: folder,
        reason: "another process is writing this data set, or this part of it",
        hint: "give every process a folder or a --part of its own"
      )
    }
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
      try append(line: Head(build: build))
      return
    }
    // A line that a crash cut short is no JSON.
    takeOver(lines.dropFirst().compactMap { try? decoder.decode(ShardEntry.self, from: $0) })
  }

  deinit { close(descriptor) }

  /// Adds files that are known to be finished from elsewhere.
  func takeOver(_ entries: [ShardEntry]) {
    finished.withLock { finished in
      for entry in entries { finished[entry.file] = entry }
    }
  }

  /// The entry of a file that an earlier run finished, if it still stands as it was written.
  func entry(of file: String) -> ShardEntry? {
    guard let entry = finished.withLock({ $0[file] }),
      let mapped = try? MappedFile(path: folder + "/" + file)
    else { return nil }
    return mapped.digest() == entry.digest ? entry : nil
  }

  /// Notes that a file is finished.
  func append(_ entry: ShardEntry) throws { try append(line: entry) }

  private func append(line: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A leading line feed closes a line that a crash cut short.
    let bytes = [UInt8(ascii: "\n")] + [UInt8](try encoder.encode(line)) + [UInt8(ascii: "\n")]
    // One call: lines of several threads do not mix.
    guard write(descriptor, bytes, bytes.count) == bytes.count, fdatasync(descriptor) == 0 else {
      throw FileError(path: path, action: "write", code: errno)
    }
  }

  /// Removes the journal of a finished build.
  func remove() throws { try OutputFolder.remove(path) }
}
