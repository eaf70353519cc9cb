internal import RealModule

extension [Double] {
  /// The arithmetic mean; not a number when empty.
  var mean: Double { reduce(0, +) / Double(count) }

  /// The sum of squared distances from the mean over count - 1; nil for fewer than two values.
  var variance: Double? {
    guard count > 1 else { return nil }
    let mean = mean
    return reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
  }

  /// The sample standard deviation; nil for fewer than two values.
  var deviation: Double? { variance.map { $0.squareRoot() } }
}

/// Welch's t-test: whether two means differ, without assuming equal variances.
///
/// Source: B. L. Welch, "The generalization of Student's problem when several different population
/// variances are involved", Biometrika 34, 1947; degrees of freedom by Welch and Satterthwaite.
enum Welch {
  /// The two-sided p; nil for fewer than two values on a side, and where all values of both are equal to
  /// their means, as then there is no spread to compare with.
  static func pValue(_ left: [Double], _ right: [Double]) -> Double? {
    guard let spread = spread(left, right) else { return nil }
    return chance((left.mean - right.mean) / spread.error, spread.freedom)
  }

  /// Half the width of the confidence interval of the difference of the means; nil as for ``pValue(_:_:)``.
  static func halfWidth(_ left: [Double], _ right: [Double], confidence: Double = 0.95) -> Double? {
    guard let spread = spread(left, right) else { return nil }
    return spread.error * quantile(beyond: 1 - confidence, spread.freedom)
  }

  /// The standard error of the difference, and its degrees of freedom.
  private static func spread(
    _ left: [Double],
    _ right: [Double]
  ) -> (error: Double, freedom: Double)? {
    guard let a = left.variance, let b = right.variance, a + b > 0 else { return nil }
    let (x, y) = (a / Double(left.count), b / Double(right.count))
    let freedom =
      (x + y) * (x + y)
      / (x * x / Double(left.count - 1) + y * y / Double(right.count - 1))
    return ((x + y).squareRoot(), freedom)
  }

  /// The chance of a t at least as far from 0.
  private static func chance(_ t: Double, _ freedom: Double) -> Double {
    regularizedBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
  }

  /// The t beyond which, to both sides, lies that chance.
  static func quantile(beyond chance: Double, _ freedom: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    while self.chance(high, freedom) > chance, high < 1e12 { (low, high) = (high, 2 * high) }
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if self.chance(middle, freedom) > chance { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// I_x(a, b), by its continued fraction.
  ///
  /// Source: NIST Digital Library of Mathematical Functions, 8.17.22, evaluated from the front by Lentz's
  /// method; where it converges slowly, the symmetry 8.17.4 is used.
  static func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    if x > (a + 1) / (a + b + 2) { return 1 - regularizedBeta(1 - x, b, a) }
    let logarithm =
      a * .log(x) + b * .log(onePlus: -x) - .log(a)
      - (.logGamma(a) + .logGamma(b) - .logGamma(a + b))
    var (numerator, denominator, value) = (1.0, 0.0, 1.0)
    for index in 0..<400 {
      let m = Double(index / 2)
      let coefficient: Double
      if index == 0 {
        coefficient = 1
      } else if index % 2 == 0 {
        coefficient = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      } else {
        coefficient = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      }
      denominator = 1 / guarded(1 + coefficient * denominator)
      numerator = guarded(1 + coefficient / numerator)
      let change = numerator * denominator
      value *= change
      if index > 0, abs(change - 1) < 1e-15 { break }
    }
    // With a first coefficient of 1 the product is 1 + the fraction.
    return .exp(logarithm) * (value - 1)
  }

  private static func guarded(_ value: Double) -> Double {
    abs(value) < 1e-300 ? 1e-300 : value
  }
}

/// Several tests at once: how small their p have to be, so that chance alone rarely gives any of them.
///
/// Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
/// Statistics 6, 1979.
enum Holm {
  /// The corrected values, in the order given: each under a level where the procedure rejects at it.
  static func corrected(_ values: [Double]) -> [Double] {
    var corrected = values
    var least = 0.0
    for (rank, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
      least = max(least, min(1, Double(values.count - rank) * values[index]))
      corrected[index] = least
    }
    return corrected
  }
}

/// What chance puts between the share that is right among some samples and among all there could be.
enum SamplingError {
  /// The standard error of a share, as binomial counts have it.
  static func standardError(ofShare share: Double, samples: Int) -> Double? {
    guard samples > 0, (0...1).contains(share) else { return nil }
    return (share * (1 - share) / Double(samples)).squareRoot()
  }
}
