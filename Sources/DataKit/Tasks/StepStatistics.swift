/// The mean and the deviation of each time step over the training clips, for the two ways in which
/// Speech Commands is normalized (docs/archives.md).
struct StepStatistics {
  /// The file of a data set that holds them.
  static let fileName = "normalization.safetensors"
  /// What the reference adds to every deviation.
  private static let epsilon = 1e-5

  /// In units of a stored sample.
  private let mean: [Double]
  private let standardDeviation: [Double]

  /// Reads 16-bit samples of `length` values back from the spool.
  ///
  /// Sums are whole numbers, so that their order does not matter. A single sample has deviations of 0.
  init(of samples: [SpooledSample], length: Int, in context: CollectorContext) throws {
    try context.spool.flush()
    var sums = [Int64](repeating: 0, count: length)
    var squares = [Int64](repeating: 0, count: length)
    var values = [Int16](repeating: 0, count: length)
    for sample in samples {
      try values.withUnsafeMutableBytes { try context.spool.read(sample.slot, into: $0) }
      for step in 0..<length {
        let value = Int64(values[step])
        sums[step] &+= value
        squares[step] &+= value &* value
      }
    }
    let count = Double(samples.count)
    mean = sums.map { Double($0) / count }
    standardDeviation = zip(sums, squares).map { sum, square in
      // n Σx² - (Σx)² in whole numbers, lest small deviations drown in large means.
      let scaled = Int128(samples.count) * Int128(square) - Int128(sum) * Int128(sum)
      return (Double(scaled) / count / max(1, count - 1)).squareRoot()
    }
  }

  /// For each way `<way>.divisor` [1], `<way>.mean` and `<way>.deviation` [length], F64: a network's
  /// input is (v / divisor - mean[t]) / deviation[t]; the deviation has its 1e-5 already.
  ///
  /// `reference` divides by 32,768 twice as the published code does with a torchaudio that has
  /// divided once already; `unit` divides once.
  var tensors: [TensorData] {
    [("reference", 32_768.0 * 32_768), ("unit", 32_768.0)].flatMap { way, divisor in
      [
        TensorData(name: "\(way).divisor", shape: [1], elements: [divisor]),
        TensorData(
          name: "\(way).mean",
          shape: [mean.count],
          elements: mean.map { $0 / divisor }
        ),
        TensorData(
          name: "\(way).deviation",
          shape: [mean.count],
          elements: standardDeviation.map { $0 / divisor + Self.epsilon }
        ),
      ]
    }
  }
}
