internal import DataKit

/// A golden file while it is being checked: gives its tensors and collects comparisons.
final class GoldenRecord {
  let file: SafetensorsFile
  let pool: WorkerPool
  private(set) var comparisons: [GoldenComparison] = []
  /// Names of tensors that were computed but have no limit.
  private(set) var unlimited: [String] = []
  /// Whether a gradient's limit is at least ``groupShare`` of the largest gradient of its group, because
  /// one that vanishes is the rest of what cancels.
  var judgesGradientsByGroup = false
  private static let groupShare = 2e-6
  private var used: Set<String> = []
  private var groupLimits: [String: Double] = [:]
  /// Keeps the memory that matrices point to.
  private var buffers: [FloatBuffer] = []

  init(_ file: SafetensorsFile, _ pool: WorkerPool) { (self.file, self.pool) = (file, pool) }

  /// Names that nobody asked for, in order.
  var unused: [String] { file.tensors.keys.filter { !used.contains($0) }.sorted() }

  func has(_ name: String) -> Bool { file.tensors[name] != nil }

  /// The groups of an operator file: what stands before the last dot of its names, in order.
  var tags: [String] {
    Set(
      file.tensors.keys.map { name in
        name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
      }
    ).sorted()
  }

  /// The tensor's extents.
  ///
  /// - Throws: ``GoldenError`` when it has no values.
  func shape(_ name: String) throws -> [Int] {
    let shape = try file.description(of: name).shape
    guard !shape.contains(0) else {
      throw error("'\(name)' has shape \(shape), expected some values")
    }
    return shape
  }

  /// The tensor's values, which count as used.
  func values<Element: TensorElement>(_ name: String) throws -> [Element] {
    _ = try shape(name)
    used.insert(name)
    return try file.elements(of: name)
  }

  /// Refuses a tensor that does not have as many values as there should be.
  func require(_ name: String, count: Int) throws {
    let found = try shape(name).reduce(1, *)
    guard found == count else {
      throw error("'\(name)' has \(found) values, expected \(count)")
    }
  }

  /// Memory for a kernel, filled with `values`, or with what a kernel has to overwrite.
  func matrix(_ values: [Float]? = nil, rows: Int, columns: Int) -> Matrix {
    precondition(values.map { $0.count == rows * columns } ?? true, "GoldenRecord: \(rows) rows")
    let buffer = FloatBuffer(count: rows * columns)
    for index in 0..<buffer.count { buffer.base[index] = values?[index] ?? .nan }
    buffers.append(buffer)
    return Matrix(buffer.base, rows: rows, columns: columns)
  }

  /// A tensor as a matrix whose columns are its last axis.
  func matrix(_ name: String) throws -> Matrix {
    let shape = try shape(name)
    let columns = shape.last ?? 1
    return matrix(
      try values(name),
      rows: shape.dropLast().reduce(1, *),
      columns: columns
    )
  }

  /// A tensor as a matrix that has to have as many values as this shape.
  func matrix(named name: String, rows: Int, columns: Int) throws -> Matrix {
    let values: [Float] = try values(name)
    guard values.count == rows * columns else {
      throw error("'\(name)' has \(values.count) values, expected \(rows * columns)")
    }
    return matrix(values, rows: rows, columns: columns)
  }

  /// A tensor as a matrix of the shape of another.
  func matrix(named name: String, like other: Matrix) throws -> Matrix {
    try matrix(named: name, rows: other.rows, columns: other.columns)
  }

  /// `count` zeros, for results that are added to.
  func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
    matrix(Array(repeating: 0, count: count), rows: 1, columns: count).base
  }

  /// Compares a result with the tensor of that name.
  ///
  /// - Parameters:
  ///   - name: the tensor.
  ///   - found: what was computed.
  ///   - share: the error allowed as a share of the tensor's largest magnitude. The default is some
  ///     thirty roundings of a float32.
  ///   - relative: the error allowed as a share of each value itself.
  ///   - absolute: the error allowed in any case.
  /// - Throws: ``SafetensorsError`` when there is no such tensor.
  func compare(
    _ name: String,
    _ found: [Float],
    share: Double = 2e-6,
    relative: Double = 0,
    absolute: Double = 0
  ) throws {
    let expected: [Float] = try values(name)
    let limit = absolute + share * largestMagnitude(expected)
    comparisons.append(
      GoldenComparison(
        name,
        found,
        expected: expected,
        relative: relative,
        absolute: max(limit, try groupLimit(name))
      )
    )
  }

  private func largestMagnitude(_ values: [Float]) -> Double {
    values.reduce(0) { max($0, Double(abs($1))) }
  }

  /// The least limit of a gradient `tag.dname` for the sake of the others in its group; 0 for what is
  /// no gradient.
  private func groupLimit(_ name: String) throws -> Double {
    guard judgesGradientsByGroup, let dot = name.lastIndex(of: "."), isGradient(name) else {
      return 0
    }
    let tag = name[...dot]
    if let known = groupLimits[String(tag)] { return known }
    var largest = 0.0
    for other in file.tensors.keys where other.hasPrefix(tag) && isGradient(other) {
      largest = max(largest, largestMagnitude(try file.elements(of: other)))
    }
    let limit = largest.isFinite ? Self.groupShare * largest : 0
    groupLimits[String(tag)] = limit
    return limit
  }

  /// Whether a name is `tag.dy` or `tag.dname` beside `tag.name`.
  private func isGradient(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: "."), name[dot...].dropFirst().first == "d" else {
      return false
    }
    let source = name[dot...].dropFirst(2)
    return source == "y" || has(String(name[...dot] + source))
  }

  /// As ``compare(_:_:share:relative:absolute:)``, for a result in a matrix without gaps.
  func compare(_ name: String, _ found: Matrix, share: Double = 2e-6) throws {
    try compare(name, found.contiguousValues, share: share)
  }

  /// Compares whole numbers, which have to be equal.
  func compare(exactly name: String, _ found: [Float]) throws {
    comparisons.append(
      GoldenComparison(name, found, expected: try floats(name), absolute: 0)
    )
  }

  /// A tensor of any type as floats; every whole number in these files fits.
  private func floats(_ name: String) throws -> [Float] {
    switch try file.description(of: name).elementType {
    case .uint8: return (try values(name) as [UInt8]).map(Float.init)
    case .int32: return (try values(name) as [Int32]).map(Float.init)
    default: return try values(name)
    }
  }

  func add(_ comparison: GoldenComparison) { comparisons.append(comparison) }

  /// Says that a tensor was computed but cannot be compared for want of a limit.
  func leaveOut(_ name: String) {
    used.insert(name)
    unlimited.append(name)
  }

  /// Says that a tensor belongs to a check that compares it in another form.
  func use(_ name: String) { used.insert(name) }
}

extension Matrix {
  /// The values of a matrix without gaps between its rows.
  var contiguousValues: [Float] {
    Array(UnsafeBufferPointer(start: base, count: rows * columns))
  }
}
