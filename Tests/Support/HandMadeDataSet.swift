public import DataKit
internal import Foundation

/// A finished data set of one split, `train` (and `test`, the same again), from given samples.
public struct HandMadeDataSet {
  /// What the samples are.
  public var input: InputKind
  /// Values a position.
  public var channels = 1
  /// Labels: classes below `classes`, or values when that is nil.
  public var labels: [Float]
  /// How many classes there are.
  public var classes: Int?
  /// The tokens of the vocabulary in id order.
  public var tokens: [String]?
  /// The mask set to store beside the samples.
  public var masks: MaskSet?

  /// A data set of samples with the given labels.
  public init(_ input: InputKind, labels: [Float], classes: Int? = nil) {
    self.input = input
    self.labels = labels
    self.classes = classes
  }

  /// Writes the data set.
  ///
  /// - Parameters:
  ///   - x: the values of each sample, [positions, channels].
  ///   - y: the second sequence of each sample of a pair.
  ///   - folder: where to write.
  /// - Throws: what writing throws.
  public func write<Element: TensorElement>(
    _ x: [[Element]],
    pairs y: [[Element]]? = nil,
    to folder: String
  ) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let sequences = [x] + (y.map { [$0] } ?? [])
    let lengths = sequences.joined().map { $0.count / channels }
    let fixedLength = Set(lengths).count == 1 ? lengths[0] : nil
    var splits: [String: Any] = [:]
    for split in ["train", "test"] {
      let firstID: Int64 = split == "train" ? 0 : Int64(x.count)
      let shard = try write(
        sequences,
        fixedLength,
        ids: (0..<x.count).map { firstID + Int64($0) },
        to: folder + "/\(split)-00000-of-00001.safetensors"
      )
      splits[split] = description(lengths, shard)
    }
    var manifest: [String: Any] = [
      "format": Manifest.format, "version": Manifest.version, "tool": "tests", "task": "hand-made",
      "input": input.rawValue, "elementType": Element.elementType.rawValue, "channels": channels,
      "sequences": sequences.count, "maximumLength": max(1, lengths.max() ?? 1),
      "target": classes.map { ["kind": "class", "classes": $0] } ?? ["kind": "value"],
      "splits": splits, "validationSplit": "test", "masks": [], "attachments": [], "options": [:],
      "provenance": [
        "inputs": [], "prefix": "", "membersRead": 0, "skipped": [:], "rejected": [],
      ],
    ]
    manifest["fixedLength"] = fixedLength
    manifest["vocabulary"] = tokens.map(vocabulary)
    let json = try JSONSerialization.data(withJSONObject: manifest, options: [.sortedKeys])
    try AtomicFile.write([UInt8](json), to: folder + "/" + Manifest.fileName)
    if let masks { _ = try MaskWriter.add([masks], to: folder) }
  }

  private func write<Element: TensorElement>(
    _ sequences: [[[Element]]],
    _ fixedLength: Int?,
    ids: [Int64],
    to path: String
  ) throws -> [String: Any] {
    var tensors = [TensorData(name: "sample.id", shape: [ids.count], elements: ids)]
    if classes == nil {
      tensors.append(TensorData(name: "label", shape: [ids.count], elements: labels))
    } else {
      let classes = labels.map { Int64($0) }
      tensors.append(TensorData(name: "label", shape: [ids.count], elements: classes))
    }
    let inner = channels == 1 ? [] : [channels]
    for (name, samples) in zip(["x", "y"], sequences) {
      let values = samples.flatMap { $0 }
      let total = values.count / channels
      let outer = fixedLength.map { [samples.count, $0] } ?? [total]
      tensors.append(TensorData(name: "\(name).values", shape: outer + inner, elements: values))
      guard fixedLength == nil else { continue }
      let offsets = samples.reduce(into: [Int64(0)]) {
        $0.append($0[$0.count - 1] + Int64($1.count / channels))
      }
      tensors.append(
        TensorData(name: "\(name).offsets", shape: [offsets.count], elements: offsets)
      )
    }
    let digest = try SafetensorsWriter.write(
      tensors,
      metadata: ["version": Manifest.version],
      to: path
    )
    let elements = sequences.joined().reduce(0) { $0 + $1.count / channels }
    return [
      "file": (path as NSString).lastPathComponent, "samples": ids.count, "elements": elements,
      "digest": try JSONSerialization.jsonObject(with: JSONEncoder().encode(digest)),
    ]
  }

  private func description(_ lengths: [Int], _ shard: [String: Any]) -> [String: Any] {
    let total = lengths.reduce(0, +)
    var description: [String: Any] = [
      "samples": labels.count, "elements": total, "minimumLength": lengths.min() ?? 0,
      "meanLength": Double(total) / Double(max(1, lengths.count)),
      "maximumLength": lengths.max() ?? 0, "shards": [shard],
    ]
    description["labelCounts"] =
      classes.map { count in (0..<count).map { label in labels.count { $0 == Float(label) } } }
      ?? []
    guard classes == nil else { return description }
    description["minimumLabel"] = labels.min()
    description["maximumLabel"] = labels.max()
    return description
  }

  private func vocabulary(_ tokens: [String]) -> [String: Any] {
    [
      "tokenizer": "character", "tokens": tokens,
      "counts": [Int](repeating: 1, count: tokens.count), "minimumFrequency": 1, "maskID": 0,
      "padID": 1, "unknownID": 2, "endID": 3,
    ]
  }
}
