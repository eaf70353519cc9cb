/// What the table says of pretraining against training from scratch: first what is significant.
struct Finding {
  private let contrasts: [Contrast]
  private static let limit = NumberText.unbroken("p < 0.05")

  init(_ content: ReportContent) { contrasts = content.contrasts }

  private var ahead: [Contrast] { contrasts.filter { $0.gain > 0 } }
  private var behind: [Contrast] { contrasts.filter { $0.gain < 0 } }
  private var tested: [Contrast] { contrasts.filter { $0.correctedP != nil } }
  private var significant: [Contrast] {
    // By p, which has no unit: gains of different metrics have no common scale.
    contrasts.filter(\.isSignificant).sorted {
      ($0.cell.pValue ?? 1, $0.name) < ($1.cell.pValue ?? 1, $1.name)
    }
  }

  /// Which differences chance alone would hardly give.
  var headline: String {
    guard !contrasts.isEmpty else {
      return
        "No architecture was trained both from scratch and from pretrained weights, so nothing is "
        + "compared."
    }
    guard let first = tested.first else { return "\(untested) \(signs)" }
    guard tested.count > 1 else {
      let verdict = first.isSignificant ? "significant" : "not significant"
      return
        "The only comparison\(hasUntested ? " that could be tested" : "") is \(verdict) over the "
        + "seeds: \(text(first))."
    }
    guard !significant.isEmpty else {
      return
        "No difference between self-pretraining and training from scratch is significant over the "
        + "seeds: none of \(tested.count)\(hasUntested ? " that were tested" : "") reaches "
        + "\(Self.limit) after Holm's correction."
    }
    let verb = significant.count == 1 ? "is" : "are"
    // Beyond a few the table is easier to read.
    let shown = significant.prefix(4).map(text)
    let more =
      significant.count > shown.count ? "; and \(significant.count - shown.count) more" : ""
    return
      "\(significant.count) of \(tested.count) \(hasUntested ? "tested " : "")differences to training "
      + "from scratch \(verb) significant over the seeds (\(Self.limit) after Holm's correction): "
      + shown.joined(separator: "; ") + more + "."
  }

  /// How the other differences are, and what the numbers mean; empty when nothing is tested.
  var details: String {
    guard !tested.isEmpty else { return "" }
    let parts = [extremes, contrasts.count > 1 ? signs : "", leftOut, meaning]
    return parts.filter { !$0.isEmpty }.joined(separator: " ")
  }

  private func text(_ contrast: Contrast) -> String {
    [contrast.name + ": " + contrast.effect, contrast.certainty].filter { !$0.isEmpty }
      .joined(separator: ", ")
  }

  /// In how many comparisons pretraining is ahead, whatever chance may do.
  private var signs: String {
    let equal = contrasts.count - ahead.count - behind.count
    var parts = ["ahead in \(ahead.count)"]
    if !behind.isEmpty { parts.append("behind in \(behind.count)") }
    if equal > 0 { parts.append("equal in \(equal)") }
    return "By the sign of the difference alone, self-pretraining is "
      + NumberText.list(parts) + " of \(NumberText.count(contrasts.count, "comparison"))."
  }

  private var hasUntested: Bool { tested.count < contrasts.count }

  /// How many comparisons have no p.
  private var leftOut: String {
    let count = contrasts.count - tested.count
    guard count > 0 else { return "" }
    return
      "\(NumberText.count(count, "comparison")) could not be tested, for want of a second seed or "
      + "of any spread."
  }

  /// Of every metric the largest gain and the largest loss that were tested and that the headline does
  /// not name.
  private var extremes: String {
    // A single one stands in the headline.
    guard tested.count > 1 else { return "" }
    var metrics: [String] = []
    for contrast in tested where !metrics.contains(contrast.cell.metric) {
      metrics.append(contrast.cell.metric)
    }
    return metrics.flatMap(extremes(of:)).joined(separator: " ")
  }

  private func extremes(of metric: String) -> [String] {
    let others = tested.filter { $0.cell.metric == metric && !$0.isSignificant }
      .sorted { $0.gain < $1.gain }
    var parts: [String] = []
    if let best = others.last, best.gain > 0 {
      parts.append("Largest gain in \(metric) that is not significant: \(text(best)).")
    }
    if let worst = others.first, worst.gain < 0 {
      parts.append("Largest setback in \(metric) that is not significant: \(text(worst)).")
    }
    return parts
  }

  private var meaning: String {
    let count = tested.count
    let raw = tested.filter { $0.cell.pValue.map { $0 < Contrast.level } ?? false }.count
    return
      "± is the 95 % confidence interval of the difference over the seeds, each by itself and not "
      + "corrected; p is that of Welch's two-sided t-test. p itself is not corrected for "
      + "\(NumberText.count(count, "comparison")): "
      + "\(raw) of \(count) \(raw == 1 ? "is" : "are") under 0.05 without correction, "
      + "\(significant.count) with Holm's."
  }

  private var untested: String {
    contrasts.contains { $0.cell.values.count < 2 || $0.scratch.values.count < 2 }
      ? "With a single seed there is no telling what is chance."
      : "The seeds do not differ, so there is no spread to test against."
  }
}
