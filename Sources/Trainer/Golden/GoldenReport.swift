/// How one tensor of a golden file compares with what this build computes.
public struct GoldenComparison: Sendable, Equatable {
  /// The tensor's name in the file.
  public var tensor: String
  /// The number of values that were compared.
  public var count: Int
  /// The error of the value that comes closest to, or goes furthest beyond, its limit; infinite when
  /// it is not a number or when the counts differ.
  public var error: Double
  /// The limit of that value.
  public var limit: Double

  /// Whether every value is within its limit.
  public var passes: Bool { error <= limit }

  /// Compares values with those expected.
  ///
  /// The limit of a value is `absolute + relative * |expected|`.
  init(
    _ tensor: String,
    _ found: [Float],
    expected: [Float],
    relative: Double = 0,
    absolute: Double
  ) {
    self.tensor = tensor
    count = expected.count
    (error, limit) = (0, absolute)
    guard found.count == expected.count else {
      error = .infinity
      return
    }
    var worst = -Double.infinity
    for (value, wanted) in zip(found, expected) {
      var difference = abs(Double(value) - Double(wanted))
      if difference.isNaN { difference = .infinity }
      let allowed = absolute + relative * abs(Double(wanted))
      if difference - allowed > worst {
        (worst, error, limit) = (difference - allowed, difference, allowed)
      }
    }
  }
}

/// What checking a golden file showed.
public struct GoldenReport: Sendable, Equatable {
  /// The name of the case.
  public var name: String
  /// The comparisons in the order in which they were made.
  public var comparisons: [GoldenComparison]
  /// Tensors that nothing was computed for, by name.
  public var unused: [String]
  /// Tensors that were computed but not compared, because the file has no finite noise for them.
  public var unlimited: [String]

  /// Whether everything that was compared is within its limit, and something was.
  public var passes: Bool { !comparisons.isEmpty && comparisons.allSatisfy(\.passes) }
}

/// A golden file that cannot be checked.
public struct GoldenError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The file and what is wrong with it.
  public let description: String

  init(_ path: String, _ reason: String) { description = "\(path): \(reason)" }
}
