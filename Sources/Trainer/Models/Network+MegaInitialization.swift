extension Mega {
  /// The initial values of one of a block's parameters, or nil for those of its norms.
  ///
  /// delta and alpha are N(0, 0.2^2), beta 1, -1, 1, ... + N(0, 0.02^2), gamma and omega N(0, 1);
  /// weights of linear maps, scales and relative biases N(0, 0.02^2); other biases and shifts 0.
  ///
  /// Source: the code published with the paper.
  func initialValues(of entry: ParameterLayout.Entry, _ draws: Draws) -> [Float]? {
    let count = entry.range.count
    func normal(_ deviation: Float) -> [Float] {
      (0..<count).map { deviation * draws.normal(at: $0) }
    }
    let parts = entry.name.split(separator: ".").map(String.init)
    guard !parts.contains("ln"), !parts.contains("bn") else { return nil }
    switch parts.last {
    case "delta", "alpha": return normal(0.2)
    case "beta":
      return normal(0.02).enumerated().map { $1 + ($0 % states % 2 == 0 ? 1 : -1) }
    case "gamma", "omega": return normal(1)
    case "bias", "qk_shift": return Array(repeating: 0, count: count)
    default: return normal(0.02)
    }
  }
}
