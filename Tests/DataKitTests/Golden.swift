import Foundation
import TestSupport
import Testing

@testable import DataKit

/// What the paper's loaders produce from an archive, a file of `fixtures/golden-data`.
///
/// It remembers which digests were asked for, so that a test can show that it compared all.
final class Golden {
  /// A place in the file.
  struct Node {
    let golden: Golden
    let path: String
    let value: Any

    subscript(_ key: String) -> Node? {
      (value as? [String: Any])?[key].map {
        Node(golden: golden, path: path + "/" + key, value: $0)
      }
    }

    func node(_ key: String) throws -> Node { try #require(self[key], "\(path)/\(key)") }
    var text: String? {
      golden.unread.remove(path)
      return value as? String
    }
    var integer: Int? { value as? Int }
    var integers: [Int]? { value as? [Int] }
    var doubles: [Double]? { value as? [Double] }
    var list: [Node] {
      (value as? [Any] ?? []).enumerated().map {
        Node(golden: golden, path: "\(path)/\($0)", value: $1)
      }
    }
  }

  let root: Any
  /// The places of digests that no one has asked for yet.
  fileprivate(set) var unread: Set<String> = []

  init(_ name: String) throws {
    let data = try Data(contentsOf: URL(filePath: Fixtures.path("golden-data/\(name).json")))
    root = try JSONSerialization.jsonObject(with: data)
    collect(root, "")
  }

  private func collect(_ value: Any, _ path: String) {
    if let fields = value as? [String: Any] {
      for (key, inner) in fields { collect(inner, path + "/" + key) }
    } else if let list = value as? [Any] {
      for (index, inner) in list.enumerated() { collect(inner, "\(path)/\(index)") }
    } else if path.contains("sha256") {
      unread.insert(path)
    }
  }

  var top: Node { Node(golden: self, path: "", value: root) }

  /// The names that splits have here.
  static let splits: [(split: Split, name: String)] = [
    (.train, "train"), (.validation, "val"), (.test, "test"),
  ]
}

/// Sums up digests as the golden files do.
struct GoldenDigest {
  private let digester = SHA256Digester()

  func add<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { digester.update($0) }
  }
  func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { digester.update($0) } }
  func add(_ numbers: [UInt16]) { numbers.withUnsafeBytes { digester.update($0) } }
  func add(_ numbers: [Int16]) { numbers.withUnsafeBytes { digester.update($0) } }
  func add(_ numbers: [Float]) { numbers.withUnsafeBytes { digester.update($0) } }
  func finish() -> String { digester.finish() }

  /// Names in order, joined by line feeds.
  static func of(names: [String]) -> String {
    Array(names.joined(separator: "\n").utf8).withUnsafeBytes { SHA256Digester.digest($0) }
  }
}

/// Builds from the published archives.
enum GoldenBuild {
  static func run(
    _ task: String,
    from archive: String,
    options: TaskOptions = TaskOptions(),
    into folder: TemporaryFolder
  ) throws -> DataSet {
    let definition = try #require(TaskDefinition.named(task, options: options))
    try definition.check(options)
    let output = folder.file("\(UUID())")
    let plan = BuildPlan(
      inputs: [.file(try #require(Fixtures.archives) + "/" + archive)],
      tasks: [definition],
      folders: [output],
      threads: 2
    )
    _ = try Build(plan).run()
    return try DataSet(opening: output)
  }

  /// The paths of the members of a task, in canonical order, as its collector gives them.
  static func collected(
    _ task: String,
    from archive: String,
    into folder: TemporaryFolder
  ) throws -> CollectedTask {
    let definition = try #require(TaskDefinition.named(task))
    let path = try #require(Fixtures.archives) + "/" + archive
    let reader = try ArchiveReader(.file(path))
    let context = CollectorContext(
      archive: path,
      spool: try SampleSpool(in: folder.path),
      workers: OrderedWorkers(threads: 1)
    )
    let collector = definition.makeCollector(context)
    while let member = try reader.next() {
      let parts = member.path.split(separator: "/").filter { $0 != "." }
      guard let (_, tail) = definition.locate(parts) else { continue }
      try collector.read(member, at: tail, from: reader)
    }
    return try collector.finish()
  }
}

extension DataSplit {
  /// A sample's values.
  func values(at index: Int, sequence: Int = 0) throws -> [Int32] {
    let capacity = length(at: index, sequence: sequence) * 3
    return try [Int32](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = try copyValues(at: index, sequence: sequence, into: buffer)
    }
  }
}

/// Samples of several splits in canonical order.
struct CanonicalSamples {
  private var places: [(split: DataSplit, index: Int)] = []

  init(_ dataSet: DataSet, _ splits: [Split]) throws {
    var numbered: [(id: Int64, split: DataSplit, index: Int)] = []
    for split in splits {
      let samples = try dataSet.split(split)
      for index in 0..<samples.count {
        numbered.append((samples.sampleID(at: index), samples, index))
      }
    }
    places = numbered.sorted { $0.id < $1.id }.map { ($0.split, $0.index) }
  }

  var count: Int { places.count }
  func values(_ index: Int) throws -> [Int32] {
    try places[index].split.values(at: places[index].index)
  }
  func label(_ index: Int) -> Int64 { places[index].split.label(at: places[index].index) }
}
