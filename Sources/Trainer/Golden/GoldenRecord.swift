internal import DataKit

/// A golden file while it is being checked: gives its tensors and collects comparisons.
final class GoldenRecord {
  let file: SafetensorsFile
  let pool: WorkerPool
  private(set) var comparisons: [GoldenComparison] = []
  private var used: Set<String> = []
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

  func shape(_ name: String) throws -> [Int] { try file.description(of: name).shape }

  /// The tensor's values, which count as used.
  func values<Element: TensorElement>(_ name: String) throws -> [Element] {
    used.insert(name)
    return try file.elements(of: name)
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
    let magnitude = expected.reduce(0) { max($0, Double(abs($1))) }
    comparisons.append(
      GoldenComparison(
        name,
        found,
        expected: expected,
        relative: relative,
        absolute: absolute + share * magnitude
      )
    )
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

  /// Says that a tensor belongs to a check that compares it in another form.
  func use(_ name: String) { used.insert(name) }
}

extension Matrix {
  /// The values of a matrix without gaps between its rows.
  var contiguousValues: [Float] {
    Array(UnsafeBufferPointer(start: base, count: rows * columns))
  }
}
