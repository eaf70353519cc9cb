/// A tar archive of a few members, written block by block.
struct TarSeed {
  struct Member: Sendable {
    var name: String
    var bytes: [UInt8]
  }

  var members: [Member]

  init(members: [Member]) { self.members = members }

  init(_ members: [(name: String, bytes: [UInt8])]) {
    self.members = members.map { Member(name: $0.name, bytes: $0.bytes) }
  }

  /// The archive, in the ustar format.
  var bytes: [UInt8] {
    members.flatMap { Self.header($0) + $0.bytes + Self.padding($0.bytes.count) }
      + [UInt8](repeating: 0, count: 1024)
  }

  private static func padding(_ count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: (512 - count % 512) % 512)
  }

  private static func header(_ member: Member) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at start: Int) {
      for (offset, byte) in text.utf8.enumerated() { block[start + offset] = byte }
    }
    for (index, byte) in member.name.utf8.prefix(100).enumerated() { block[index] = byte }
    put("0000644", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put(octal(member.bytes.count, digits: 11), at: 124)
    put("00000000000", at: 136)
    put("0", at: 156)
    put("ustar\u{0}00", at: 257)
    repairChecksum(of: &block, at: 0)
    return block
  }

  private static func octal(_ value: Int, digits: Int) -> String {
    let text = String(value, radix: 8)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// Gives every block that looks like a header its right checksum.
  static func repairChecksums(of tar: inout [UInt8]) {
    for start in stride(from: 0, to: tar.count - 511, by: 512)
    where tar[start + 257..<start + 262].elementsEqual("ustar".utf8) {
      repairChecksum(of: &tar, at: start)
    }
  }

  private static func repairChecksum(of tar: inout [UInt8], at start: Int) {
    for index in 148..<156 { tar[start + index] = 0x20 }
    let sum = tar[start..<start + 512].reduce(0) { $0 + Int($1) }
    for (index, byte) in (octal(sum, digits: 6) + "\u{0} ").utf8.enumerated() {
      tar[start + 148 + index] = byte
    }
  }
}
