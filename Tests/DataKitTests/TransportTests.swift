import Foundation
import TestSupport
import Testing

@testable import DataKit

@Suite struct TransportTests {
  private let folder = TemporaryFolder()
  private var source: String { folder.file("source") }
  private var target: String { folder.file("target") }

  init() throws { try TinyDataSet.write(.tokens, to: source) }

  @Test(arguments: [DataSetStream.Compression.none, .zstd])
  func `a data set arrives as it was`(compression: DataSetStream.Compression) throws {
    let bytes = try StreamBytes.sent(from: source, compression: compression)
    let receipt = try StreamBytes.receive(bytes, into: target)
    #expect(receipt.files == 6 && receipt.held == 0)
    #expect(try contents(of: target) == contents(of: source))
    #expect(try StreamBytes.sent(from: target, compression: compression) == bytes)
    #expect(try Verification(folder: target).run().faults.isEmpty)
  }

  @Test func `a gzip stream is taken too`() throws {
    let plain = try StreamBytes.sent(from: source)
    let headers = StreamBytes.headers(of: plain)
    let bytes = try StreamBytes.written { descriptor in
      let tar = try TarWriter(
        to: descriptor,
        path: "test",
        compression: .gzip(level: 1),
        memberDate: 5,
        permissions: 0o600
      )
      let manifest = try Data(contentsOf: URL(filePath: source + "/manifest.json"))
      try tar.addMember(DataSetStream.contentsName, [UInt8](manifest))
      for entry in try Manifest.read(from: source).files {
        let data = try Data(contentsOf: URL(filePath: source + "/" + entry.file))
        try tar.addMember(entry.file, [UInt8](data))
      }
      try tar.addMember(Manifest.fileName, [UInt8](manifest))
      try tar.finish()
    }
    #expect(headers.count == 9)
    #expect(bytes.starts(with: [0x1F, 0x8B]))
    try StreamBytes.receive(bytes, into: target)
    #expect(try contents(of: target) == contents(of: source))
  }

