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

  /// How a journal begins.
  private static let opening = Array("\n{\"build\":\"".utf8)

  private let folder: String
  private let lock: FolderLock
  private let finished = Mutex<[String: ShardEntry]>([:])

  /// Opens and locks the journal `name` in `folder`; nothing is taken over before ``begin(build:)``.
  ///
  /// - Throws: ``DataSetError`` when another process has it open, or the file is no journal.
  init(_ name: String, in folder: String) throws {
    self.folder = folder
    lock = try FolderLock(name, in: folder)
    let isJournal = try MappedFile(path: lock.path).withBytes { bytes in
      // A crash may cut the first line short, or leave zeros in its place.
      bytes.starts(with: Self.opening) || Self.opening.starts(with: bytes)
        || bytes.allSatisfy { $0 == 0 }
    }
    guard isJournal else {
      throw DataSetError(
        path: lock.path,
        reason: "the file is not the journal of a build, which needs its name",
        hint: "move it away, or choose another folder"
      )
    }
  }

  /// Takes over what an earlier run of the build named `build` finished; a journal of another build
  /// is begun anew.
  ///
  /// - Throws: ``FileError``.
  func begin(build: String) throws {
    let lines = try MappedFile(path: lock.path).withBytes { bytes in
      bytes.split(separator: UInt8(ascii: "\n")).map { Data($0) }
    }
    let decoder = JSONDecoder()
    guard let first = lines.first,
      let head = try? decoder.decode(Head.self, from: first), head.build == build
    else {
      guard ftruncate(lock.descriptor, 0) == 0 else {
        throw FileError(path: lock.path, action: "empty", code: errno)
      }
      return try append(line: Head(build: build))
    }
    // A line that a crash cut short is no JSON.
    takeOver(lines.dropFirst().compactMap { try? decoder.decode(ShardEntry.self, from: $0) })
  }

  /// Adds files that are known to be finished from elsewhere.
  func takeOver(_ entries: [ShardEntry]) {
    finished.withLock { finished in
      for entry in entries { finished[entry.file] = entry }
    }
  }

  /// The entry of a file that an earlier run finished, if it still stands as it was written.
  func entry(of file: String) -> ShardEntry? {
    guard let entry = finished.withLock({ $0[file] }) else { return nil }
    return stands(AttachmentEntry(file: file, digest: entry.digest)) ? entry : nil
  }

  /// Whether a file is in the folder and has its digest.
  func stands(_ file: AttachmentEntry) -> Bool {
    guard let mapped = try? MappedFile(path: folder + "/" + file.file),
      mapped.byteCount == file.digest.byteCount
    else { return false }
    return mapped.digest() == file.digest
  }

  /// Notes that a file is finished.
  func append(_ entry: ShardEntry) throws { try append(line: entry) }

  private func append(line: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A leading line feed closes a line that a crash cut short.
    let bytes = [UInt8(ascii: "\n")] + [UInt8](try encoder.encode(line)) + [UInt8(ascii: "\n")]
    // One call: lines of several threads do not mix.
    let written = write(lock.descriptor, bytes, bytes.count)
    guard written == bytes.count else {
      // A write that ends early sets no errno: the disk is full.
      throw FileError(path: lock.path, action: "write", code: written < 0 ? errno : ENOSPC)
    }
    guard fdatasync(lock.descriptor) == 0 else {
      throw FileError(path: lock.path, action: "synchronise", code: errno)
    }
  }

  /// Removes the journal of a finished build.
  func remove() throws { try OutputFolder.remove(lock.path) }
}
