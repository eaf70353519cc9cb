import Foundation
import TestSupport
import Testing

@testable import DataKit

struct ArchiveReaderTests {
  /// All that a reader reports of an archive.
  struct Reading: Equatable {
    var members: [String: [UInt8]] = [:]
    var names: [String] = []
    var positions: [Int] = []
    var byteCount = 0
    var digest = ""
    var hasTrailingBytes = false
    var fault: String?

    init(_ path: String, threads: Int, limits: ArchiveLimits = ArchiveLimits()) {
      do {
        let reader = try ArchiveReader(.file(path), threads: threads, limits: limits)
        while let member = try reader.next() {
          names.append(member.path)
          // Members that nobody wants are passed over.
          if names.count % 3 != 0 {
            members[member.path] = try reader.readAll(member, limit: 1 << 30)
          }
          positions.append(reader.bytesRead)
        }
        (byteCount, digest) = try reader.drain()
        hasTrailingBytes = reader.hasTrailingBytes
      } catch { fault = "\(error)" }
    }
  }

  /// An archive of some megabytes, which fills the ring of buffers several times over.
  private static func makeArchive(_ path: String) throws {
    let writer = try ArchiveWriter(path: path, compressionLevel: 1)
    for index in 0..<40 {
      let bytes = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 &* (index + 3) >> 4 ^ $0 >> 9) }
      try writer.addMember("folder/member-\(index)", bytes)
    }
    try writer.finish()
  }

  @Test func `reading ahead changes nothing`() throws {
    let folder = TemporaryFolder()
    let path = folder.file("a.tar.gz")
    try Self.makeArchive(path)
    let whole = try Data(contentsOf: URL(filePath: path))
    let inline = Reading(path, threads: 1)
    #expect(inline.fault == nil)
    #expect(inline.names.count == 40)
    #expect(inline.byteCount == whole.count)
    #expect(Reading(path, threads: 2) == inline)

    try (whole + Data([0, 0, 7])).write(to: URL(filePath: path))
    let trailing = Reading(path, threads: 1)
    #expect(trailing.hasTrailingBytes)
    #expect(trailing.members == inline.members)
    #expect(Reading(path, threads: 2) == trailing)
  }

  @Test func `faults come after the same members, and name the byte`() throws {
    let folder = TemporaryFolder()
    let path = folder.file("a.tar.gz")
    try Self.makeArchive(path)
    let whole = try Data(contentsOf: URL(filePath: path))
    for cut in [whole.count / 3, whole.count - 4] {
      try whole[..<cut].write(to: URL(filePath: path))
      let inline = Reading(path, threads: 1)
      let fault = try #require(inline.fault)
      #expect(fault.contains("truncated") && fault.contains("at byte \(cut) of the archive"))
      #expect(inline.names.count > 10)
      #expect(Reading(path, threads: 2) == inline)
    }
    var damaged = whole
    damaged[whole.count - 6] ^= 16
    try damaged.write(to: URL(filePath: path))
    let inline = Reading(path, threads: 1)
    #expect(try #require(inline.fault).contains("checksum"))
    #expect(Reading(path, threads: 2) == inline)
  }

  @Test(arguments: [1, 2])
  func `a reader may be dropped at any member`(threads: Int) throws {
    let folder = TemporaryFolder()
    let path = folder.file("a.tar.gz")
    try Self.makeArchive(path)
    for taken in 0..<6 {
      let reader = try ArchiveReader(.file(path), threads: threads)
      for _ in 0..<taken { _ = try reader.next() }
    }
  }

  @Test func `a reader that waits for a pipe can be dropped`() throws {
    let folder = TemporaryFolder()
    let path = folder.file("a.tar.gz")
    try Self.makeArchive(path)
    let whole = try Data(contentsOf: URL(filePath: path))
    let pipe = folder.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    // Opened for both, so that the writer does not wait and the pipe does not end.
    let writer = open(pipe, O_RDWR | O_CLOEXEC)
    defer { close(writer) }
    // A pipe holds 64 KiB, of which a member can be seen but not the end.
    let start = Array(whole.prefix(50_000))
    #expect(write(writer, start, start.count) == start.count)
    let reader = try DroppedReader(pipe)
    // Its thread now waits for bytes that never come; what it has is less than one buffer.
    reader.drop()
  }

  @Test(arguments: [1, 2])
  func `joined archives with much padding between them are read on`(threads: Int) throws {
    let folder = TemporaryFolder()
    let path = folder.file("a.tar")
    let block = TarBlocks.member("a", [1, 2, 3]) + [UInt8](repeating: 0, count: 1 << 20)
    try Data(block + TarBlocks.pax("path=other\n") + TarBlocks.member("b", [4]))
      .write(to: URL(filePath: path))
    let reading = Reading(path, threads: threads)
    #expect(reading.fault == nil)
    #expect(reading.members == ["a": [1, 2, 3], "other": [4]])
  }
}

/// A reader made on one thread and dropped on another.
private final class DroppedReader {
  private var source: ReadAhead?

  init(_ path: String) throws {
    let source = try ByteSource(.file(path), limits: ArchiveLimits())
    self.source = ReadAhead(source, chunkByteCount: 1 << 18, threads: 2)
  }

  func drop() { source = nil }
}
