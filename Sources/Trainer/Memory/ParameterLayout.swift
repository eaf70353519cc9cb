/// Where each named tensor lies in one block of Float values.
///
/// Entries follow each other without holes, in the order they were added.
public struct ParameterLayout: Sendable, Equatable {
  /// One tensor of the block.
  public struct Entry: Sendable, Equatable {
    /// The tensor's name, such as "blocks.0.layer.q.weight".
    public let name: String
    /// Its extents, outermost first.
    public let shape: [Int]
    /// Its elements' positions in the block, row-major.
    public let range: Range<Int>
  }

  /// All tensors in the order of their positions.
  public private(set) var entries: [Entry] = []
  private var positions: [String: Int] = [:]

  /// A layout without tensors.
  public init() {}

  /// The number of values in the block.
  public var count: Int { entries.last?.range.upperBound ?? 0 }

  /// The names in the order of their positions.
  public var names: [String] { entries.map(\.name) }

  /// Appends a tensor and tells where it lies.
  ///
  /// - Precondition: the name is new.
  @discardableResult
  public mutating func add(_ name: String, _ shape: [Int]) -> Range<Int> {
    precondition(positions[name] == nil, "ParameterLayout: '\(name)' is there already")
    precondition(shape.allSatisfy { $0 > 0 }, "ParameterLayout: '\(name)' has shape \(shape)")
    let range = count..<count + shape.reduce(1, *)
    positions[name] = entries.count
    entries.append(Entry(name: name, shape: shape, range: range))
    return range
  }

  /// The tensor of that name, or nil.
  public subscript(name: String) -> Entry? { positions[name].map { entries[$0] } }
}
