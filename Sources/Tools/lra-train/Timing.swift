/// Seconds of something that was done several times.
struct Timing: Encodable {
  var median: Double
  var minimum: Double
  var maximum: Double
  var count: Int

  /// Times a body once unmeasured, then at least three times and for some seconds, or `count` times.
  static func measure(seconds: Double, count: Int?, _ body: () throws -> Void) rethrows -> Timing {
    let clock = ContinuousClock()
    try body()
    var times: [Double] = []
    while times.count < (count ?? 3) || count == nil && times.reduce(0, +) < seconds {
      let time = try clock.measure { try body() }
      times.append(Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
      if count == nil, times.count == 100 { break }
    }
    times.sort()
    let middle = times.count / 2
    let median = times.count % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2
    return Timing(
      median: median,
      minimum: times[0],
      maximum: times[times.count - 1],
      count: times.count
    )
  }

  /// The same in a smaller unit.
  func scaled(by factor: Double) -> Timing {
    Timing(
      median: factor * median,
      minimum: factor * minimum,
      maximum: factor * maximum,
      count: count
    )
  }

  /// The median with the range behind it.
  var text: String {
    fixed(median, 4) + " (" + fixed(minimum, 4) + " - " + fixed(maximum, 4) + ")"
  }
}
