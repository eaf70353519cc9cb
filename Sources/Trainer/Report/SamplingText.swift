/// How far an accuracy is uncertain because only so many samples were scored.
struct SamplingText {
  private let content: ReportContent

  init(_ content: ReportContent) { self.content = content }

  /// The samples that a cell's accuracies are of.
  func samples(of cell: StudyResult.Cell) -> Int? {
    let runs = content.runs(cell.runs)
    let counts =
      content.split == "test"
      ? runs.compactMap(\.testSamples) : runs.compactMap { $0.summary?.lastValidation?.targets }
    return counts.min() ?? content.task(cell.task)?.used[content.split]
  }

  /// The binomial standard error of a cell's mean accuracy; nil for other metrics.
  func standardError(of cell: StudyResult.Cell) -> Double? {
    guard MetricScale(cell.metric).isShare, let samples = samples(of: cell) else { return nil }
    return SamplingError.standardError(ofShare: cell.mean, samples: samples)
  }

  /// For the first screen, with what stands before it.
  var sentence: String {
    let cells = content.mainCells.filter { standardError(of: $0) != nil }
    let errors = cells.compactMap(standardError).map { 100 * $0 }
    guard let least = errors.min(), let greatest = errors.max() else { return "" }
    let counts = Set(cells.compactMap(samples)).sorted().map(NumberText.grouped)
    let (low, high) = (NumberText.fixed(least, 1), NumberText.fixed(greatest, 1))
    return
      ". Scoring \(NumberText.list(counts)) samples leaves a further standard error of "
      + (low == high ? low : "\(low) to \(high)")
      + " points by the binomial formula"
      + (content.isStudy
        ? "; runs of a task are scored on the same samples, so that much of it is common to what is "
          + "compared" : "")
  }
}
