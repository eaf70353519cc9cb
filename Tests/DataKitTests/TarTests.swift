import Foundation
import TestSupport
import Testing

@testable import DataKit

/// What the tar reader makes of every kind of header, and of damage.
struct TarTests {
  private typealias Blocks = TarBlocks

  /// Every regular member of an archive, read whole.
  struct Listing: Equatable {
    struct Entry: Equatable {
      var path: String
      var byteCount: Int?
      var bytes: [UInt8]?
    }

    var entries: [Entry] = []
    var otherMembers = 0
    var hasTrailingBytes = false
    var fault: String?

    init(
      _ bytes: [UInt8],
      reads: Bool = true,
      acceptsPlainFile: Bool = false,
      threads: Int = 1
    ) throws {
      let folder = TemporaryFolder()
      let path = folder.file("a.tar")
      try Data(bytes).write(to: URL(filePath: path))
      do {
        let reader = try ArchiveReader(
          .file(path),
          acceptsPlainFile: acceptsPlainFile,
          threads: threads
        )
        defer { otherMembers = reader.otherMembers }
        while let member = try reader.next() {
          entries.append(Entry(path: member.path, byteCount: member.byteCount))
          if reads { entries[entries.count - 1].bytes = try reader.readAll(member, limit: 1 << 20) }
        }
        _ = try reader.drain()
        hasTrailingBytes = reader.hasTrailingBytes
      } catch { fault = "\(error)" }
    }

    var paths: [String] { entries.map(\.path) }
    var sizes: [Int?] { entries.map(\.byteCount) }
  }

  // MARK: - Names and sizes

