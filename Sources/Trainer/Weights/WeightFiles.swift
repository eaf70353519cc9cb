internal import DataKit
internal import FoundationEssentials
internal import Glibc

/// The tensors of one safetensors file, or of several that an index joins.
///
/// Numbers of any width are read as Float; what has more digits is rounded.
struct WeightFiles: Sendable {
  /// Where the tensors were asked for: a file, an index or a folder.
  let path: String
  /// The string map of the only file; empty for several.
  let metadata: [String: String]
  /// Every tensor's shape by name.
  let shapes: [String: [Int]]
  private let files: [String: SafetensorsFile]

  /// The index's part that is read.
  private struct Index: Decodable {
    var places: [String: String]
    enum CodingKeys: String, CodingKey { case places = "weight_map" }
  }

  /// Opens a safetensors file, an index ("….index.json") of several in its folder, or a folder with
  /// "model.safetensors.index.json" or "model.safetensors" in it.
  ///
  /// - Throws: ``CheckpointError`` when the index is unusable or a tensor is not where it says,
  ///   ``SafetensorsError`` or ``FileError`` when a file cannot be read.
  init(_ path: String) throws {
    self.path = path
    let place = try path.hasSuffix(".safetensors") ? path : Self.indexPath(at: path)
    if place.hasSuffix(".safetensors") {
      let file = try SafetensorsFile(path: place)
      metadata = file.metadata
      files = file.tensors.mapValues { _ in file }
    } else {
      metadata = [:]
      files = try Self.files(of: place)
    }
    // What fills gaps is no tensor of anybody's.
    shapes = Dictionary(
      uniqueKeysWithValues: files.compactMap { name, file in
        name.hasPrefix("__pad__.") ? nil : file.tensors[name].map { (name, $0.shape) }
      }
    )
  }

  /// What stands for a model in its folder; the first that exists counts.
  private static let modelNames = ["model.safetensors.index.json", "model.safetensors"]

  /// Whether there is a folder with a model in it.
  static func isModelFolder(_ path: String) -> Bool {
    modelNames.contains { access(path + "/" + $0, F_OK) == 0 }
  }

  private static func indexPath(at path: String) throws -> String {
    if path.hasSuffix(".json") { return path }
    for name in modelNames where access(path + "/" + name, F_OK) == 0 { return path + "/" + name }
    throw CheckpointError(
      path: path,
      reason: "there is no model.safetensors and no model.safetensors.index.json in it",
      hint: "name a .safetensors file, an index or a folder with one of them"
    )
  }

  private static func files(of index: String) throws -> [String: SafetensorsFile] {
    let places: [String: String]
    do {
      places = try JSON.decode(Index.self, from: readFile(index)).places
    } catch let error as DecodingError {
      throw CheckpointError(
        path: index,
        reason: "not the index of safetensors files: \(JSON.explanation(of: error))"
      )
    }
    let folder = index.lastIndex(of: "/").map { String(index[...$0]) } ?? ""
    var opened: [String: SafetensorsFile] = [:]
    for name in Set(places.values).sorted() {
      guard name.hasSuffix(".safetensors"), !name.contains("/"), !name.hasPrefix(".") else {
        throw CheckpointError(path: index, reason: "'\(name)' is not a safetensors file beside it")
      }
      opened[name] = try SafetensorsFile(path: folder + name)
    }
    var files: [String: SafetensorsFile] = [:]
    for (tensor, name) in places.sorted(by: { $0.key < $1.key }) {
      guard let file = opened[name], file.tensors[tensor] != nil else {
        throw CheckpointError(path: index, reason: "'\(name)' has no tensor '\(tensor)'")
      }
      files[tensor] = file
    }
    return files
  }

  /// The names in order.
  var names: [String] { shapes.keys.sorted() }

  /// A tensor's elements, row-major.
  ///
  /// - Throws: ``CheckpointError`` when there is no such tensor or its elements are not numbers.
  func floats(of name: String) throws -> [Float] {
    guard let file = files[name], let tensor = file.tensors[name] else {
      throw CheckpointError(path: path, reason: "there is no tensor '\(name)'")
    }
    func convert<Element: BitwiseCopyable>(
      _ type: Element.Type,
      _ number: (Element) -> Float
    ) throws -> [Float] {
      try file.withBytes(of: name) { bytes in
        (0..<tensor.elementCount).map { index in
          number(
            bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.size, as: type)
          )
        }
      }
    }
    switch tensor.elementType {
    case .float32: return try convert(Float.self) { $0 }
    case .float64: return try convert(Double.self) { Float($0) }
    case .float16: return try convert(UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .brainFloat16: return try convert(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .int32: return try convert(Int32.self) { Float($0) }
    case .int64: return try convert(Int64.self) { Float($0) }
    default:
      throw CheckpointError(
        path: path,
        reason: "tensor '\(name)' is \(tensor.elementType.rawValue), expected F16, BF16, F32, F64, "
          + "I32 or I64"
      )
    }
  }
}
