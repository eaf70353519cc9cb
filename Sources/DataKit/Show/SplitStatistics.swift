/// What the samples of a split are like in numbers.
public struct SplitStatistics: Sendable {
  /// What labels there are.
  public enum Labels: Sendable {
    /// How many samples carry each class, in class order.
    case classes([Int])
    /// The values to be predicted.
    case values(Tally)
  }

  /// Over this many channels, values of all channels are counted together.
  private static let channelLimit = 16

  /// The split.
  public let split: Split
  /// How many samples it has.
  public let samples: Int
  /// The positions of all its sequences together.
  public let elements: Int
  /// The lengths of its sequences, in positions.
  public let lengths: Tally
  /// Its labels.
  public let labels: Labels
  /// Token ids, levels or measurements as stored: one tally a channel, or one for all when there are
  /// more than 16.
  public let values: [Tally]
  /// How many values were infinite or not a number; no tally has them.
  public let notFinite: Int

  /// Reads a split once, sample by sample.
  ///
  /// Memory holds a sample, a tally of lengths, and 512 KiB a channel.
  ///
  /// - Parameters:
  ///   - samples: the split.
  ///   - manifest: the manifest of its data set.
  ///   - report: called after every sample with how many were read, and their bytes so far.
  /// - Throws: ``DataSetError`` when a sample is damaged.
  public init(
    of samples: DataSplit,
    manifest: Manifest,
    report: (_ samples: Int, _ bytes: Int) -> Void = { _, _ in }
  ) throws {
    var reader = SplitReader(manifest)
    var lengths: [Double: Int] = [:]
    var classes = [Int](repeating: 0, count: manifest.classes)
    var targets: [Float: Int] = [:]
    var bytes = 0
    for index in 0..<samples.count {
      for sequence in 0..<manifest.sequences {
        lengths[Double(samples.length(at: index, sequence: sequence)), default: 0] += 1
        bytes += try reader.read(index, of: samples, sequence: sequence)
      }
      switch manifest.target.kind {
      case .class: classes[Int(samples.label(at: index))] += 1
      case .value: targets[samples.value(at: index), default: 0] += 1
      }
      report(index + 1, bytes)
    }
    split = samples.split
    self.samples = samples.count
    self.lengths = Tally(lengths)
    elements = lengths.reduce(0) { $0 + Int($1.key) * $1.value }
    labels = manifest.target.kind == .class ? .classes(classes) : .values(Tally(targets))
    values = reader.counters.map(\.tally)
    notFinite = reader.counters.reduce(0) { $0 + $1.notFinite }
  }

  /// Reads samples into one buffer and counts their values.
  private struct SplitReader {
    private let manifest: Manifest
    private var whole: [Int32] = []
    private var measured: [Float] = []
    private(set) var counters: [ValueCounter]

    init(_ manifest: Manifest) {
      self.manifest = manifest
      let count = manifest.channels <= SplitStatistics.channelLimit ? manifest.channels : 1
      counters = [ValueCounter](repeating: ValueCounter(manifest.elementType), count: count)
    }

    /// Counts a sequence of a sample; returns its size in bytes.
    mutating func read(_ index: Int, of samples: DataSplit, sequence: Int) throws -> Int {
      let count = samples.length(at: index, sequence: sequence) * manifest.channels
      if manifest.elementType == .float32 {
        if measured.count < count { measured = [Float](repeating: 0, count: count) }
        try measured.withUnsafeMutableBufferPointer { buffer in
          try samples.copyFloats(at: index, sequence: sequence, into: buffer)
          for channel in counters.indices {
            counters[channel].add(
              UnsafeBufferPointer(rebasing: buffer[..<count]),
              from: channel,
              step: counters.count
            )
          }
        }
      } else {
        if whole.count < count { whole = [Int32](repeating: 0, count: count) }
        try whole.withUnsafeMutableBufferPointer { buffer in
          try samples.copyValues(at: index, sequence: sequence, into: buffer)
          for channel in counters.indices {
            counters[channel].add(
              UnsafeBufferPointer(rebasing: buffer[..<count]),
              from: channel,
              step: counters.count
            )
          }
        }
      }
      return count * manifest.elementType.byteCount
    }
  }
}
