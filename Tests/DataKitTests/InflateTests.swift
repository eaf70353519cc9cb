import Foundation
import TestSupport
import Testing

@testable import DataKit

struct InflateTests {
  /// What became of a gzip file.
  struct Outcome: Equatable {
    var bytes: [UInt8] = []
    var hasTrailingBytes = false
    var isDamaged = false
  }

  static let libraries: [Inflater.Library] =
    Inflater.Library.best == .isal ? [.isal, .zlib] : [.zlib]

  /// Inflates a file handed over in pieces.
  static func inflate(
    _ file: [UInt8],
    by library: Inflater.Library,
    inputPiece: Int = 1 << 16,
    outputPiece: Int = 1 << 16
  ) -> Outcome {
    var outcome = Outcome()
    var inflater = GzipInflater(library: library)
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: outputPiece, alignment: 1)
    defer { output.deallocate() }
    file.withUnsafeBytes { raw in
      var position = 0
      do {
        while true {
          if inflater.needsInput {
            if position == raw.count { break }
            let end = min(position + inputPiece, raw.count)
            inflater.give(UnsafeRawBufferPointer(rebasing: raw[position..<end]))
            position = end
          }
          outcome.bytes += output[..<(try inflater.inflate(into: output))]
        }
        try inflater.finish()
      } catch {
        outcome.isDamaged = true
        outcome.bytes = []
      }
    }
    outcome.hasTrailingBytes = inflater.hasTrailingBytes
    return outcome
  }

  /// A gzip'ed tar of a few members, some of noise and some that repeat themselves.
  static func archive(_ level: Int = 6) throws -> (file: [UInt8], tar: [UInt8]) {
    let folder = TemporaryFolder()
    let writer = try ArchiveWriter(path: folder.file("a.tar.gz"), compressionLevel: level)
    var state: UInt32 = 1
    for index in 0..<6 {
      let bytes = (0..<(index * 9_000 + 100)).map { position in
        state = state &* 1_664_525 &+ 1_013_904_223
        return index % 2 == 0 ? UInt8(state >> 24) : UInt8(position / 7 % 250)
      }
      try writer.addMember("member-\(index)", bytes)
    }
    try writer.finish()
    let file = Array(try Data(contentsOf: URL(filePath: folder.file("a.tar.gz"))))
    return (file, inflate(file, by: .zlib).bytes)
  }

  @Test(arguments: libraries, [0, 1, 6, 9])
  func `every library gives the same bytes for any pieces`(library: Inflater.Library, level: Int)
    throws
  {
    let (file, tar) = try Self.archive(level)
    #expect(tar.count > 100_000)
    for (input, output) in [(1, 1 << 16), (7, 1000), (4096, 1), (1 << 16, 40_000), (3, 65)] {
      let outcome = Self.inflate(file, by: library, inputPiece: input, outputPiece: output)
      #expect(outcome == Outcome(bytes: tar), "pieces of \(input) and \(output)")
    }
  }

  @Test(arguments: libraries)
  func `members, zeros and what follows them`(library: Inflater.Library) throws {
    let (file, tar) = try Self.archive()
    let zeros = [UInt8](repeating: 0, count: 700)
    for piece in [1, 5, 1 << 16] {
      func outcome(_ bytes: [UInt8]) -> Outcome {
        Self.inflate(bytes, by: library, inputPiece: piece)
      }
      #expect(outcome(file + file) == Outcome(bytes: tar + tar))
      #expect(outcome(file + zeros + file + zeros) == Outcome(bytes: tar + tar))
      let trailing = Outcome(bytes: tar, hasTrailingBytes: true)
      #expect(outcome(file + zeros + [7] + file) == trailing)
      #expect(outcome(file + [0x1F]).isDamaged)
      #expect(outcome(file + file.dropLast()).isDamaged)
    }
  }

  @Test(arguments: libraries)
  func `a header's optional fields are passed over`(library: Inflater.Library) throws {
    let (file, tar) = try Self.archive()
    // Extra field, name, comment and the header's own checksum.
    let header: [UInt8] = [
      0x1F, 0x8B, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 2, 0, 65, 66, 97, 0, 98, 99, 0, 0x17, 0x49,
    ]
    for place in header.indices.dropFirst(4) {
      var damaged = header
      damaged[place] ^= 0x80
      let outcome = Self.inflate(damaged + file[10...], by: library)
      #expect(outcome.isDamaged, "byte \(place)")
    }
    for piece in [1, 5, 13, 1 << 16] {
      let member = header + file[10...]
      let outcome = Self.inflate(member, by: library, inputPiece: piece)
      #expect(outcome == Outcome(bytes: tar))
      let twice = Self.inflate(member + member, by: library, inputPiece: piece)
      #expect(twice == Outcome(bytes: tar + tar))
    }
  }

  @Test func `a flipped bit is found wherever it matters, and by every library alike`() throws {
    let (file, tar) = try Self.archive()
    let header = 0..<10
    let places = Array(header) + Array(stride(from: 10, to: file.count - 8, by: 331))
    for place in places + Array((file.count - 8)..<file.count) {
      for bit in [0, 3, 5, 7] {
        var damaged = file
        damaged[place] ^= 1 << UInt8(bit)
        let outcomes = Self.libraries.map { Self.inflate(damaged, by: $0) }
        #expect(
          outcomes.allSatisfy { $0.isDamaged == outcomes[0].isDamaged },
          "bit \(bit) of byte \(place)"
        )
        #expect(outcomes.allSatisfy { $0.isDamaged || $0.bytes == tar })
        if !header.contains(place) { #expect(outcomes[0].isDamaged) }
      }
    }
  }

  @Test(arguments: libraries)
  func `a cut file is damaged wherever it is cut`(library: Inflater.Library) throws {
    let (file, _) = try Self.archive()
    for length in Array(1..<40) + Array(stride(from: 40, to: file.count, by: 997))
      + Array((file.count - 12)..<file.count)
    {
      #expect(Self.inflate(Array(file[..<length]), by: library).isDamaged, "\(length) bytes")
    }
  }
}
