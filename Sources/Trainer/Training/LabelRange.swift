internal import DataKit

/// The smallest and the largest label of a training split, which become -1 and 1.
public struct LabelRange: Codable, Sendable, Equatable {
  /// The label that becomes -1.
  public var minimum: Float
  /// The label that becomes 1.
  public var maximum: Float

  /// A range of labels.
  public init(minimum: Float, maximum: Float) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// The range of a split's labels.
  ///
  /// - Throws: ``RunError`` when the labels are all the same.
  init(of split: DataSplit, in folder: String) throws {
    var (minimum, maximum) = (Float.infinity, -Float.infinity)
    for index in 0..<split.count {
      let value = split.value(at: index)
      (minimum, maximum) = (min(minimum, value), max(maximum, value))
    }
    guard minimum < maximum, minimum.isFinite, maximum.isFinite else {
      throw RunError(folder, "the labels of the training split do not differ or are not finite")
    }
    self.init(minimum: minimum, maximum: maximum)
  }

  /// A label as the network's number.
  func scaled(_ label: Float) -> Float {
    2 * (label - minimum) / (maximum - minimum) - 1
  }

  /// How much one unit of the network's numbers is in labels.
  var unit: Double { (Double(maximum) - Double(minimum)) / 2 }
}
