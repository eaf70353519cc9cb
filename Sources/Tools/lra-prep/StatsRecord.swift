internal import DataKit

/// Statistics as a script reads them.
struct StatsRecord: Encodable {
  struct Moments: Encodable {
    var minimum: Double?
    var maximum: Double?
    var mean: Double
    var standardDeviation: Double
    var median: Double?
    var percentile90: Double?

    init(_ tally: Tally) {
      minimum = tally.minimum
      maximum = tally.maximum
      mean = tally.mean
      standardDeviation = tally.standardDeviation
      median = tally.quantile(0.5)
      percentile90 = tally.quantile(0.9)
    }
  }

  struct Bins: Encodable {
    /// Where the first bin begins.
    var from: Double
    var width: Double
    var counts: [Int]

    init(_ tally: Tally, _ scale: HistogramScale) {
      let histogram = tally.histogram(atMost: 256, scale)
      from = histogram.lowerBound
      width = histogram.binWidth
      counts = histogram.counts
    }
  }

  struct Distribution: Encodable {
    var summary: Moments
    var histogram: Bins

    init(_ tally: Tally, _ scale: HistogramScale) {
      summary = Moments(tally)
      histogram = Bins(tally, scale)
    }
  }

  struct Token: Encodable {
    var id: Int
    var token: String?
    var count: Int
    var share: Double
  }

  struct Split: Encodable {
    var samples: Int
    var elements: Int
    var lengths: Distribution
    /// How many samples carry each class.
    var classCounts: [Int]?
    /// Labels that are values.
    var labels: Distribution?
    /// Every token that occurs, the most frequent first.
    var tokens: [Token]?
    /// One distribution a channel.
    var values: [Distribution]?
    var notFinite: Int?

    init(_ statistics: SplitStatistics, _ manifest: Manifest) {
      samples = statistics.samples
      elements = statistics.elements
      lengths = Distribution(statistics.lengths, .whole)
      switch statistics.labels {
      case .classes(let counts): classCounts = counts
      case .values(let tally): labels = Distribution(tally, .real)
      }
      guard manifest.hasTokenIDs else {
        values = statistics.values.map { Distribution($0, manifest.valueScale) }
        notFinite = manifest.elementType == .float32 ? statistics.notFinite : nil
        return
      }
      let tokens = manifest.vocabulary?.tokens ?? []
      let tally = statistics.values[0]
      self.tokens = tally.mostFrequent.map { entry in
        let id = Int(entry.value)
        return Token(
          id: id,
          token: tokens.indices.contains(id) ? tokens[id] : nil,
          count: entry.count,
          share: Double(entry.count) / Double(max(1, tally.count))
        )
      }
    }
  }

  var task: String
  var input: String
  var splits: [String: Split]

  init(_ statistics: [SplitStatistics], _ manifest: Manifest) {
    task = manifest.task
    input = manifest.input.rawValue
    splits = Dictionary(
      uniqueKeysWithValues: statistics.map { ($0.split.rawValue, Split($0, manifest)) }
    )
  }
}
