/// Numbers the labels of users' own data, which are known only when all are read.
struct ClassNames {
  /// The most different labels.
  static let limit = 1 << 16

  private var numbers: [[UInt8]: Int] = [:]
  private var names: [String] = []

  /// A label's provisional number; nil when there are too many different labels.
  mutating func number(of label: [UInt8]) -> Int? {
    if let known = numbers[label] { return known }
    guard names.count < Self.limit else { return nil }
    numbers[label] = names.count
    names.append(String(decoding: label, as: UTF8.self))
    return names.count - 1
  }

  /// The names in class order, and for each provisional number its class.
  ///
  /// Whole numbers are ordered as numbers, anything else by its UTF-8 bytes.
  func ordered() -> (names: [String], classes: [Int]) {
    let values = names.compactMap { Int($0) }
    let areNumbers = values.count == names.count
    let order = names.indices.sorted { one, other in
      areNumbers && values[one] != values[other]
        ? values[one] < values[other]
        : names[one].utf8.lexicographicallyPrecedes(names[other].utf8)
    }
    var classes = [Int](repeating: 0, count: names.count)
    for (rank, number) in order.enumerated() { classes[number] = rank }
    return (order.map { names[$0] }, classes)
  }
}
