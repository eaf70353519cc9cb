internal import FoundationEssentials

/// The element types of a safetensors tensor that this package reads; half precision and truth
/// values occur in the weights of others only.
public enum ElementType: String, Codable, Sendable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case uint16 = "U16"
  case int16 = "I16"
  case uint32 = "U32"
  case int32 = "I32"
  case uint64 = "U64"
  case int64 = "I64"
  case float16 = "F16"
  /// The upper half of a `F32`.
  case brainFloat16 = "BF16"
  case float32 = "F32"
  case float64 = "F64"

  /// The size of an element in bytes.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .float16, .brainFloat16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }
}

/// A Swift number type that is stored as one ``ElementType``.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The type's name in a safetensors header.
  static var elementType: ElementType { get }
}
extension UInt8: TensorElement {
  /// `U8`.
  public static var elementType: ElementType { .uint8 }
}
extension UInt16: TensorElement {
  /// `U16`.
  public static var elementType: ElementType { .uint16 }
}
extension Int16: TensorElement {
  /// `I16`.
  public static var elementType: ElementType { .int16 }
}
extension Int32: TensorElement {
  /// `I32`.
  public static var elementType: ElementType { .int32 }
}
extension UInt64: TensorElement {
  /// `U64`.
  public static var elementType: ElementType { .uint64 }
}
extension Int64: TensorElement {
  /// `I64`.
  public static var elementType: ElementType { .int64 }
}
extension Float: TensorElement {
  /// `F32`.
  public static var elementType: ElementType { .float32 }
}
extension Double: TensorElement {
  /// `F64`.
  public static var elementType: ElementType { .float64 }
}

/// What a safetensors header says about one tensor.
public struct TensorDescription: Sendable, Equatable {
  /// The type of every element.
  public let elementType: ElementType
  /// The extents, outermost first; empty for a scalar.
  public let shape: [Int]
  /// The tensor's bytes, as offsets from the start of the file's data section.
  public let range: Range<Int>

  /// The product of the extents.
  public var elementCount: Int { shape.reduce(1, *) }
}

/// Why a safetensors file was refused.
public struct SafetensorsError: Error, CustomStringConvertible, Sendable {
  /// The file's path.
  public let path: String
  /// What is wrong with it, lower case, with the values found.
  public let reason: String

  /// An error about the file at `path`.
  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// One sentence: path and reason.
  public var description: String { "\(printable(path)): \(printable(shortened(reason)))" }
}

/// A safetensors file mapped read-only.
///
/// The whole header is checked before any tensor is lent: it must be bounded, well-formed JSON,
/// and the tensors must cover the data section without holes or overlaps (the rules of the
/// safetensors format).
public final class SafetensorsFile: Sendable {
  /// The largest header accepted, in bytes; the format's own limit.
  public static let headerLimit = 100_000_000

  /// The file's path.
  public var path: String { file.path }
  /// The size of the whole file in bytes.
  public var byteCount: Int { file.byteCount }
  /// The string map under `__metadata__`; empty when there is none.
  public let metadata: [String: String]
  /// Every tensor by name.
  public let tensors: [String: TensorDescription]
  private let file: MappedFile
  private let dataStart: Int

  /// Maps the file at `path` and checks its header.
  ///
  /// - Throws: ``FileError`` when it cannot be mapped, ``SafetensorsError`` when it breaks a rule
  ///   of the format.
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    let header = try SafetensorsHeader(parsing: file)
    self.file = file
    self.metadata = header.metadata
    self.tensors = header.tensors
    self.dataStart = header.dataStart
  }

  /// The description of a tensor that must exist.
  ///
  /// - Throws: ``SafetensorsError`` when there is no tensor of that name.
  public func description(of name: String) throws(SafetensorsError) -> TensorDescription {
    guard let tensor = tensors[name] else {
      throw SafetensorsError(path: path, reason: "there is no tensor '\(name)'")
    }
    return tensor
  }

  /// Lends the raw bytes of a tensor for the duration of `body`.
  ///
  /// - Throws: ``SafetensorsError`` when there is no tensor of that name, and what `body` throws.
  public func withBytes<Result>(
    of name: String,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let range = try description(of: name).range
    return try file.withBytes { bytes in
      try body(
        UnsafeRawBufferPointer(
          rebasing: bytes[dataStart + range.lowerBound..<dataStart + range.upperBound]
        )
      )
    }
  }

  /// The position in the file of a tensor's first byte.
  public func fileOffset(of tensor: TensorDescription) -> Int {
    dataStart + tensor.range.lowerBound
  }

  /// Bytes of the file, valid while this object lives.
  func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[range])
  }

  /// Copies a tensor's elements, row-major.
  ///
  /// - Throws: ``SafetensorsError`` when the tensor is missing or of another element type.
  public func elements<Element: TensorElement>(
    of name: String,
    as type: Element.Type = Element.self
  ) throws -> [Element] {
    let tensor = try description(of: name)
    guard tensor.elementType == Element.elementType else {
      throw SafetensorsError(
        path: path,
        reason: "tensor '\(name)' is \(tensor.elementType.rawValue), expected "
          + Element.elementType.rawValue
      )
    }
    return try withBytes(of: name) { bytes in
      [Element](unsafeUninitializedCapacity: tensor.elementCount) { buffer, count in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
        count = tensor.elementCount
      }
    }
  }
}

