internal import DataKit

/// How stored values become a network's numbers.
enum InputScale: Sendable {
  /// As they are.
  case none
  /// (v / divisor - mean) / deviation of each channel, every step rounded to Float.
  case channels(Normalization)
  /// (v / divisor - mean) / deviation of each time step, in Double.
  case steps(divisor: Double, mean: [Double], deviation: [Double])

  /// The file of a data set that holds the means and deviations of time steps.
  private static let stepFile = "normalization.safetensors"

  /// The scale of a data set.
  ///
  /// - Parameters:
  ///   - dataSet: its manifest has the normalization by channel, if there is one.
  ///   - way: the normalization by time step to use instead, such as "unit" or "reference".
  /// - Throws: ``DataSetError`` when the data set does not have that way.
  init(_ dataSet: DataSet, way: String?) throws {
    guard let way else {
      self = dataSet.manifest.normalization.map { .channels($0) } ?? .none
      return
    }
    func refuse(_ reason: String) -> DataSetError {
      DataSetError(path: dataSet.folder, reason: "normalization '\(way)': \(reason)")
    }
    guard dataSet.manifest.attachments.contains(where: { $0.file == Self.stepFile }) else {
      throw refuse("the data set has no \(Self.stepFile)")
    }
    let file = try SafetensorsFile(path: dataSet.folder + "/" + Self.stepFile)
    guard file.tensors["\(way).mean"] != nil else {
      let ways = file.tensors.keys.filter { $0.hasSuffix(".mean") }.map { $0.dropLast(5) }
      throw refuse("there are \(ways.sorted().joined(separator: ", "))")
    }
    let divisor: [Double] = try file.elements(of: "\(way).divisor")
    let mean: [Double] = try file.elements(of: "\(way).mean")
    let deviation: [Double] = try file.elements(of: "\(way).deviation")
    guard dataSet.manifest.channels == 1, let length = dataSet.manifest.fixedLength,
      divisor.count == 1, mean.count == length, deviation.count == length,
      deviation.allSatisfy({ $0 != 0 }), divisor[0] != 0
    else { throw refuse("\(Self.stepFile) does not fit samples of this length") }
    self = .steps(divisor: divisor[0], mean: mean, deviation: deviation)
  }

  /// Scales the values of a sample, [length, channels].
  func apply(to values: inout [Float], channels: Int) {
    switch self {
    case .none: break
    case .channels(let scale):
      for index in values.indices {
        let channel = index % channels
        let unit = values[index] / scale.divisor
        values[index] = (unit - scale.mean[channel]) / scale.standardDeviation[channel]
      }
    case .steps(let divisor, let mean, let deviation):
      for index in values.indices {
        values[index] = Float((Double(values[index]) / divisor - mean[index]) / deviation[index])
      }
    }
  }
}
