internal import RealModule

/// One axis of a chart: where its values lie and which of them are named.
struct Axis {
  /// How values are spread.
  enum Spread {
    case linear
    case logarithmic
  }

  /// What is measured, with its unit.
  let label: String
  /// The values at both ends.
  let range: ClosedRange<Double>
  /// The values that are named.
  let ticks: [(value: Double, text: String)]
  private let spread: Spread

  /// An axis with round numbers over what `values` span.
  ///
  /// - Parameters:
  ///   - label: what is measured.
  ///   - values: what has to be seen; what is not finite is passed over, and on a logarithmic axis
  ///     what is not positive.
  ///   - spread: how values are spread.
  ///   - isTight: whether the axis ends with the values instead of with round numbers.
  ///   - named: the values that are named instead of round ones.
  ///   - text: how a value is written; chosen by the distance of round numbers when nil.
  init(
    _ label: String,
    over values: some Sequence<Double>,
    spread: Spread = .linear,
    isTight: Bool = false,
    named: [Double]? = nil,
    text: ((Double) -> String)? = nil
  ) {
    self.label = label
    self.spread = spread
    let usable = values.filter { $0.isFinite && (spread == .linear || $0 > 0) }
    let least = usable.min() ?? (spread == .linear ? 0 : 1)
    let greatest = usable.max() ?? (spread == .linear ? 1 : 10)
    switch spread {
    case .linear:
      let (round, step) = Self.linear(least, greatest)
      let isTight = isTight && least < greatest
      range = isTight ? least...greatest : (round.first ?? least)...(round.last ?? greatest)
      let decimals = max(0, -NumberText.exponent(of: step))
      let range = range
      ticks = (named ?? round).filter(range.contains).map {
        ($0, text?($0) ?? (step >= 1000 ? NumberText.axis($0) : NumberText.fixed($0, decimals)))
      }
    case .logarithmic:
      let (low, high) = Self.widened(least, greatest)
      range = low...high
      let values = named ?? Self.powers(low, high)
      ticks = values.map { ($0, text?($0) ?? NumberText.axis($0)) }
    }
  }

  /// The share of the axis that lies before a value, limited to 0 … 1.
  func position(of value: Double) -> Double {
    let share =
      switch spread {
      case .linear: (value - range.lowerBound) / (range.upperBound - range.lowerBound)
      case .logarithmic:
        Double.log(max(value, .leastNormalMagnitude) / range.lowerBound)
          / Double.log(range.upperBound / range.lowerBound)
      }
    return min(max(share, 0), 1)
  }

  /// Multiples of 1, 2 or 5 times a power of ten that enclose both values, about five of them.
  private static func linear(_ least: Double, _ greatest: Double) -> ([Double], step: Double) {
    var (least, greatest) = (least, greatest)
    if greatest - least <= 1e-9 * max(least.magnitude, greatest.magnitude, 1e-3) {
      let room = max(0.1 * greatest.magnitude, 0.01)
      (least, greatest) = (least - room, greatest + room)
    }
    let rough = (greatest - least) / 4
    let power = Double.pow(10, NumberText.exponent(of: rough))
    let factor = [1.0, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10
    let step = factor * power
    let first = Int((least / step + 1e-9).rounded(.down))
    let last = Int((greatest / step - 1e-9).rounded(.up))
    return ((first...max(first + 1, last)).map { Double($0) * step }, step)
  }

  /// A little room on both sides, and at least a factor of two in between.
  private static func widened(_ least: Double, _ greatest: Double) -> (Double, Double) {
    let room = max(Double.pow(greatest / least, 0.04), greatest / least < 2 ? 1.5 : 1.02)
    return (least / room, greatest * room)
  }

  /// Powers of ten, thinned out when they are many; 1, 2 and 5 times them when they are few.
  private static func powers(_ low: Double, _ high: Double) -> [Double] {
    let exponents = NumberText.exponent(of: low)...NumberText.exponent(of: high)
    let inside = { (value: Double) in value >= low && value <= high }
    let decades = exponents.map { Double.pow(10, $0) }.filter(inside)
    if decades.count >= 3 {
      let every = (decades.count + 4) / 5
      return decades.enumerated().filter { $0.offset % every == 0 }.map(\.element)
    }
    return exponents.flatMap { exponent in
      [1.0, 2, 5].map { $0 * Double.pow(10, exponent) }
    }.filter(inside)
  }
}
