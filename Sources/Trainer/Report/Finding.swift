/// What the cells say of pretraining against training from scratch, in a sentence or two.
struct Finding {
  /// A cell against the same one from scratch.
  private struct Comparison {
    var cell: StudyResult.Cell
    var scratch: StudyResult.Cell

    /// How far ahead pretraining is, in the metric's own unit; negative when it is behind.
    var gain: Double { MetricScale(cell.metric).direction * (cell.mean - scratch.mean) }
    var isClear: Bool { cell.pValue.map { $0 < 0.05 } ?? false }
    var name: String { "\(cell.architecture) on \(cell.task), \(cell.start.title)" }

    /// "S4 on listops, masked pretraining: +2.0 points, p = 0.030".
    var text: String {
      let scale = MetricScale(cell.metric)
      return "\(name): \(scale.difference(cell.mean - scratch.mean))\(scale.differenceUnit)"
        + (cell.pValue.map { ", \(NumberText.chance($0))" } ?? "")
    }
  }

  private let comparisons: [Comparison]
  private static let limit = NumberText.unbroken("p < 0.05")

  init(_ content: ReportContent) {
    comparisons = content.mainCells.compactMap { cell in
      content.scratch(of: cell).map { Comparison(cell: cell, scratch: $0) }
    }
  }

  /// The largest differences and how sure they are; empty when nothing is compared.
  var details: String {
    comparisons.isEmpty
      ? "" : [extremes, certainty].filter { !$0.isEmpty }.joined(separator: " ")
  }

  private var ahead: [Comparison] { comparisons.filter { $0.gain > 0 } }
  private var behind: [Comparison] { comparisons.filter { $0.gain < 0 } }

  /// In how many comparisons pretraining is ahead.
  var headline: String {
    guard !comparisons.isEmpty else {
      return
        "No architecture was trained both from scratch and from pretrained weights, so nothing is "
        + "compared."
    }
    let (count, ahead) = (comparisons.count, ahead.count)
    let equal = count - ahead - behind.count
    guard count > 1 else {
      let way = ahead == 1 ? "is ahead of" : behind.isEmpty ? "equals" : "is behind"
      return "Self-pretraining \(way) training from scratch in the only comparison ("
        + comparisons[0].text + ")."
    }
    let start =
      "Self-pretraining is ahead of training from scratch in "
      + (ahead == count ? "all \(count) comparisons" : "\(ahead) of \(count) comparisons")
    var rest: [String] = []
    if !behind.isEmpty { rest.append("behind in \(behind.count)") }
    if equal > 0 { rest.append("equal in \(equal)") }
    return start + (rest.isEmpty ? "" : ", " + NumberText.list(rest)) + "."
  }

  /// The largest gain and the largest loss.
  private var extremes: String {
    guard comparisons.count > 1 else { return "" }
    var parts: [String] = []
    if let best = ahead.max(by: { $0.gain < $1.gain }) {
      parts.append("Largest gain: \(best.text).")
    }
    if let worst = behind.min(by: { $0.gain < $1.gain }) {
      parts.append("Largest loss: \(worst.text).")
    }
    return parts.joined(separator: " ")
  }

  /// How many of the differences chance alone would hardly give.
  private var certainty: String {
    guard comparisons.contains(where: { $0.cell.pValue != nil }) else {
      return comparisons.contains { $0.cell.values.count < 2 || $0.scratch.values.count < 2 }
        ? "With a single seed in a cell there is no telling what is chance."
        : "The seeds do not differ, so there is no spread to test against."
    }
    let (good, bad) = (ahead.filter(\.isClear).count, behind.filter(\.isClear).count)
    if good + bad == 0 { return "No difference reaches \(Self.limit)." }
    let against = bad == 0 ? "" : " and \(bad) against it"
    let verb = good + bad == 1 ? "reaches" : "reach"
    return
      "\(NumberText.count(good, "difference")) in favour of pretraining\(against) \(verb) \(Self.limit)."
  }
}
