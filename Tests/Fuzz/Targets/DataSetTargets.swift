import DataKit
import Foundation
import TestSupport

extension FuzzTarget {
  /// The header and the tensors of a single safetensors file.
  static let safetensors = FuzzTarget(name: "safetensors", weight: 12) { folder in
    try TinyDataSet.write(.pixels, to: folder + "/pixels")
    try TinyDataSet.write(.tokens, to: folder + "/tokens")
    return try ["pixels", "tokens"].map { kind in
      .bytes(try contents(of: folder + "/\(kind)/train-00000-of-00001.safetensors"))
    }
  } run: { input in
    let path = input.folder + "/file.safetensors"
    try Data(input.bytes).write(to: URL(filePath: path))
    let file = try SafetensorsFile(path: path)
    for (name, tensor) in file.tensors {
      let sum = try file.withBytes(of: name) { $0.reduce(0) { $0 &+ Int($1) } }
      guard sum >= 0, tensor.range.count <= file.byteCount else {
        throw PropertyViolation("the tensor \(name) lies outside the file")
      }
    }
  }

  /// A data set of which one file, the manifest or a shard, is damaged.
  static let dataSet = FuzzTarget(name: "data-set", weight: 12) { folder in
    try TinyDataSet.write(.tokens, to: folder + "/tokens")
    return try files.map { .bytes(try contents(of: folder + "/tokens/" + $0)) }
  } run: { input in
    var input = input
    let folder = input.folder + "/tokens"
    try TinyDataSet.write(.tokens, to: folder)
    // A manifest is an object; everything else takes a shard's or mask's place.
    let isManifest = input.bytes.first == UInt8(ascii: "{")
    let name = isManifest ? files[0] : files[1 + input.random.next(below: files.count - 1)]
    let isSound = try contents(of: folder + "/" + name) == input.bytes
    try Data(input.bytes).write(to: URL(filePath: folder + "/" + name))
    let faults = try Verification(folder: folder).run().faults
    guard isManifest || isSound || !faults.isEmpty else {
      throw PropertyViolation("\(name) differs from what was written, and verifies")
    }
    try readAll(of: folder)
  }

  private static let files = [
    Manifest.fileName, "train-00000-of-00001.safetensors",
    "train-00000-of-00001.mask-token-0.50-seed-3.safetensors",
  ]

  static func contents(of path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path)))
  }

  /// Reads every sample, label and mask of a data set.
  static func readAll(of folder: String) throws {
    let dataSet = try DataSet(opening: folder)
    let manifest = dataSet.manifest
    for split in Split.allCases where manifest.splits[split.rawValue] != nil {
      let samples = try dataSet.split(split)
      let masks = manifest.masks.compactMap { try? dataSet.maskSet(named: $0.name) }
        .map { samples.maskReader($0) }
      for index in 0..<samples.count {
        _ = (samples.sampleID(at: index), samples.value(at: index))
        for sequence in 0..<manifest.sequences {
          let length = samples.length(at: index, sequence: sequence)
          if manifest.elementType == .float32 {
            var values = [Float](repeating: 0, count: length * manifest.channels)
            try values.withUnsafeMutableBufferPointer {
              _ = try samples.copyFloats(at: index, sequence: sequence, into: $0)
            }
          } else {
            var values = [Int32](repeating: 0, count: length * manifest.channels)
            try values.withUnsafeMutableBufferPointer {
              _ = try samples.copyValues(at: index, sequence: sequence, into: $0)
            }
          }
        }
        var mask = [UInt8](repeating: 0, count: samples.length(at: index))
        for reader in masks {
          mask.withUnsafeMutableBufferPointer { reader.copyMask(at: index, variant: 0, into: $0) }
        }
      }
    }
  }
}
