import Foundation
import TestSupport

@testable import DataKit

/// A data set's stream as bytes, and hand-made ones.
struct StreamBytes {
  /// The most bytes of a header, and the unit of everything.
  static let block = 512

  /// The stream that `lra-prep send` writes.
  static func sent(
    from folder: String,
    skipping held: [HeldFile] = [],
    compression: DataSetStream.Compression = .none
  ) throws -> [UInt8] {
    try written { descriptor in
      let stream = try DataSetStream(to: descriptor, compression: compression)
      try DataSetSender(folder: folder, skipping: held).send(to: stream)
    }
  }

  /// What `body` writes to a file.
  static func written(_ body: (Int32) throws -> Void) throws -> [UInt8] {
    let scratch = TemporaryFolder()
    let path = scratch.file("stream")
    let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
    defer { close(descriptor) }
    try body(descriptor)
    return [UInt8](try Data(contentsOf: URL(filePath: path)))
  }

  /// Receives bytes as if from standard input.
  @discardableResult
  static func receive(
    _ bytes: some Sequence<UInt8>,
    into folder: String,
    replacing: Bool = false
  ) throws -> DataSetReceiver.Receipt {
    let scratch = TemporaryFolder()
    let path = scratch.file("stream")
    try Data(bytes).write(to: URL(filePath: path))
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    return try DataSetReceiver(folder: folder, replacing: replacing)
      .receive(from: descriptor, name: "stream")
  }

  /// The bytes of a member: a ustar header, then the data padded to whole blocks.
  static func member(
    _ name: String,
    _ data: [UInt8],
    byteCount: Int? = nil,
    type: Character = "0",
    link: String = ""
  ) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: block)
    func put(_ text: String, at offset: Int) {
      header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    func octal(_ value: Int, digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    put(name, at: 0)
    put(octal(0o644, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    put(octal(byteCount ?? data.count, digits: 11), at: 124)
    put(octal(0, digits: 11), at: 136)
    put("        ", at: 148)
    put(String(type), at: 156)
    put(link, at: 157)
    put("ustar", at: 257)
    put("00", at: 263)
    put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6), at: 148)
    header[154] = 0
    let gap = (block - data.count % block) % block
    return header + data + [UInt8](repeating: 0, count: gap)
  }

  /// The two blocks that end a tar.
  static let end = [UInt8](repeating: 0, count: 2 * block)

  /// Where each member's header starts, and last where the end blocks start.
  static func headers(of stream: [UInt8]) -> [Int] {
    var offsets = [0]
    while let last = offsets.last, stream[last] != 0 {
      let digits = String(decoding: stream[last + 124..<last + 135], as: UTF8.self)
      let size = Int(digits, radix: 8) ?? 0
      offsets.append(last + block + (size + block - 1) / block * block)
    }
    return offsets
  }
}

/// The files of a folder by name; folders in it stand with no bytes.
func contents(of folder: String) throws -> [String: Data] {
  var files: [String: Data] = [:]
  for name in try TestSupport.fileNames(in: folder) {
    files[name] = (try? Data(contentsOf: URL(filePath: folder + "/" + name))) ?? Data()
  }
  return files
}
