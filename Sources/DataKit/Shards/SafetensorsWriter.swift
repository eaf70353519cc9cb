internal import FoundationEssentials
internal import Glibc

/// One tensor to be written: name, type, shape and bytes.
public struct TensorData: Sendable {
  let name: String
  let elementType: ElementType
  let shape: [Int]
  let bytes: [UInt8]

  /// A tensor of little-endian bytes.
  ///
  /// - Precondition: the bytes are as many as type and shape ask for.
  public init(name: String, elementType: ElementType, shape: [Int], bytes: [UInt8]) {
    let expected = shape.reduce(elementType.byteCount, *)
    precondition(
      bytes.count == expected,
      "tensor '\(name)' of shape \(shape) needs \(expected) bytes, got \(bytes.count)"
    )
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// A tensor that copies `elements`, row-major.
  public init<Element: TensorElement>(name: String, shape: [Int], elements: [Element]) {
    self.init(
      name: name,
      elementType: Element.elementType,
      shape: shape,
      bytes: elements.withUnsafeBytes { [UInt8]($0) }
    )
  }
}

/// Writes safetensors files whose tensors start at multiples of 4096 bytes, or packed ones.
///
/// The header is padded with spaces and the gaps between tensors are `U8` tensors named
/// `__pad__.k`, as the format allows no holes. Equal tensors and metadata give equal bytes.
public enum SafetensorsWriter {
  /// Where tensors start.
  public enum Layout: Sendable {
    /// Data section and tensors at multiples of 4096 bytes, for mapping.
    case aligned
    /// One tensor right after the other, the data section at a multiple of 8 bytes; for readers
    /// that take every tensor for one of the model's.
    case packed
  }

  /// The alignment of the data section and of every tensor, in bytes.
  public static let alignment = 4096

  /// Writes a file whole or not at all: to `path` + `.partial`, synchronised, then renamed.
  ///
  /// - Returns: the digests and size of the file.
  /// - Throws: ``FileError``; nothing is left under `path` or the partial name.
  @discardableResult
  public static func write(
    _ tensors: [TensorData],
    metadata: [String: String],
    layout: Layout = .aligned,
    to path: String
  ) throws -> FileDigest {
    let file = try SafetensorsFileWriter(
      tensors.map { TensorPlan(name: $0.name, elementType: $0.elementType, shape: $0.shape) },
      metadata: metadata,
      layout: layout,
      to: path
    )
    for tensor in tensors { try tensor.bytes.withUnsafeBytes { try file.append($0) } }
    return try file.finish()
  }

  /// The bytes that are missing to a multiple of `alignment`.
  private static func padding(after count: Int, to alignment: Int) -> Int {
    (alignment - count % alignment) % alignment
  }

  fileprivate static func gap(after tensor: TensorPlan, _ layout: Layout) -> Int {
    layout == .packed ? 0 : padding(after: tensor.byteCount, to: alignment)
  }

  private struct Entry: Encodable {
    var dtype: String
    var shape: [Int]
    var offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  private struct Header: Encodable {
    var metadata: [String: String]
    var entries: [(String, Entry)]

    private struct Key: CodingKey {
      var stringValue: String
      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.init(stringValue) }
      var intValue: Int? { nil }
      init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Key.self)
      try fields.encode(metadata, forKey: Key("__metadata__"))
      for (name, entry) in entries { try fields.encode(entry, forKey: Key(name)) }
    }
  }

  fileprivate static func header(
    for tensors: [TensorPlan],
    _ metadata: [String: String],
    _ layout: Layout
  ) throws -> [UInt8] {
    var entries: [(String, Entry)] = []
    var offset = 0
    for (index, tensor) in tensors.enumerated() {
      let end = offset + tensor.byteCount
      entries.append(
        (
          tensor.name,
          Entry(
            dtype: tensor.elementType.rawValue,
            shape: tensor.shape,
            offsets: [offset, end]
          )
        )
      )
      let gap = gap(after: tensor, layout)
      if gap > 0 {
        entries.append(
          (
            "__pad__.\(index)", Entry(dtype: "U8", shape: [gap], offsets: [end, end + gap])
          )
        )
      }
      offset = end + gap
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = [UInt8](try encoder.encode(Header(metadata: metadata, entries: entries)))
    let spaces = padding(after: json.count + 8, to: layout == .packed ? 8 : alignment)
    json += [UInt8](repeating: UInt8(ascii: " "), count: spaces)
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { [UInt8]($0) } + json
  }
}

/// What has to be known of a tensor before its bytes are.
public struct TensorPlan: Sendable {
  var name: String
  var elementType: ElementType
  var shape: [Int]

  /// A tensor that is to come.
  public init(name: String, elementType: ElementType, shape: [Int]) {
    (self.name, self.elementType, self.shape) = (name, elementType, shape)
  }

  var byteCount: Int { shape.reduce(elementType.byteCount, *) }
}

/// A safetensors file whose tensors are written one after the other, in pieces of any size.
///
/// Without ``finish()`` nothing is left under the final or the partial name.
public final class SafetensorsFileWriter {
  private var file: PartialFile
  private var tensors: ArraySlice<TensorPlan>
  private let layout: SafetensorsWriter.Layout
  /// How many bytes of the first of `tensors` are still to come.
  private var missing = 0

  /// A file of the given tensors, in this order.
  ///
  /// - Parameters:
  ///   - tensors: what is to come.
  ///   - metadata: the strings of the header.
  ///   - layout: where tensors start.
  ///   - path: the name that the file gets at the end.
  ///   - hashesAside: whether digests are computed on a thread of their own.
  /// - Throws: ``FileError`` when it cannot be made.
  public init(
    _ tensors: [TensorPlan],
    metadata: [String: String],
    layout: SafetensorsWriter.Layout = .aligned,
    to path: String,
    hashesAside: Bool = false
  ) throws {
    let header = try SafetensorsWriter.header(for: tensors, metadata, layout)
    self.layout = layout
    file = try PartialFile(finalPath: path, hashesAside: hashesAside)
    self.tensors = tensors[...]
    missing = tensors.first?.byteCount ?? 0
    try header.withUnsafeBytes { try file.write($0) }
    try endTensors()
  }

  /// Adds bytes of the current tensor and, after its last one, of the next.
  ///
  /// - Throws: ``FileError`` when they cannot be written.
  public func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      precondition(!tensors.isEmpty, "\(rest.count) bytes more than the tensors have")
      let count = min(rest.count, missing)
      try file.write(UnsafeRawBufferPointer(rebasing: rest[..<count]))
      missing -= count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      try endTensors()
    }
  }

  /// Pads what is complete and goes on to the next tensor that has bytes.
  private func endTensors() throws {
    while let tensor = tensors.first, missing == 0 {
      let zeros = [UInt8](
        repeating: 0,
        count: SafetensorsWriter.gap(after: tensor, layout)
      )
      try zeros.withUnsafeBytes { try file.write($0) }
      tensors.removeFirst()
      missing = tensors.first?.byteCount ?? 0
    }
  }

  /// Completes the file and gives it its name.
  ///
  /// - Precondition: every tensor has all its bytes.
  @discardableResult
  public func finish() throws(FileError) -> FileDigest {
    precondition(tensors.isEmpty, "tensor '\(tensors.first?.name ?? "")' lacks \(missing) bytes")
    return try file.commit()
  }
}