  @Test func `names come from the header, its prefix, long names and pax records`() throws {
    let long = String(repeating: "long/", count: 60) + "é"
    let gnu = Array("ustar  \0".utf8)
    let parts: [[UInt8]] = [
      Blocks.header("plain", [:]),
      Blocks.header("v7", [257: [UInt8](repeating: 0, count: 255)]),
      Blocks.header("name", [345: Array("pre/fix".utf8)]),
      Blocks.header("gnu", [257: gnu, 345: Array("not a prefix".utf8)]),
      Blocks.header(
        String(repeating: "n", count: 100),
        [345: [UInt8](repeating: 0x70, count: 155)]
      ),
      Blocks.member("././@LongLink", type: "L", Array(long.utf8) + [0]),
      Blocks.header("short", [257: gnu]),
      Blocks.pax("path=\(long)x\n"), Blocks.header("short", [:]),
      Blocks.paxBody("9 path=a\n9 path=b\n"), Blocks.header("short", [:]),
      Blocks.paxBody("9 path=a\n8 path=\n"), Blocks.header("undone", [:]),
      Blocks.header("after", [:]),
    ]
    let listing = try Listing(parts.flatMap { $0 } + Blocks.end)
    #expect(listing.fault == nil)
    #expect(
      listing.paths == [
        "plain", "v7", "pre/fix/name", "gnu",
        String(repeating: "p", count: 155) + "/" + String(repeating: "n", count: 100),
        long, long + "x", "b", "undone", "after",
      ]
    )
  }

  @Test func `names that are no text are kept apart`() throws {
    let odd: [UInt8] = [0x61, 0xFF, 0x0A, 0x1B, 0x62]
    let parts: [[UInt8]] = [
      Blocks.header("xxxxx", [0: odd]), Blocks.header("xxxxx", [0: odd, 345: [0xFE]]),
      Blocks.pax("path=cut\0off\n"), Blocks.header("x", [:]), Blocks.header("", [:]),
    ]
    let listing = try Listing(parts.flatMap { $0 } + Blocks.end)
    #expect(listing.fault == nil)
    #expect(listing.paths == ["a\u{FFFD}\n\u{1B}b", "\u{FFFD}/a\u{FFFD}\n\u{1B}b", "cut"])
    #expect(listing.otherMembers == 1)
  }

  @Test func `sizes come in octal, in base 256 and from pax records`() throws {
    let body = Blocks.padded([1, 2, 3])
    func sized(_ field: [UInt8]) -> [UInt8] { Blocks.header("m", [124: field]) + body }
    let base256 = [0x80] + [UInt8](repeating: 0, count: 10) + [3]
    let parts: [[UInt8]] = [
      sized(Array("          3 ".utf8)), sized(Array("3\0\0\0\0\0\0\0\0\0\0\0".utf8)),
      sized(Array("000000000003".utf8)), sized(base256), Blocks.pax("size=3\n"),
      Blocks.header("m", [:]) + body,
    ]
    let listing = try Listing(parts.flatMap { $0 } + Blocks.end)
    #expect(listing.fault == nil)
    #expect(
      listing.entries
        == .init(repeating: .init(path: "m", byteCount: 3, bytes: [1, 2, 3]), count: 5)
    )
  }

  @Test(arguments: [
    [UInt8](repeating: 0xFF, count: 12), [0x80] + [UInt8](repeating: 0xFF, count: 11),
    [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7),
    [0xC0] + [UInt8](repeating: 0, count: 11), Array("12345678901 ".utf8),
    Array("00000000-01 ".utf8),
    Array("0x000000001 ".utf8),
  ])
  func `sizes that are negative, too large or no number are refused`(field: [UInt8]) throws {
    let listing = try Listing(
      Blocks.member("a", [1]) + Blocks.header("m", [124: field]) + Blocks.end
    )
    let fault = try #require(listing.fault)
    #expect(fault.contains("no valid size, at byte 1024 of the tar (after the member 'a')"))
  }

  @Test func `sizes far beyond the data are no cause to allocate`() throws {
    let largest = [0x80, 0, 0, 0, 0x40] + [UInt8](repeating: 0, count: 7)
    let nineGiB = Array("0000000000".utf8) + [0, 0]
    for (field, pax, size) in [
      (largest, [], 1 << 62), (nineGiB, Blocks.pax("size=9663676416\n"), 9 << 30),
      (Array("77777777777\0".utf8), [], (8 << 30) - 1),
    ] {
      let tar = pax + Blocks.header("big", [124: field]) + [UInt8](repeating: 7, count: 700)
      let skipped = try Listing(tar, reads: false)
      #expect(skipped.sizes == [size])
      let fault = try #require(skipped.fault)
      #expect(
        fault.contains(
          "a.tar:big: the tar is truncated: \(size - 700) bytes of the member are missing, "
            + "at byte \(tar.count) of the tar"
        ),
        "\(fault)"
      )
    }
    let tooLarge = Blocks.pax("size=4611686018427387905\n") + Blocks.header("big", [:])
    #expect(try #require(Listing(tooLarge).fault).contains("a pax header record is damaged"))
  }

  @Test func `global records hold until their archive ends`() throws {
    let global = Blocks.member("g", type: "g", Array("12 path=all\n9 size=1\n".utf8))
    let body = Blocks.padded([9])
    let parts: [[UInt8]] = [
      global, Blocks.header("a", [:]), body, Blocks.pax("path=own\n"), Blocks.header("b", [:]),
      body,
      Blocks.end, Blocks.header("c", [:]), Blocks.end,
    ]
    let listing = try Listing(parts.flatMap { $0 })
    #expect(listing.fault == nil)
    #expect(listing.paths == ["all", "own", "c"])
    #expect(listing.sizes == [1, 1, 0])
  }

  // MARK: - Checksums

  @Test func `checksums may be sums of signed bytes`() throws {
    var header = Blocks.header("caf\u{E9}", [:])
    let negative = header.count { $0 >= 128 }
    #expect(negative == 2)
    header.replaceSubrange(148..<156, with: "        ".utf8)
    let sum = header.reduce(0) { $0 + Int(Int8(bitPattern: $1)) }
    header.replaceSubrange(148..<156, with: ("00" + String(sum, radix: 8) + "\0 ").suffix(8).utf8)
    #expect(try Listing(header + Blocks.end).paths == ["caf\u{E9}"])
  }

  @Test(arguments: [0, 120, 148, 300, 511])
  func `a changed bit in a header is found, with its place`(byte: Int) throws {
    var tar = Blocks.member("a", [1]) + Blocks.member("b", [2]) + Blocks.end
    tar[1024 + byte] ^= 1
    let listing = try Listing(tar)
    #expect(listing.paths == ["a"])
    #expect(try #require(listing.fault).contains("at byte 1024 of the tar (after the member 'a')"))
    #expect(try #require(Listing(Array(tar[1024...])).fault).contains("not a tar archive"))
  }

  // MARK: - Other kinds

  @Test func `what is no regular file is counted and never read`() throws {
    let kinds: [Character] = ["1", "2", "3", "4", "6", "Q", "M"]
    let parts = kinds.flatMap { Blocks.header("m", type: $0, [157: Array("/etc/passwd".utf8)]) }
    // The target of a link, and a volume's label, are no members.
    let remarks =
      Blocks.member("././@LongLink", type: "K", Array("/etc/passwd\0".utf8))
      + Blocks.header("link", type: "2", [:]) + Blocks.header("label", type: "V", [:])
    let folders =
      Blocks.header("f", type: "5", [:]) + Blocks.header("f/", [:])
      + Blocks.member("d", type: "D", Array("Yname\0\0".utf8))
    let files = Blocks.member("a", type: "7", [1]) + Blocks.member("b", type: "\0", [2])
    let listing = try Listing(parts + remarks + folders + files + Blocks.end)
    #expect(listing.fault == nil)
    #expect(listing.paths == ["a", "b"])
    #expect(listing.otherMembers == 8)
  }

  @Test func `sizes of links, folders and devices are no data, of unknown kinds they are`() throws {
    let sized = ["2", "3", "4", "5", "6"].flatMap { Blocks.header("m", type: $0, size: 4096) }
    let unknown = Blocks.member("u", type: "Q", [UInt8](repeating: 1, count: 600))
    let listing = try Listing(sized + unknown + Blocks.member("a", [1]) + Blocks.end)
    #expect(listing.fault == nil)
    #expect(listing.paths == ["a"])
    #expect(listing.otherMembers == 5)
  }

  @Test func `hard links have data in the pax format alone`() throws {
    let link = Blocks.header("h", type: "1", size: 600)
    let data = Blocks.padded([UInt8](repeating: 3, count: 600))
    let file = Blocks.member("a", [1])
    for tar in [
      link + file + Blocks.end, file + link + Blocks.end, file + link,
      link + data + file + Blocks.end, Blocks.pax("comment=x\n") + link + data + file,
    ] {
      let listing = try Listing(tar)
      #expect(listing.fault == nil)
      #expect(listing.paths == ["a"])
      #expect(listing.otherMembers == 1)
    }
  }

  @Test func `members with holes are refused only where they are wanted`() throws {
    let gnu = Blocks.header(
      "s",
      type: "S",
      size: 512,
      [482: [1], 483: Array("00000020000\0".utf8)]
    )
    var map = [UInt8](repeating: 0, count: 512)
    map[504] = 1
    let old = gnu + map + [UInt8](repeating: 0, count: 512) + [UInt8](repeating: 5, count: 512)
    let pax = Blocks.paxBody(
      "22 GNU.sparse.major=1\n21 GNU.sparse.name=s\n28 GNU.sparse.realsize=8192\n"
    )
    for sparse in [
      old, pax + Blocks.member("GNUSparseFile.0/s", [UInt8](repeating: 5, count: 512)),
    ] {
      let tar = sparse + Blocks.member("a", [1]) + Blocks.end
      let passed = try Listing(tar, reads: false)
      #expect(passed.fault == nil)
      #expect(passed.paths == ["s", "a"])
      #expect(passed.sizes == [8192, 1])
      let fault = try #require(Listing(tar).fault)
      #expect(fault.contains("a.tar:s: the member is sparse") && fault.contains("--sparse"))
    }
  }

  // MARK: - Ends

  @Test(arguments: [1, 2])
  func `joined archives are read on, and an end is not needed`(threads: Int) throws {
    let a = Blocks.member("a", [1])
    let b = Blocks.member("b", [])
    for tar in [
      a + b, a + b + Blocks.end, a + Blocks.end + b, a + Blocks.end.prefix(512) + b + Blocks.end,
      Blocks.end + a + [UInt8](repeating: 0, count: 10240) + b,
    ] {
      let listing = try Listing(tar, threads: threads)
      #expect(listing.fault == nil)
      #expect(listing.paths == ["a", "b"])
    }
    let empty = try Listing(Blocks.end)
    #expect(try #require(empty.fault).contains("the archive is empty"))
  }

  @Test(arguments: [1, 2])
  func `zeros of any number end an archive, and after its end anything may follow`(
    threads: Int
  ) throws {
    let a = Blocks.member("a", [1])
    let zeros = [UInt8](repeating: 0, count: 700_001)
    let junk = [UInt8](repeating: 0x5A, count: 700_001)
    for count in [1, 511, 513, 1024, 1025, 10_240, 700_001] {
      let listing = try Listing(a + zeros.prefix(count), threads: threads)
      #expect(listing.fault == nil && listing.paths == ["a"] && !listing.hasTrailingBytes)
    }
    for count in [1, 511, 512, 513, 700_001] {
      let listing = try Listing(a + Blocks.end + junk.prefix(count), threads: threads)
      #expect(listing.fault == nil && listing.paths == ["a"] && listing.hasTrailingBytes)
      // A member that is overwritten by one block of zeros is no end.
      let damaged = try Listing(a + zeros.prefix(512) + junk.prefix(count), threads: threads)
      #expect(damaged.fault?.contains("the tar is") == true)
    }
    for count in [1, 511] {
      #expect(try Listing(Array(zeros.prefix(count))).fault?.contains("not a tar archive") == true)
    }
  }

  @Test func `a cut anywhere leaves the members before it and names the byte`() throws {
    let tar =
      Blocks.member("a", [UInt8](repeating: 1, count: 600)) + Blocks.pax("path=long\n")
      + Blocks.member("b", [2])
    let whole = try Listing(tar)
    #expect(whole.paths == ["a", "long"])
    let boundaries = [1536, 3584]
    for cut in 1..<tar.count where cut % 7 == 0 || cut % 512 < 2 {
      let listing = try Listing(Array(tar[..<cut]))
      #expect(whole.paths.starts(with: listing.paths))
      if boundaries.contains(cut) {
        #expect(listing.fault == nil)
      } else {
        let fault = try #require(listing.fault)
        let place = cut < 512 ? "not a tar archive" : "truncated"
        #expect(
          fault.contains(place) && fault.contains("at byte \(cut < 512 ? 0 : cut) of the tar")
        )
      }
    }
  }

  // MARK: - Bytes

  @Test(arguments: [1, 2])
  func `members of all sizes come whole`(threads: Int) throws {
    var state: UInt64 = 1
    let members = (0..<60).map { index in
      let sizes = [0, 1, 511, 512, 513, 5000, 100_000, 262_144, 700_000]
      return (0..<sizes[index % sizes.count]).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
      }
    }
    let tar = members.enumerated().flatMap { Blocks.member("m\($0)", $1) } + Blocks.end
    let listing = try Listing(tar, threads: threads)
    #expect(listing.fault == nil)
    #expect(listing.entries.map(\.bytes) == members)
    #expect(try Listing(tar, reads: false, threads: threads).sizes == members.map(\.count))
  }

  @Test func `a long name may lie in two chunks`() throws {
    let long = String(repeating: "n", count: 3000)
    let fill = [UInt8](repeating: 0, count: (1 << 18) - 512 - 512 - 1024)
    let tar =
      Blocks.member("fill", fill) + Blocks.member("x", type: "L", Array(long.utf8) + [0])
      + Blocks.member("short", [1]) + Blocks.end
    let listing = try Listing(tar)
    #expect(listing.fault == nil)
    #expect(listing.paths == ["fill", long])
  }

  @Test(arguments: [1, 100, 512, 1_000_000])
  func `what is no tar is a plain file where that is accepted`(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 | 1) }
    let listing = try Listing(bytes, acceptsPlainFile: true)
    #expect(listing.entries == [.init(path: "a.tar", byteCount: nil, bytes: bytes)])
    #expect(try Listing(bytes, reads: false, acceptsPlainFile: true).paths == ["a.tar"])
    #expect(try #require(Listing(bytes).fault).contains("not a tar archive"))
    let tar = Blocks.member("m", bytes) + Blocks.end
    #expect(try Listing(tar, acceptsPlainFile: true).paths == ["m"])
  }
}
