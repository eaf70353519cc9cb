internal import ArgumentParser
internal import DataKit
internal import ToolSupport

/// `lra-prep stats`: how long, which labels, which values.
struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Counts lengths, labels and values of a data set; draws histograms.",
    usage: "lra-prep stats <folder> [<options>]",
    discussion: """
      Examples:
        lra-prep stats data/listops
        lra-prep stats data/text --split train --top 40 --png text.png
        lra-prep stats data/image --json | jq '.splits.train.lengths.mean'

      Reads every shard once and checks the checksum of each sample. Token ids,
      levels and measurements are counted as they are stored, not normalized.
      """
  )

  @Argument(help: "The data set's folder.", completion: .directory)
  var folder: String
  @Option(
    help: "Only this split: train, validation or test (default: all).",
    completion: .list(Split.allCases.map(\.rawValue))
  )
  var split: String?
  @Option(
    help: ArgumentHelp("How many of the most frequent tokens to list.", valueName: "count")
  )
  var top = 12
  @Option(
    help: ArgumentHelp("Draw the histograms into this PNG image.", valueName: "file"),
    completion: .file(extensions: ["png"])
  )
  var png: String?
  @Flag(help: "Write one JSON object with all counts.")
  var json = false
  @OptionGroup var progress: ProgressOptions

  func validate() throws {
    guard split.map({ Split(rawValue: $0) != nil }) ?? true else {
      throw ValidationError("--split must be train, validation or test, not '\(split ?? "")'")
    }
    guard (0...65_536).contains(top) else { throw ValidationError("--top must be 0 to 65,536") }
    guard png != "" else { throw ValidationError("--png must not be empty") }
  }

  func run() throws {
    let dataSet = try DataSet(opening: folder)
    let manifest = dataSet.manifest
    let wanted = split.map { [Split(rawValue: $0) ?? .train] } ?? Split.allCases
    let present = wanted.filter { manifest.splits[$0.rawValue] != nil }
    if present.isEmpty {
      throw DataSetError(path: folder, reason: "the data set has no split '\(split ?? "")'")
    }
    let statistics = try present.map { try count($0, of: dataSet) }
    if let png {
      let chart = HistogramChart(statistics.map { StatsPanels.panels(of: $0, manifest) })
      try AtomicFile.write(try chart.png(), to: png)
    }
    if json {
      return print(try JSONText.line(StatsRecord(statistics, manifest)))
    }
    let text = StatsText(manifest: manifest, top: top, columns: outputColumns())
    print(statistics.map { text.lines(of: $0).joined(separator: "\n") }.joined(separator: "\n\n"))
  }

  private func count(_ split: Split, of dataSet: DataSet) throws -> SplitStatistics {
    let samples = try dataSet.split(split)
    let reporter = progress.reporter(
      "count",
      of: split.rawValue,
      unit: "samples",
      total: samples.count
    )
    let statistics = try SplitStatistics(of: samples, manifest: dataSet.manifest) {
      reporter.update(done: $0, bytes: $1)
    }
    reporter.finish()
    return statistics
  }
}

/// The histograms of a split as charts: lengths, labels, values.
enum StatsPanels {
  private static let binLimit = 96

  static func panels(of statistics: SplitStatistics, _ manifest: Manifest) -> [HistogramChart.Panel]
  {
    let split = statistics.split.rawValue
    var panels: [HistogramChart.Panel] = []
    if manifest.fixedLength == nil {
      panels.append(panel("\(split): lengths", statistics.lengths, .whole))
    }
    switch statistics.labels {
    case .classes(let counts):
      let last = "class \(counts.count - 1)"
      panels.append(
        HistogramChart.Panel(
          title: "\(split): labels",
          counts: counts,
          first: "class 0",
          last: last
        )
      )
    case .values(let tally): panels.append(panel("\(split): labels", tally, .real))
    }
    for (channel, tally) in statistics.values.enumerated() {
      if manifest.hasTokenIDs {
        panels.append(tokens("\(split): tokens by frequency", tally))
      } else {
        let name = statistics.values.count > 1 ? "values of channel \(channel)" : "values"
        panels.append(panel("\(split): \(name)", tally, manifest.valueScale))
      }
    }
    return panels
  }

  private static func panel(
    _ title: String,
    _ tally: Tally,
    _ scale: HistogramScale
  ) -> HistogramChart.Panel {
    let histogram = tally.histogram(atMost: binLimit, scale)
    let bins = histogram.counts.count
    return HistogramChart.Panel(
      title: title,
      counts: histogram.counts,
      first: bins == 0 ? "" : brief(histogram.range(0).lowerBound),
      last: bins == 0 ? "" : brief(histogram.range(bins - 1).upperBound)
    )
  }

  private static func tokens(_ title: String, _ tally: Tally) -> HistogramChart.Panel {
    let counts = tally.mostFrequent.prefix(binLimit).map(\.count)
    return HistogramChart.Panel(
      title: title,
      counts: counts,
      first: "most frequent",
      last: "number \(counts.count)"
    )
  }
}
