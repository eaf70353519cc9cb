internal import FoundationEssentials

/// One of several shares of a build, each prepared by a process of its own.
///
/// Every part reads the whole archive, agrees on the whole plan and writes the shards whose number
/// falls to it; merging is an operation on manifests.
public struct BuildPart: Codable, Sendable, Equatable {
  /// Which part, from 0.
  public let index: Int
  /// How many parts there are.
  public let count: Int

  /// Part `index` of `count`; nil when there is no such part.
  public init?(index: Int, count: Int) {
    guard count >= 1, (0..<count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// Whether the shard of that number, counted over the whole data set, falls to this part.
  func takes(_ number: Int) -> Bool { number % count == index }

  var recordName: String { "part-\(index)-of-\(count).json" }
  var journalName: String { "part-\(index)-of-\(count).journal.jsonl" }

  static func isRecord(_ name: String) -> Bool {
    name.wholeMatch(of: /part-\d+-of-\d+\.json(\.partial)?/) != nil
  }

  static func isJournal(_ name: String) -> Bool {
    name.wholeMatch(of: /part-\d+-of-\d+\.journal\.jsonl/) != nil
  }
}

/// The commit record of a part: the data set's manifest with only the part's own files.
struct PartRecord: Codable {
  var part: BuildPart
  var manifest: Manifest

  func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write([UInt8](try encoder.encode(self)), to: folder + "/" + part.recordName)
  }

  /// The records of the parts in a folder.
  ///
  /// - Throws: ``DataSetError`` when one is damaged.
  static func readAll(in folder: String) throws -> [PartRecord] {
    let names = try OutputFolder.names(in: folder)
    return try names.filter { BuildPart.isRecord($0) && !$0.hasSuffix(".partial") }.map { name in
      let path = folder + "/" + name
      let json = try MappedFile(path: path).withBytes { Data($0) }
      guard let record = try? JSONDecoder().decode(PartRecord.self, from: json),
        BuildPart(index: record.part.index, count: record.part.count) != nil
      else { throw DataSetError(path: path, reason: "the record of a part is damaged") }
      if let fault = record.manifest.fault { throw DataSetError(path: path, reason: fault) }
      return record
    }
  }
}
