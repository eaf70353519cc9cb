/// A two-dimensional NumPy array of fixed-width strings, `<U` (UTF-32) or `|S` (bytes).
///
/// Object arrays are refused: nothing is ever unpickled. Source: NumPy's NPY format, versions 1
/// to 3.
struct NPYStringTable {
  private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  let rowCount: Int
  let columnCount: Int
  private let isColumnMajor: Bool
  private let isWide: Bool
  private let itemSize: Int
  private let data: ArraySlice<UInt8>

  /// What is wrong with an array.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  static func isNPY(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

  init(_ bytes: [UInt8]) throws(Failure) {
    func refuse(_ reason: String) -> Failure { Failure(description: "NumPy array: " + reason) }
    guard bytes.count >= 12 else { throw refuse("the file ends inside its header") }
    let isLong = bytes[6] >= 2
    let headerStart = isLong ? 12 : 10
    var headerCount = Int(bytes[8]) | Int(bytes[9]) << 8
    if isLong { headerCount |= Int(bytes[10]) << 16 | Int(bytes[11]) << 24 }
    guard (1...3).contains(bytes[6]), headerStart + headerCount <= bytes.count else {
      throw refuse("the header of version \(bytes[6]) with \(headerCount) bytes does not fit")
    }
    let header = String(
      decoding: bytes[headerStart..<headerStart + headerCount],
      as: UTF8.self
    )
    data = bytes[(headerStart + headerCount)...]
    let type = Self.value(of: "descr", in: header)?.split(separator: "'").first ?? ""
    guard type.hasPrefix("<U") || type.hasPrefix("|S"), let width = Int(type.dropFirst(2)),
      (1...1 << 20).contains(width)
    else { throw refuse("the type '\(type)' is not a fixed-width string") }
    isWide = type.hasPrefix("<U")
    itemSize = isWide ? 4 * width : width
    switch Self.value(of: "fortran_order", in: header)?.prefix(4) {
    case "True": isColumnMajor = true
    case "Fals": isColumnMajor = false
    default: throw refuse("the header has no fortran_order")
    }
    let shape = Self.shape(in: header)
    guard shape.count == 2, shape[0] >= 0, (1...1 << 16).contains(shape[1]) else {
      throw refuse("the shape \(shape) is not that of a table")
    }
    (rowCount, columnCount) = (shape[0], shape[1])
    let (cells, overflow) = rowCount.multipliedReportingOverflow(by: columnCount)
    let (needed, overflowToo) = cells.multipliedReportingOverflow(by: itemSize)
    guard !overflow, !overflowToo, needed == data.count else {
      throw refuse("the shape \(shape) of \(type) does not fit \(data.count) bytes of data")
    }
  }

  /// The strings of a row.
  func row(_ row: Int) -> [String] {
    (0..<columnCount).map { column in
      let cell = isColumnMajor ? column * rowCount + row : row * columnCount + column
      let start = data.startIndex + cell * itemSize
      let bytes = data[start..<start + itemSize]
      guard isWide else { return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
      var text = ""
      for unit in stride(from: bytes.startIndex, to: bytes.endIndex, by: 4) {
        let value =
          UInt32(bytes[unit]) | UInt32(bytes[unit + 1]) << 8 | UInt32(bytes[unit + 2]) << 16
          | UInt32(bytes[unit + 3]) << 24
        if value == 0 { break }
        text.unicodeScalars.append(Unicode.Scalar(value) ?? "\u{FFFD}")
      }
      return text
    }
  }

  /// What follows `'key':` in the header's dictionary.
  private static func value(of key: String, in header: String) -> Substring? {
    guard let range = header.firstRange(of: "'\(key)':") else { return nil }
    return header[range.upperBound...].drop { $0 == " " }
  }

  private static func shape(in header: String) -> [Int] {
    guard let text = value(of: "shape", in: header), text.first == "(" else { return [] }
    return text.dropFirst().prefix { $0 != ")" }.split(separator: ",")
      .map { Int($0.filter { $0 != " " }) ?? -1 }
  }
}
