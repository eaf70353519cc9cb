/// Counts the values of one channel of a split, in memory that does not depend on their number.
///
/// Every value of an 8- or 16-bit type is counted by itself, a Float32 by its upper 16 bits, which
/// tell it to one part in 128; minimum, maximum, mean and deviation are exact all the same.
struct ValueCounter {
  private let type: ElementType
  /// In the order of the values.
  private var counts: [Int]
  private var minimum = Double.infinity
  private var maximum = -Double.infinity
  private var sum = 0.0
  private var squares = 0.0
  /// How many values were infinite or not a number; they are counted nowhere else.
  private(set) var notFinite = 0

  init(_ type: ElementType) {
    self.type = type
    counts = [Int](repeating: 0, count: type == .uint8 ? 1 << 8 : 1 << 16)
  }

  /// Counts every `step`th value from `start` on.
  mutating func add(_ values: UnsafeBufferPointer<Int32>, from start: Int, step: Int) {
    let least: Int32 = type == .int16 ? -1 << 15 : 0
    counts.withUnsafeMutableBufferPointer { counts in
      for index in stride(from: start, to: values.count, by: step) {
        counts[Int(values[index] - least)] += 1
      }
    }
  }

  /// Counts every `step`th value from `start` on.
  mutating func add(_ values: UnsafeBufferPointer<Float>, from start: Int, step: Int) {
    for index in stride(from: start, to: values.count, by: step) {
      let value = values[index]
      guard value.isFinite else {
        notFinite += 1
        continue
      }
      counts[Self.bucket(of: value)] += 1
      minimum = min(minimum, Double(value))
      maximum = max(maximum, Double(value))
      sum += Double(value)
      squares += Double(value) * Double(value)
    }
  }

  /// What was counted.
  var tally: Tally {
    var entries = counts.enumerated().compactMap { bucket, count in
      count == 0 ? nil : Tally.Entry(value: value(of: bucket), count: count)
    }
    guard type == .float32, !entries.isEmpty else { return Tally(entries) }
    entries[entries.count - 1].value = maximum
    entries[0].value = minimum
    let count = Double(entries.reduce(0) { $0 + $1.count })
    let mean = sum / count
    return Tally(
      entries,
      mean: mean,
      standardDeviation: max(0, squares / count - mean * mean).squareRoot()
    )
  }

  private func value(of bucket: Int) -> Double {
    switch type {
    case .float32: Self.middle(of: bucket)
    case .int16: Double(bucket - 1 << 15)
    default: Double(bucket)
    }
  }

  /// Bit patterns of floats in the order of the floats: those of negative ones run backwards.
  private static func bucket(of value: Float) -> Int {
    let bits = value.bitPattern
    return Int((value.sign == .minus ? ~bits : bits | 1 << 31) >> 16)
  }

  private static func middle(of bucket: Int) -> Double {
    let ordered = UInt32(bucket) << 16 | 1 << 15
    let bits = bucket >= 1 << 15 ? ordered & ~(1 << 31) : ~ordered
    return Double(Float(bitPattern: bits))
  }
}
