/// Numbers and how often each was seen.
public struct Tally: Sendable {
  /// A number and how often it was seen.
  public struct Entry: Sendable, Equatable {
    /// The number.
    public var value: Double
    /// How often it was seen, 1 or more.
    public var count: Int
  }

  /// What was seen, ascending.
  public let entries: [Entry]
  /// How many numbers were seen in all.
  public let count: Int
  /// The mean; 0 when nothing was seen.
  public let mean: Double
  /// The deviation from the mean of all that was seen (the population's); 0 when nothing was.
  public let standardDeviation: Double

  /// A tally of entries that ascend strictly.
  init(_ entries: [Entry]) {
    let count = entries.reduce(0) { $0 + $1.count }
    let sum = entries.reduce(0) { $0 + $1.value * Double($1.count) }
    let mean = count == 0 ? 0 : sum / Double(count)
    let squares = entries.reduce(0) {
      $0 + ($1.value - mean) * ($1.value - mean) * Double($1.count)
    }
    self.init(
      entries,
      mean: mean,
      standardDeviation: count == 0 ? 0 : (squares / Double(count)).squareRoot()
    )
  }

  /// A tally whose entries are rounded, with the moments of the exact numbers.
  init(_ entries: [Entry], mean: Double, standardDeviation: Double) {
    self.entries = entries
    count = entries.reduce(0) { $0 + $1.count }
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// A tally of numbers counted in a dictionary.
  init<Number: BinaryFloatingPoint>(_ counts: [Number: Int]) {
    self.init(
      counts.sorted { $0.key < $1.key }.map { Entry(value: Double($0.key), count: $0.value) }
    )
  }

  /// The least number seen.
  public var minimum: Double? { entries.first?.value }
  /// The greatest number seen.
  public var maximum: Double? { entries.last?.value }

  /// The least number that at least this share of all does not exceed; nil when nothing was seen.
  public func quantile(_ share: Double) -> Double? {
    var seen = 0
    for entry in entries {
      seen += entry.count
      if Double(seen) >= share * Double(count) { return entry.value }
    }
    return maximum
  }

  /// The entries by falling count, ties by rising number.
  public var mostFrequent: [Entry] {
    entries.sorted { ($1.count, $0.value) < ($0.count, $1.value) }
  }
}

/// Counts in bins of one width.
public struct Histogram: Sendable, Equatable {
  /// Where the first bin begins.
  public let lowerBound: Double
  /// The width of every bin: 1, 2 or 5 times a power of ten, or a power of two for bytes.
  public let binWidth: Double
  /// How many numbers fell into each bin.
  public let counts: [Int]

  /// The range of a bin; the upper bound belongs to the next one.
  public func range(_ bin: Int) -> Range<Double> {
    lowerBound + Double(bin) * binWidth..<lowerBound + Double(bin + 1) * binWidth
  }
}

/// What kind of numbers a histogram sorts into bins.
public enum HistogramScale: Sendable {
  /// Any numbers.
  case real
  /// Whole numbers: no bin is narrower than 1.
  case whole
  /// Levels from 0 to 255: bins are powers of two wide and cover all of them.
  case byte
}

extension Tally {
  /// The entries in at most so many bins, between round numbers.
  ///
  /// - Parameters:
  ///   - limit: the most bins, 2 or more.
  ///   - scale: what the numbers are.
  /// - Returns: the histogram, without bins when nothing was seen.
  public func histogram(atMost limit: Int, _ scale: HistogramScale) -> Histogram {
    guard let minimum, let maximum else {
      return Histogram(lowerBound: 0, binWidth: 1, counts: [])
    }
    if scale == .byte {
      var width = 1
      while 256 / width > limit { width *= 2 }
      return histogram(from: 0, through: 255, binWidth: Double(width))
    }
    let least = scale == .whole ? 1 : (maximum - minimum) / Double(limit)
    var widths = RoundWidths(atLeast: least)
    var width = widths.next()
    func bins(_ width: Double) -> Double {
      (maximum / width).rounded(.down) - (minimum / width).rounded(.down) + 1
    }
    while bins(width) > Double(limit) { width = widths.next() }
    return histogram(from: minimum, through: maximum, binWidth: width)
  }

  private func histogram(
    from minimum: Double,
    through maximum: Double,
    binWidth: Double
  ) -> Histogram {
    let first = (minimum / binWidth).rounded(.down)
    func bin(of value: Double) -> Int { Int((value / binWidth).rounded(.down) - first) }
    var counts = [Int](repeating: 0, count: bin(of: maximum) + 1)
    for entry in entries { counts[bin(of: entry.value)] += entry.count }
    return Histogram(lowerBound: first * binWidth, binWidth: binWidth, counts: counts)
  }
}

/// 1, 2 and 5 times the powers of ten, ascending from a number on.
private struct RoundWidths {
  private var power: Double = 1
  private var steps = [1.0, 2, 5]

  init(atLeast width: Double) {
    guard width > 0 else { return }
    while power > width { power /= 10 }
    while power * 10 <= width { power *= 10 }
    while let step = steps.first, step * power < width { steps.removeFirst() }
  }

  mutating func next() -> Double {
    if steps.isEmpty {
      power *= 10
      steps = [1, 2, 5]
    }
    return steps.removeFirst() * power
  }
}