/// The parsed and checked header of a safetensors file.
private struct SafetensorsHeader {
  var metadata: [String: String] = [:]
  var tensors: [String: TensorDescription] = [:]
  var dataStart = 0

  private enum Entry: Decodable {
    case metadata([String: String])
    case tensor(dtype: String, shape: [Int], offsets: [Int])

    private enum Key: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: Key.self)
      if decoder.codingPath.last?.stringValue == "__metadata__" {
        self = .metadata(try [String: String](from: decoder))
      } else {
        self = .tensor(
          dtype: try fields.decode(String.self, forKey: .dtype),
          shape: try fields.decode([Int].self, forKey: .shape),
          offsets: try fields.decode([Int].self, forKey: .offsets)
        )
      }
    }
  }

  init(parsing file: MappedFile) throws {
    func refuse(_ reason: String) -> SafetensorsError {
      SafetensorsError(path: file.path, reason: reason)
    }
    guard file.byteCount >= 8 else {
      throw refuse("a safetensors file has at least 8 bytes, this one has \(file.byteCount)")
    }
    let declared = file.withBytes { bytes in
      UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    }
    guard declared <= UInt64(SafetensorsFile.headerLimit) else {
      throw refuse(
        "the header says it has \(declared) bytes, the limit is \(SafetensorsFile.headerLimit)"
      )
    }
    let headerCount = Int(declared)
    guard headerCount <= file.byteCount - 8 else {
      throw refuse(
        "the header says it has \(headerCount) bytes, the file ends after \(file.byteCount - 8)"
      )
    }
    dataStart = 8 + headerCount
    let dataCount = file.byteCount - dataStart

    let entries: [String: Entry]
    do {
      let end = dataStart
      let json = file.withBytes { Data($0[8..<end]) }
      entries = try JSONDecoder().decode([String: Entry].self, from: json)
    } catch {
      throw refuse("the header is not the JSON of a safetensors file")
    }
    for (name, entry) in entries {
      switch entry {
      case .metadata(let strings): metadata = strings
      case .tensor(let dtype, let shape, let offsets):
        tensors[name] = try Self.check(name, dtype, shape, offsets, dataCount, refuse)
      }
    }
    try checkCoverage(of: dataCount, refuse)
  }

  private static func check(
    _ name: String,
    _ dtype: String,
    _ shape: [Int],
    _ offsets: [Int],
    _ dataCount: Int,
    _ refuse: (String) -> SafetensorsError
  ) throws -> TensorDescription {
    guard let elementType = ElementType(rawValue: dtype) else {
      throw refuse("tensor '\(name)' has the unsupported type '\(dtype)'")
    }
    guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= dataCount
    else {
      throw refuse("tensor '\(name)' lies at \(offsets), outside the \(dataCount) bytes of data")
    }
    var byteCount = elementType.byteCount
    for extent in shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else {
        throw refuse("tensor '\(name)' has the impossible shape \(shape)")
      }
      byteCount = product
    }
    guard byteCount == offsets[1] - offsets[0] else {
      throw refuse(
        "tensor '\(name)' of shape \(shape) needs \(byteCount) bytes, its offsets span "
          + "\(offsets[1] - offsets[0])"
      )
    }
    return TensorDescription(elementType: elementType, shape: shape, range: offsets[0]..<offsets[1])
  }

  private func checkCoverage(
    of dataCount: Int,
    _ refuse: (String) -> SafetensorsError
  ) throws {
    var end = 0
    let ordered = tensors.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key)
        < ($1.value.range.lowerBound, $1.value.range.upperBound, $1.key)
    }
    for (name, tensor) in ordered {
      guard tensor.range.lowerBound == end else {
        throw refuse("tensor '\(name)' starts at \(tensor.range.lowerBound), expected \(end)")
      }
      end = tensor.range.upperBound
    }
    guard end == dataCount else {
      throw refuse("the tensors cover \(end) of \(dataCount) bytes of data")
    }
  }
}
