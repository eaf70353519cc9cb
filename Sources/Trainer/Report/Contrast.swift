/// A setting with pretraining against the same one from scratch.
struct Contrast {
  /// What is pretrained.
  let cell: StudyResult.Cell
  /// The same from scratch.
  let scratch: StudyResult.Cell
  /// The p of the cell's test with Holm's correction for all tests of the table.
  var correctedP: Double?

  /// The level that a difference is called significant at.
  static let level = 0.05

  /// How much greater the mean is than that from scratch.
  var difference: Double { cell.mean - scratch.mean }
  /// How far ahead pretraining is, in the metric's own unit; negative when it is behind.
  var gain: Double { MetricScale(cell.metric).direction * difference }
  /// Half the width of the 95 % confidence interval of the difference.
  var halfWidth: Double? { Welch.halfWidth(cell.values, scratch.values) }
  /// Whether chance alone would hardly give it, the number of tests considered.
  var isSignificant: Bool { correctedP.map { $0 < Self.level } ?? false }

  /// "S4 on listops, masked pretraining".
  var name: String { "\(cell.architecture) on \(cell.task), \(cell.start.title)" }

  /// "+2.0 ± 0.8 points".
  var effect: String {
    let scale = MetricScale(cell.metric)
    let spread = halfWidth.map { " ± \(scale.text($0))" } ?? ""
    return NumberText.unbroken(scale.difference(difference) + spread + scale.differenceUnit)
  }

  /// "p = 0.030, corrected 0.060"; empty without a test.
  var certainty: String {
    guard let p = cell.pValue else { return "" }
    return NumberText.chance(p)
      + (correctedP.map { ", " + NumberText.unbroken("corrected " + NumberText.chanceValue($0)) }
        ?? "")
  }
}

extension ReportContent {
  /// Every comparison of the main table, corrected for their number.
  var contrasts: [Contrast] {
    var contrasts = mainCells.compactMap { cell in
      scratch(of: cell).map { Contrast(cell: cell, scratch: $0) }
    }
    let tested = contrasts.indices.filter { contrasts[$0].cell.pValue != nil }
    let corrected = Holm.corrected(tested.compactMap { contrasts[$0].cell.pValue })
    for (index, p) in zip(tested, corrected) { contrasts[index].correctedP = p }
    return contrasts
  }
}
