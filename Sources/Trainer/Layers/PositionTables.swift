/// The constant tables of positions, made when a longer one is first needed.
final class PositionTables {
  private let width: Int?
  private let rotaryWidths: [Int]
  private let maker: WorkerPool
  private var sinusoidTable: FloatBuffer?
  private var rotationTables: [Int: FloatBuffer] = [:]
  private(set) var length = 0

  /// Tables without rows: sinusoids if `width` is not nil, rotations of each number of channels.
  init(width: Int?, rotaryWidths: Set<Int>, _ pool: WorkerPool) {
    self.width = width
    self.rotaryWidths = rotaryWidths.sorted()
    maker = pool
  }

  /// The values of all tables for a length.
  static func count(width: Int?, rotaryWidths: Set<Int>, length: Int) -> Int {
    length * ((width ?? 0) + rotaryWidths.reduce(0, +))
  }

  /// The values held now.
  var count: Int {
    (sinusoidTable?.count ?? 0) + rotationTables.values.reduce(0) { $0 + $1.count }
  }

  /// Makes sure that the tables have at least `length` rows.
  func extend(to length: Int) {
    guard length > self.length else { return }
    self.length = length
    if let width {
      let buffer = FloatBuffer(count: length * width)
      fillSinusoids(Matrix(buffer.base, rows: length, columns: width), maker)
      sinusoidTable = buffer
    }
    for width in rotaryWidths {
      let buffer = FloatBuffer(count: length * width)
      fillRotations(Matrix(buffer.base, rows: length, columns: width), maker)
      rotationTables[width] = buffer
    }
  }

  /// The sinusoids, [length, width].
  var sinusoids: Matrix {
    guard let sinusoidTable, let width else {
      preconditionFailure("PositionTables: no sinusoids were asked for")
    }
    return Matrix(sinusoidTable.base, rows: length, columns: width)
  }

  /// The rotations of so many channels of a head, [length, width].
  func rotations(width: Int) -> Matrix {
    guard let table = rotationTables[width] else {
      preconditionFailure("PositionTables: no rotations of width \(width) were asked for")
    }
    return Matrix(table.base, rows: length, columns: width)
  }
}
