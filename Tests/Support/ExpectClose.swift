public import Testing

/// Records an issue when two arrays differ by more than a limit, and names the worst index.
///
/// The limit of an element is `absolute + relative * |expected|`.
public func expectClose(
  _ actual: [Float],
  _ expected: [Float],
  relative: Double = 0,
  absolute: Double,
  _ label: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record(
      "\(label): \(actual.count) values, expected \(expected.count)",
      sourceLocation: sourceLocation
    )
    return
  }
  var (worst, worstExcess) = (0, -Double.infinity)
  for index in actual.indices {
    let error = abs(Double(actual[index]) - Double(expected[index]))
    let excess = error - absolute - relative * abs(Double(expected[index]))
    // Not a number must fail too.
    if !(excess <= worstExcess) {
      (worst, worstExcess) = (index, excess.isNaN ? .infinity : excess)
    }
  }
  guard !(worstExcess <= 0), !actual.isEmpty else { return }
  let error = abs(Double(actual[worst]) - Double(expected[worst]))
  Issue.record(
    """
    \(label)[\(worst)] of \(actual.count) is \(actual[worst]), expected \(expected[worst]): off by \
    \(error), allowed \(absolute + relative * abs(Double(expected[worst])))
    """,
    sourceLocation: sourceLocation
  )
}
