import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Streams that are cut, damaged or hostile.
@Suite struct TransportFaultTests {
  private let folder = TemporaryFolder()
  private let source: String
  private let stream: [UInt8]
  private let manifest: [UInt8]

  init() throws {
    source = folder.file("source")
    try TinyDataSet.write(.pixels, to: source)
    stream = try StreamBytes.sent(from: source)
    manifest = [UInt8](try Data(contentsOf: URL(filePath: source + "/manifest.json")))
  }

  /// What must hold after every failure: no data set, no file of it under its name, none half.
  private func expectNothingFinished(in target: String, _ label: String) throws {
    for name in try TestSupport.fileNames(in: target) {
      #expect(name == IncomingFolder.name, "\(label): \(name)")
    }
    let incoming = target + "/" + IncomingFolder.name
    guard FileManager.default.fileExists(atPath: incoming) else { return }
    for name in try TestSupport.fileNames(in: incoming) {
      #expect(
        try Data(contentsOf: URL(filePath: incoming + "/" + name))
          == Data(contentsOf: URL(filePath: source + "/" + name)),
        "\(label): \(name)"
      )
    }
  }

  @Test func `a stream cut at any byte goes on where it stopped`() throws {
    let headers = StreamBytes.headers(of: stream)
    var random = PhiloxStream(Philox(seed: 5, purpose: .sample), 0, 0)
    var cuts = headers.flatMap { [$0 - 1, $0, $0 + 1, $0 + 511, $0 + 512, $0 + 513] }
    cuts += (0..<50).map { _ in random.next(below: stream.count) }
    let whole = try contents(of: source)
    // After the manifest only the end blocks are missing, which say nothing.
    let complete = headers[headers.count - 1]
    for (index, cut) in Set(cuts).sorted().enumerated() where (0..<stream.count).contains(cut) {
      let target = folder.file("target-\(cut)")
      guard cut < complete else {
        _ = try? StreamBytes.receive(stream.prefix(cut), into: target)
        if try !contents(of: target).isEmpty, access(target + "/manifest.json", F_OK) == 0 {
          #expect(try contents(of: target) == whole, "cut at \(cut)")
        } else {
          try expectNothingFinished(in: target, "cut at \(cut)")
        }
        continue
      }
      let error = #expect(throws: TransferError.self, "cut at \(cut)") {
        try StreamBytes.receive(stream.prefix(cut), into: target)
      }
      try expectNothingFinished(in: target, "cut at \(cut)")
      let held = try HeldFile.all(in: target)
      // Every member that was there to its last byte is kept.
      let arrived = zip(headers.dropFirst(), headers.dropFirst(2)).filter { $1 <= cut }.count
      #expect(held.count >= min(arrived, 6), "cut at \(cut)")
      #expect(error?.heldFiles == held.count, "cut at \(cut)")
      let rest =
        index % 2 == 0 ? try StreamBytes.sent(from: source, skipping: held) : stream
      let receipt = try StreamBytes.receive(rest, into: target)
      #expect(receipt.held == held.count, "cut at \(cut)")
      #expect(try contents(of: target) == whole, "cut at \(cut)")
      try FileManager.default.removeItem(atPath: target)
    }
  }

  @Test func `a flipped bit never makes another data set`() throws {
    let whole = try contents(of: source)
    let headers = StreamBytes.headers(of: stream)
    var random = PhiloxStream(Philox(seed: 6, purpose: .sample), 0, 0)
    var places = headers.dropLast().flatMap { [$0, $0 + 100, $0 + 124, $0 + 150, $0 + 156] }
    // In both copies of the manifest, in the data, and anywhere.
    places += (0..<20).map { _ in
      StreamBytes.block + random.next(below: manifest.count)
    }
    let last = headers[headers.count - 2] + StreamBytes.block
    places += (0..<20).map { _ in last + random.next(below: manifest.count) }
    places += (0..<50).map { _ in random.next(below: stream.count) }
    var refused = 0
    for place in places {
      var damaged = stream
      damaged[place] ^= 1 << UInt8(random.next(below: 8))
      let target = folder.file("target-\(place)")
      do {
        try StreamBytes.receive(damaged, into: target)
        #expect(try contents(of: target) == whole, "byte \(place)")
      } catch {
        refused += 1
        try expectNothingFinished(in: target, "byte \(place)")
      }
      try FileManager.default.removeItem(atPath: target)
    }
    #expect(refused >= 75, "\(refused) of \(places.count)")
  }

  @Test func `a file in the way stays, wherever in the stream the list comes`() throws {
    let list = StreamBytes.member(DataSetStream.contentsName, manifest)
    let last = StreamBytes.member(Manifest.fileName, manifest)
    let files = stream[list.count..<stream.count - last.count - StreamBytes.end.count]
    let name = "train-00000-of-00001.safetensors"
    let own = Data("my own file".utf8)
    for bytes in [list + files + last, files + list + last] {
      let target = folder.file("target")
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
      try own.write(to: URL(filePath: target + "/" + name))
      let error = #expect(throws: DataSetError.self) {
        try StreamBytes.receive(bytes + StreamBytes.end, into: target)
      }
      #expect(error?.reason == "another file of this name is there")
      #expect(try Data(contentsOf: URL(filePath: target + "/" + name)) == own)
      #expect(access(target + "/" + Manifest.fileName, F_OK) != 0)
      try StreamBytes.receive(bytes + StreamBytes.end, into: target, replacing: true)
      #expect(try contents(of: target) == contents(of: source))
      try FileManager.default.removeItem(atPath: target)
    }
  }

  @Test(arguments: ["", "zstd"])
  func `whatever follows the manifest is refused`(compression: String) throws {
    let bytes =
      compression.isEmpty
      ? stream : try StreamBytes.sent(from: source, compression: .zstd)
    let garbage: [UInt8] = Array("garbage".utf8) + [UInt8](repeating: 7, count: 600)
    let target = folder.file("target")
    #expect(throws: TransferError.self) { try StreamBytes.receive(bytes + garbage, into: target) }
    try expectNothingFinished(in: target, "garbage")
    let error = #expect(throws: TransferError.self) {
      try StreamBytes.receive(bytes + bytes, into: target)
    }
    try expectNothingFinished(in: target, "two streams")
    guard compression.isEmpty else { return }
    #expect(error?.reason == "stream:contents.json: a member follows the manifest")
  }

  @Test(arguments: [
    "/etc/passwd", "../escape", "a/b", "..", ".hidden", "x.partial", "incoming", "a b", "a\nb",
  ])
  func `names that leave the folder are refused`(name: String) throws {
    let target = folder.file("deep/target")
    for prefix in [[], StreamBytes.member(DataSetStream.contentsName, manifest)] {
      let hostile = prefix + StreamBytes.member(name, [1, 2, 3]) + StreamBytes.end
      let error = #expect(throws: TransferError.self) {
        try StreamBytes.receive(hostile, into: target)
      }
      #expect(error?.reason.contains("may not have this name") == true, "\(error?.reason ?? "")")
    }
    #expect(try TestSupport.fileNames(in: folder.path) == ["deep", "source"])
    #expect(try TestSupport.fileNames(in: folder.file("deep")) == ["target"])
    #expect(try contents(of: target).isEmpty)
  }

  @Test func `anything but regular files is refused`() throws {
    for type in ["1", "2", "3", "4", "5", "6"] as [Character] {
      let target = folder.file("target")
      let name = "train-00000-of-00001.safetensors"
      let hostile = StreamBytes.member(name, [], type: type, link: "/etc/passwd") + StreamBytes.end
      let error = #expect(throws: TransferError.self, "type \(type)") {
        try StreamBytes.receive(hostile, into: target)
      }
      #expect(error?.reason == "stream:\(name): the member is not a regular file")
      #expect(try contents(of: target).isEmpty)
    }
  }

  @Test func `members that contradict the list are refused`() throws {
    let list = StreamBytes.member(DataSetStream.contentsName, manifest)
    let last = StreamBytes.member(Manifest.fileName, manifest)
    let name = "train-00000-of-00001.safetensors"
    let file = StreamBytes.member(
      name,
      [UInt8](try Data(contentsOf: URL(filePath: source + "/" + name)))
    )
    var other = manifest
    other[other.count - 1] = UInt8(ascii: " ")
    let cases: [(String, [UInt8], String)] = [
      ("unknown", list + StreamBytes.member("x.safetensors", [1]), "does not list the file"),
      ("size", list + StreamBytes.member(name, [1]), "has 1 bytes, contents.json says"),
      ("twice", list + file + file, "comes twice"),
      ("two lists", list + list, "comes twice"),
      ("no list", file + last, "not the one that contents.json has announced"),
      ("manifest first", last + file, "not the one that contents.json has announced"),
      ("only manifests", list + last, "6 of 6 files did not come"),
      (
        "another manifest", list + StreamBytes.member(Manifest.fileName, other),
        "not the one that contents.json has announced"
      ),
      ("no manifest", list + file, "ends without manifest.json"),
      ("late list", file + StreamBytes.member("y", [2]) + list, "y: the file is not the one"),
      (
        "huge list", StreamBytes.member(DataSetStream.contentsName, [1], byteCount: 1 << 32),
        "the limit is 67108864"
      ),
      (
        "huge manifest", list + StreamBytes.member(Manifest.fileName, [1], byteCount: 1 << 32),
        "the limit is 67108864"
      ),
      ("nothing", [], "the stream is empty"), ("end only", StreamBytes.end, "the stream is empty"),
      ("text", Array("not a tar, not by a long way\n".utf8), "Unrecognized archive format"),
    ]
    for (label, bytes, reason) in cases {
      let target = folder.file("target")
      let error = #expect(throws: TransferError.self, "\(label)") {
        try StreamBytes.receive(bytes.isEmpty ? [] : bytes + StreamBytes.end, into: target)
      }
      #expect(error?.reason.contains(reason) == true, "\(label): \(error?.reason ?? "none")")
      try expectNothingFinished(in: target, label)
      try FileManager.default.removeItem(atPath: target)
    }
  }

  @Test(arguments: [
    ("\"file\" : \"train-00000-of-00001.safetensors\"", "\"file\":\"../../escape\""),
    ("\"file\" : \"train-00000-of-00001.safetensors\"", "\"file\":\".bashrc\""),
    ("\"file\" : \"train-00000-of-00001.safetensors\"", "\"file\":\"manifest.json\""),
    (
      "\"file\" : \"train-00000-of-00001.safetensors\"",
      "\"file\":\"test-00000-of-00001.safetensors\""
    ), ("\"bytes\" : ", "\"bytes\":-"), ("\"bytes\" : ", "\"bytes\":9000000000000000000"),
    ("lra-shards", "something"),
  ])
  func `lists of strangers are refused`(part: String, replacement: String) throws {
    let pretty = try JSONSerialization.data(
      withJSONObject: try JSONSerialization.jsonObject(with: Data(manifest)),
      options: [.prettyPrinted, .sortedKeys]
    )
    let text = String(decoding: pretty, as: UTF8.self)
    #expect(text.contains(part))
    let bytes = [UInt8](text.replacingOccurrences(of: part, with: replacement).utf8)
    let target = folder.file("target")
    #expect(throws: DataSetError.self) {
      try StreamBytes.receive(
        StreamBytes.member(DataSetStream.contentsName, bytes) + StreamBytes.end,
        into: target
      )
    }
    #expect(try contents(of: target).isEmpty)
  }
}
