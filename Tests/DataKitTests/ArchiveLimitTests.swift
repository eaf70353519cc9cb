import Foundation
import TestSupport
import Testing

@testable import DataKit

struct ArchiveLimitTests {
  private let folder = TemporaryFolder()

  private func read(
    _ bytes: [UInt8],
    threads: Int = 1,
    _ change: (inout ArchiveLimits) -> Void = { _ in }
  ) throws -> ArchiveReaderTests.Reading {
    let path = folder.file("a.tar")
    try Data(bytes).write(to: URL(filePath: path))
    var limits = ArchiveLimits()
    change(&limits)
    return ArchiveReaderTests.Reading(path, threads: threads, limits: limits)
  }

  @Test func `members are counted`() throws {
    let tar = (0..<5).flatMap { TarBlocks.member("m\($0)", []) } + TarBlocks.end
    #expect(try read(tar) { $0.memberCount = 5 }.fault == nil)
    let fault = try #require(try read(tar) { $0.memberCount = 4 }.fault)
    #expect(fault.contains(":m4: ") && fault.contains("--limit-members"))
  }

  @Test func `a member read whole has a ceiling`() throws {
    let tar = TarBlocks.member("m", [UInt8](repeating: 1, count: 100)) + TarBlocks.end
    #expect(try read(tar) { $0.memberByteCount = 100 }.fault == nil)
    let fault = try #require(try read(tar) { $0.memberByteCount = 99 }.fault)
    #expect(fault.contains(":m: ") && fault.contains("--limit-member-bytes"))
  }

  @Test(arguments: [1, 2])
  func `long names and pax records have a ceiling`(threads: Int) throws {
    let name = String(repeating: "n", count: 90_000)
    let longName = TarBlocks.member("././@LongLink", type: "L", Array(name.utf8) + [0])
    let comment = TarBlocks.pax("comment=" + name + "\n")
    for headers in [longName, comment] {
      let tar = TarBlocks.member("a", [1]) + headers + TarBlocks.member("b", [2]) + TarBlocks.end
      #expect(try read(tar, threads: threads) { $0.headerByteCount = 100_000 }.fault == nil)
      let fault = try #require(try read(tar, threads: threads).fault)
      #expect(fault.contains("at byte 1024 of the tar") && fault.contains("--limit-header-bytes"))
    }
  }

  @Test(arguments: [1, 2])
  func `what expands beyond all measure is refused`(threads: Int) throws {
    let path = folder.file("zeros.tar.gz")
    func write(_ count: Int) throws {
      let writer = try ArchiveWriter(path: path)
      try writer.addMember("zeros", [UInt8](repeating: 0, count: count))
      try writer.finish()
    }
    try write(15 << 20)
    #expect(ArchiveReaderTests.Reading(path, threads: threads).fault == nil)
    try write(20 << 20)
    let fault = try #require(ArchiveReaderTests.Reading(path, threads: threads).fault)
    #expect(fault.contains("expands too much") && fault.contains("--limit-expansion"))
    var limits = ArchiveLimits()
    limits.expansionRatio = 1100
    #expect(ArchiveReaderTests.Reading(path, threads: threads, limits: limits).fault == nil)
  }

  @Test(
    arguments: [
      "30 path=short\n", "10 path=short\n", "path=short\n", "x path=short\n", "14 path short\n",
      "99999999999999999999 path=x\n", "-3 path=x\n", "0 path=x\n", "14 path=shorty",
    ]
  )
  func `damaged pax records are refused, with their place`(record: String) throws {
    let sound = "11 aa=bbbb\n"
    let tar =
      TarBlocks.member("a", [1]) + TarBlocks.paxBody(sound + record) + TarBlocks.member("b", [2])
      + TarBlocks.end
    let fault = try #require(try read(tar).fault)
    #expect(fault.contains("of the tar") || fault.contains("of the archive"), "\(fault)")
  }

  @Test func `sound pax records pass`() throws {
    let tar =
      TarBlocks.member("g", type: "g", Array("14 comment=hi\n".utf8)) + TarBlocks.pax("path=x=y\n")
      + TarBlocks.member("a", [1]) + TarBlocks.paxBody("14 comment=hi\n10 path=z\n")
      + TarBlocks.member("b", [2]) + TarBlocks.end
    let reading = try read(tar)
    #expect(reading.fault == nil)
    #expect(reading.names == ["x=y", "z"])
  }
}
