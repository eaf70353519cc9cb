public import DataKit
internal import Foundation

/// Writes finished data sets of a few samples.
public enum TinyDataSet {
  /// How many samples each split has.
  public static let counts: [(split: Split, samples: Int)] = [
    (.train, 22), (.validation, 7), (.test, 9),
  ]

  /// Writes a data set of 4 by 4 images, or of token sequences of 3 to 9 elements, into `folder`.
  ///
  /// The class is 1 where the first half of an image is bright, or where a sequence begins with
  /// token 4, and 0 otherwise. Masks are stored for the variants of `masks`; a later variant is
  /// computed. `salt` changes the samples.
  public static func write(
    _ input: InputKind,
    to folder: String,
    masks: MaskSet? = MaskSet(policy: .token(ratio: 0.5), seed: 3, variants: 2),
    salt: UInt32 = 0
  ) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var splits: [String: Any] = [:]
    var maskShards: [String: Any] = [:]
    var firstID: Int64 = 0
    for (split, count) in counts {
      let samples = (0..<count).map { sample(input, id: firstID + Int64($0), salt: salt) }
      let ids = (0..<count).map { firstID + Int64($0) }
      let name = "\(split.rawValue)-00000-of-00001"
      splits[split.rawValue] = try writeShard(input, samples, ids, to: folder, name)
      if let masks {
        maskShards[split.rawValue] = [try writeMasks(masks, samples, ids, to: folder, name)]
      }
      firstID += Int64(count)
    }
    var manifest = self.manifest(input)
    manifest["splits"] = splits
    manifest["masks"] = masks.map { [description(of: $0, maskShards)] } ?? []
    let json = try JSONSerialization.data(withJSONObject: manifest, options: [.sortedKeys])
    try AtomicFile.write([UInt8](json), to: folder + "/" + Manifest.fileName)
  }

  private typealias Sample = (values: [UInt8], label: Int64)

  private static func sample(_ input: InputKind, id: Int64, salt: UInt32) -> Sample {
    var random = PhiloxStream(
      Philox(seed: 77, purpose: .sample),
      UInt32(truncatingIfNeeded: id),
      salt
    )
    let label = random.next(below: 2)
    switch input {
    case .pixels:
      let values = (0..<16).map { position in
        let isBright = (position < 8) == (label == 1)
        return UInt8(random.next(below: 100) + (isBright ? 150 : 0))
      }
      return (values, Int64(label))
    default:
      let length = 3 + random.next(below: 7)
      let inner = (0..<length - 2).map { _ in UInt8(4 + random.next(below: 4)) }
      return ([label == 1 ? 4 : 5] + inner + [3], Int64(label))
    }
  }

  private static func writeShard(
    _ input: InputKind,
    _ samples: [Sample],
    _ ids: [Int64],
    to folder: String,
    _ name: String
  ) throws -> [String: Any] {
    let values = samples.flatMap(\.values)
    let lengths = samples.map(\.values.count)
    var tensors = [
      TensorData(name: "sample.id", shape: [ids.count], elements: ids),
      TensorData(name: "label", shape: [ids.count], elements: samples.map(\.label)),
    ]
    if input == .pixels {
      tensors.append(TensorData(name: "x.values", shape: [ids.count, 16], elements: values))
    } else {
      let offsets = lengths.reduce(into: [Int64(0)]) { $0.append($0[$0.count - 1] + Int64($1)) }
      tensors.append(TensorData(name: "x.values", shape: [values.count], elements: values))
      tensors.append(TensorData(name: "x.offsets", shape: [offsets.count], elements: offsets))
    }
    let file = name + ".safetensors"
    let digest = try SafetensorsWriter.write(
      tensors,
      metadata: ["version": Manifest.version],
      to: folder + "/" + file
    )
    let ones = samples.filter { $0.label == 1 }.count
    return [
      "samples": ids.count, "elements": values.count, "minimumLength": lengths.min() ?? 0,
      "meanLength": Double(values.count) / Double(ids.count), "maximumLength": lengths.max() ?? 0,
      "labelCounts": [ids.count - ones, ones],
      "shards": [try entry(file, samples: ids.count, elements: values.count, digest)],
    ]
  }

  private static func writeMasks(
    _ set: MaskSet,
    _ samples: [Sample],
    _ ids: [Int64],
    to folder: String,
    _ name: String
  ) throws -> [String: Any] {
    let elements = samples.reduce(0) { $0 + $1.values.count }
    let generator = MaskGenerator(set)
    let tensors = (0..<set.variants).map { variant in
      var bits = [UInt8](repeating: 0, count: (elements + 7) / 8)
      var first = 0
      for (sample, id) in zip(samples, ids) {
        var mask = [UInt8](repeating: 0, count: sample.values.count)
        mask.withUnsafeMutableBufferPointer {
          generator.fill($0, sampleID: id, variant: variant)
        }
        for (offset, isMasked) in mask.enumerated() where isMasked != 0 {
          bits[(first + offset) / 8] |= 1 << UInt8((first + offset) % 8)
        }
        first += mask.count
      }
      return TensorData(name: "mask.\(variant)", shape: [bits.count], elements: bits)
    }
    let file = "\(name).mask-\(set.name).safetensors"
    let digest = try SafetensorsWriter.write(
      tensors,
      metadata: ["version": Manifest.version],
      to: folder + "/" + file
    )
    return try entry(file, samples: ids.count, elements: elements, digest)
  }

  private static func entry(
    _ file: String,
    samples: Int,
    elements: Int,
    _ digest: FileDigest
  ) throws -> [String: Any] {
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(digest))
    return ["file": file, "samples": samples, "elements": elements, "digest": json]
  }

  private static func description(of set: MaskSet, _ shards: [String: Any]) -> [String: Any] {
    var description: [String: Any] = [
      "name": set.name, "seed": Int(set.seed), "variants": set.variants, "shards": shards,
    ]
    switch set.policy {
    case .token(let ratio): description.merge(["policy": "token", "ratio": ratio]) { $1 }
    case .span(let ratio, let length):
      description.merge(["policy": "span", "ratio": ratio, "spanLength": length]) { $1 }
    case .causal: description["policy"] = "causal"
    }
    return description
  }

  private static func manifest(_ input: InputKind) -> [String: Any] {
    var manifest: [String: Any] = [
      "format": Manifest.format, "version": Manifest.version, "tool": "tests",
      "task": input == .pixels ? "tiny-image" : "tiny-text", "input": input.rawValue,
      "elementType": "U8", "maximumLength": input == .pixels ? 16 : 9, "channels": 1,
      "sequences": 1, "attachments": [],
      "target": ["kind": "class", "classes": 2], "validationSplit": "validation", "options": [:],
      "provenance": [
        "inputs": [], "prefix": "", "membersRead": 0, "skipped": [:], "rejected": [],
      ],
    ]
    if input == .pixels {
      manifest["fixedLength"] = 16
      manifest["normalization"] = [
        "divisor": 255, "mean": [0.5], "standardDeviation": [0.5],
      ]
    } else {
      manifest["vocabulary"] = [
        "tokenizer": "character",
        "tokens": ["<mask>", "<pad>", "<unk>", "<eos>"] + ["a", "b", "c", "d"],
        "counts": [0, 0, 0, 0, 1, 1, 1, 1], "minimumFrequency": 1, "maskID": 0, "padID": 1,
        "unknownID": 2, "endID": 3,
      ]
    }
    return manifest
  }
}
