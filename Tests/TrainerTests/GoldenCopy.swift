import DataKit
import Foundation
import TestSupport

@testable import Trainer

/// A golden file of the fixtures, taken apart to be changed and written again.
struct GoldenCopy {
  struct Tensor {
    var type: String
    var shape: [Int]
    var bytes: Data

    static func floats(_ values: [Float], _ shape: [Int]? = nil) -> Tensor {
      let bytes = values.withUnsafeBytes { Data($0) }
      return Tensor(type: "F32", shape: shape ?? [values.count], bytes: bytes)
    }

    static func integers(_ values: [Int32], _ shape: [Int]? = nil) -> Tensor {
      let bytes = values.withUnsafeBytes { Data($0) }
      return Tensor(type: "I32", shape: shape ?? [values.count], bytes: bytes)
    }

    var floats: [Float] {
      bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
    }
  }

  var tensors: [String: Tensor] = [:]
  var metadata: [String: String]
  private let folder = TemporaryFolder()

  /// An operator file without tensors.
  init(case name: String) {
    metadata = ["config": #"{"kind": "op", "case": "\#(name)"}"#]
  }

  /// The fixture of that name.
  init(_ name: String) throws {
    let file = try SafetensorsFile(path: Fixtures.path("golden/\(name).safetensors"))
    metadata = file.metadata
    for (name, tensor) in file.tensors {
      tensors[name] = Tensor(
        type: tensor.elementType.rawValue,
        shape: tensor.shape,
        bytes: try file.withBytes(of: name) { Data($0) }
      )
    }
  }

  /// Changes a value of the description; an index stands for an element of a list.
  mutating func describe(_ path: Any..., as value: Any) throws {
    let config = Data((metadata["config"] ?? "").utf8)
    func changed(_ old: Any?, _ path: ArraySlice<Any>) -> Any {
      guard let key = path.first else { return value }
      if let index = key as? Int, var list = old as? [Any] {
        list[index] = changed(list[index], path.dropFirst())
        return list
      }
      var fields = old as? [String: Any] ?? [:]
      let name = key as? String ?? ""
      fields[name] = changed(fields[name], path.dropFirst())
      return fields
    }
    let result = changed(try JSONSerialization.jsonObject(with: config), path[...])
    metadata["config"] = String(
      decoding: try JSONSerialization.data(withJSONObject: result),
      as: UTF8.self
    )
  }

  /// Writes the file and checks it.
  func report(threads: Int = 2) throws -> GoldenReport {
    let path = folder.file("changed.safetensors")
    var (header, data): ([String: Any], Data) = (["__metadata__": metadata], Data())
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      header[name] = [
        "dtype": tensor.type, "shape": tensor.shape,
        "data_offsets": [data.count, data.count + tensor.bytes.count],
      ]
      data += tensor.bytes
    }
    let json = try JSONSerialization.data(withJSONObject: header)
    let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) }
    try (length + json + data).write(to: URL(filePath: path))
    return try GoldenFile(path: path).check(WorkerPool(threads: threads))
  }

  /// The sentence that refuses the file, without its path; nil when there is none.
  func refusal() -> String? {
    do {
      _ = try report()
      return nil
    } catch {
      let sentence = String(describing: error)
      return sentence.hasPrefix(folder.path)
        ? String(sentence.dropFirst(folder.path.count + "/changed.safetensors: ".count)) : sentence
    }
  }
}