  @Test func `the files stand in a fixed order`() throws {
    let mask = "mask-token-0.50-seed-3"
    #expect(
      try Manifest.read(from: source).files.map(\.file)
        == ["train", "validation", "test"].map { "\($0)-00000-of-00001.safetensors" }
        + ["train", "validation", "test"].map { "\($0)-00000-of-00001.\(mask).safetensors" }
    )
  }

  @Test func `a manifest that is known only at the end comes before the end`() throws {
    let manifest = try Data(contentsOf: URL(filePath: source + "/manifest.json"))
    let bytes = try StreamBytes.written { descriptor in
      let stream = try DataSetStream(to: descriptor)
      for entry in try Manifest.read(from: source).files {
        try stream.append(
          fileAt: source + "/" + entry.file,
          name: entry.file,
          digest: entry.digest
        )
      }
      try stream.finish(manifest: [UInt8](manifest))
    }
    #expect(try StreamBytes.receive(bytes, into: target).files == 6)
    #expect(try contents(of: target) == contents(of: source))
    var damaged = bytes
    damaged[StreamBytes.headers(of: bytes)[1] - 700] ^= 4
    let other = folder.file("other")
    let error = #expect(throws: TransferError.self) {
      try StreamBytes.receive(damaged, into: other)
    }
    #expect(error?.reason.contains("train-00000-of-00001.safetensors: the file is not") == true)
    #expect(error?.heldFiles == 5)
    try StreamBytes.receive(
      try StreamBytes.sent(from: source, skipping: HeldFile.all(in: other)),
      into: other
    )
    #expect(try contents(of: other) == contents(of: source))
  }

  @Test func `a damaged file breaks the stream off and is named`() throws {
    let path = source + "/validation-00000-of-00001.safetensors"
    var bytes = try Data(contentsOf: URL(filePath: path))
    bytes[5000] ^= 1
    try bytes.write(to: URL(filePath: path))
    var sent: [UInt8] = []
    let error = #expect(throws: DataSetError.self) {
      _ = try StreamBytes.written { descriptor in
        defer {
          sent = [UInt8](repeating: 0, count: Int(lseek(descriptor, 0, SEEK_END)))
          _ = pread(descriptor, &sent, sent.count, 0)
        }
        let stream = try DataSetStream(to: descriptor)
        try DataSetSender(folder: source).send(to: stream)
      }
    }
    #expect(error?.path == path)
    #expect(error?.reason == "the file is damaged: its checksum is not that of the manifest")
    #expect(throws: TransferError.self) { try StreamBytes.receive(sent, into: target) }
    #expect(try HeldFile.all(in: target).map(\.name) == ["train-00000-of-00001.safetensors"])
    for count in [0, 4999] {
      try bytes.prefix(count).write(to: URL(filePath: path))
      let error = #expect(throws: DataSetError.self) { try StreamBytes.sent(from: source) }
      #expect(error?.reason == "the file is damaged: its size is not that of the manifest")
    }
    try (bytes + [0]).write(to: URL(filePath: path))
    #expect(throws: DataSetError.self) { try StreamBytes.sent(from: source) }
  }

  @Test func `the same again changes nothing, another data set is refused or replaces`() throws {
    let bytes = try StreamBytes.sent(from: source)
    try StreamBytes.receive(bytes, into: target)
    let again = try StreamBytes.receive(bytes, into: target)
    #expect(again.files == 0 && again.held == 6)
    let other = folder.file("other")
    try TinyDataSet.write(.tokens, to: other, masks: nil, salt: 1)
    let otherBytes = try StreamBytes.sent(from: other)
    let error = #expect(throws: DataSetError.self) {
      try StreamBytes.receive(otherBytes, into: target)
    }
    #expect(error?.reason == "holds another finished data set")
    #expect(try contents(of: target) == contents(of: source))
    try StreamBytes.receive(otherBytes, into: target, replacing: true)
    #expect(try contents(of: target) == contents(of: other))
  }

  @Test func `a damaged data set is mended by sending it again`() throws {
    let bytes = try StreamBytes.sent(from: source)
    try StreamBytes.receive(bytes, into: target)
    let path = target + "/test-00000-of-00001.safetensors"
    try Data("gone".utf8).write(to: URL(filePath: path))
    #expect(try StreamBytes.receive(bytes, into: target).files == 1)
    #expect(try contents(of: target) == contents(of: source))
  }

  @Test func `a user's own files are not overwritten`() throws {
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    let path = target + "/train-00000-of-00001.safetensors"
    try Data("mine".utf8).write(to: URL(filePath: path))
    let bytes = try StreamBytes.sent(from: source)
    let error = #expect(throws: DataSetError.self) { try StreamBytes.receive(bytes, into: target) }
    #expect(error?.path == path)
    #expect(try contents(of: target) == ["train-00000-of-00001.safetensors": Data("mine".utf8)])
    try StreamBytes.receive(bytes, into: target, replacing: true)
    #expect(try contents(of: target) == contents(of: source))
  }

  @Test func `a user's file that has the name of a journal is left alone`() throws {
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: URL(filePath: target + "/journal.jsonl"))
    let bytes = try StreamBytes.sent(from: source)
    let error = #expect(throws: DataSetError.self) {
      try StreamBytes.receive(bytes, into: target, replacing: true)
    }
    #expect(error?.reason.contains("not the journal of a build") == true)
    #expect(try contents(of: target) == ["journal.jsonl": Data("mine".utf8)])
  }

  @Test func `two receivers do not share a folder`() throws {
    let first = try DataSetReceiver(folder: target)
    let error = #expect(throws: DataSetError.self) { try DataSetReceiver(folder: target) }
    #expect(error?.reason.hasPrefix("another process is writing") == true)
    withExtendedLifetime(first) {}
  }

  @Test func `a list of held files is read strictly`() throws {
    let file = HeldFile(name: "a", xxh3: String(repeating: "0f", count: 16))
    #expect(try HeldFile.parse(file.line + "\n\n", path: "held") == [file])
    for text in ["a", "0f0f  a", file.line + "\nxyz"] {
      let error = #expect(throws: DataSetError.self) {
        try HeldFile.parse(text, path: "held")
      }
      #expect(error?.reason.contains("is not a digest and a name") == true)
    }
  }
}
