import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Archives inside xz and zstd.
struct FilterTests {
  /// A tar of one member, `m` with the bytes `abc`.
  private static let xz = Array(
    Data(
      base64Encoded:
        "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Cf/AFddADaAM1AYaImDAdzibiEFTojw2HLvKU/Oaknu8XzngbtO10j6VRitbDoE"
        + "vaXWmgZttAqGWCauzDOcR6IZ2PX1LmbmRF6oENgHlYqjmGIfODmbx12iRuDTAAAAj4zM5Nfs45QAAXOAUAAAAIIUCDSx"
        + "xGf7AgAAAAAEWVo="
    ) ?? Data()
  )

  private static func zstd(_ count: Int) throws -> [UInt8] {
    try StreamBytes.written { descriptor in
      let tar = try TarWriter(
        to: descriptor,
        path: "a.tar.zst",
        compression: .zstd,
        memberDate: 0,
        permissions: 0o644
      )
      for index in 0..<20 {
        try tar.addMember(
          "m\(index)",
          (0..<count).map { UInt8(truncatingIfNeeded: $0 &* ($0 >> 7) &+ index) }
        )
      }
      try tar.finish()
    }
  }

  @Test(arguments: [1, 2])
  func `xz and zstd are inflated, joined ones too`(threads: Int) throws {
    for bytes in [Self.xz, Self.xz + Self.xz] {
      let listing = try TarTests.Listing(bytes, threads: threads)
      #expect(listing.fault == nil)
      #expect(Set(listing.entries.map(\.bytes)) == [[97, 98, 99]])
      #expect(listing.paths.count == bytes.count / Self.xz.count)
    }
    let zstd = try TarTests.Listing(Self.zstd(100_000), threads: threads)
    #expect(zstd.fault == nil)
    #expect(zstd.sizes == .init(repeating: 100_000, count: 20))
  }

  @Test func `the digest covers what follows`() throws {
    let folder = TemporaryFolder()
    let path = folder.file("a.tar.xz")
    try Data(Self.xz).write(to: URL(filePath: path))
    let reading = ArchiveReaderTests.Reading(path, threads: 1)
    #expect(reading.fault == nil)
    #expect(reading.byteCount == Self.xz.count)
  }

  @Test(arguments: [1, 2])
  func `damage and cuts are faults that name the format`(threads: Int) throws {
    let zstd = try Self.zstd(100_000)
    for (whole, name) in [(Self.xz, "xz"), (zstd, "zstd")] {
      for cut in [whole.count / 3, whole.count - 1] {
        let fault = try #require(TarTests.Listing(Array(whole[..<cut]), threads: threads).fault)
        #expect(fault.contains("the \(name) stream is damaged or truncated"), "\(fault)")
        #expect(fault.contains("byte \(cut) of the archive"), "\(fault)")
      }
    }
    // Streams of zstd may lack a checksum.
    var damaged = Self.xz
    damaged[damaged.count / 2] ^= 4
    let fault = try #require(TarTests.Listing(damaged, threads: threads).fault)
    #expect(fault.contains("the xz stream is damaged"), "\(fault)")
  }

  @Test func `an empty stream has no members`() throws {
    let empty = try #require(Data(base64Encoded: "/Td6WFoAAATm1rRGAAAAABzfRCEftvN9AQAAAAAEWVo="))
    let fault = try #require(TarTests.Listing(Array(empty)).fault)
    #expect(fault.contains("there are no members"), "\(fault)")
  }

  @Test func `the dictionary of every block of xz is bounded`() throws {
    // The header of the first block: its size, flags, the filter, the size of its one property.
    let property = 16
    #expect(Self.xz[12...15] == [2, 0, 0x21, 1])
    for (value, size) in [(33, 3 << 27), (39, 3 << 30), (40, Int(UInt32.max))] {
      var large = Self.xz
      large[property] = UInt8(value)
      for bytes in [large, Self.xz + [0, 0, 0, 0] + large] {
        let fault = try #require(TarTests.Listing(bytes).fault)
        #expect(fault.contains("takes a dictionary of \(size) bytes, the limit is 268435456"))
      }
    }
  }

  @Test func `what cannot be read says what to do`() throws {
    let bzip2 = Array("BZh91AY&SY".utf8) + [UInt8](repeating: 7, count: 1000)
    let zip = Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 7, count: 1000)
    for (bytes, words) in [(bzip2, "bzip2 -dc ARCHIVE | lra-prep"), (zip, "tar czf")] {
      for acceptsPlainFile in [false, true] {
        let fault = try TarTests.Listing(bytes, acceptsPlainFile: acceptsPlainFile).fault
        #expect(fault?.contains("which is not read\nhint: ") == true)
        #expect(fault?.contains(words) == true)
      }
    }
  }

  @Test func `expansion is bounded`() throws {
    let zeros = try StreamBytes.written { descriptor in
      let tar = try TarWriter(
        to: descriptor,
        path: "a.tar.zst",
        compression: .zstd,
        memberDate: 0,
        permissions: 0o644
      )
      try tar.addMember("zeros", [UInt8](repeating: 0, count: 20 << 20))
      try tar.finish()
    }
    let fault = try #require(TarTests.Listing(zeros, reads: false).fault)
    #expect(fault.contains("expands too much") && fault.contains("--limit-expansion"), "\(fault)")
  }
}
