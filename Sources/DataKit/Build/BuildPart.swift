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

  /// The most parts a build can have.
  public static let maximumCount = 1 << 16

  /// Part `index` of `count`; nil when there is no such part.
  public init?(index: Int, count: Int) {
    guard (1...Self.maximumCount).contains(count), (0..<count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// Whether the shard of that number, counted over the whole data set, falls to this part.
  func takes(_ number: Int) -> Bool { number % count == index }

  var recordName: String { "part-\(index)-of-\(count).json" }
  var journalName: String { "part-\(index)-of-\(count).journal.jsonl" }

  /// The part whose record or journal has that name, finished or not.
  init?(fileName: String) {
    let pattern = /part-(\d+)-of-(\d+)\.(json|journal\.jsonl)(\.partial)?/
    guard let match = fileName.wholeMatch(of: pattern), let index = Int(match.1),
      let count = Int(match.2)
    else { return nil }
    self.init(index: index, count: count)
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

  /// The record of one part, or nil when it is not there or damaged.
  static func read(_ part: BuildPart, in folder: String) -> PartRecord? {
    try? readAll(in: folder, only: part).first
  }

  /// The records of the parts in a folder, or of one of them.
  ///
  /// - Throws: ``DataSetError`` when one is damaged.
  static func readAll(in folder: String, only wanted: BuildPart? = nil) throws -> [PartRecord] {
    try OutputFolder.names(in: folder).compactMap { name in
      guard let part = BuildPart(fileName: name), part.recordName == name, part == wanted ?? part
      else { return nil }
      let path = folder + "/" + name
      let json = try MappedFile(path: path).withBytes { Data($0) }
      guard let record = try? JSONDecoder().decode(PartRecord.self, from: json), record.part == part
      else {
        throw DataSetError(
          path: path,
          reason: "the record of a part is damaged",
          hint: "prepare that part again with the same command"
        )
      }
      if let fault = record.manifest.fault { throw DataSetError(path: path, reason: fault) }
      return record
    }
  }
}
