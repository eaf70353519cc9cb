public import DataKit

/// How much data a task has.
public struct TaskShape: Sendable, Equatable {
  /// What the data means for a network.
  public var shape: DataShape
  /// Samples of every split.
  public var samples: [Split: Int]
  /// The longer sequence's length of some training samples, in no order; one where all are alike.
  public var lengths: [Int]

  /// A task of that shape and size, all sequences as long as they may be.
  public init(_ shape: DataShape, samples: [Split: Int]) {
    (self.shape, self.samples) = (shape, samples)
    lengths = [shape.maximumLength]
  }

  /// That of a data set.
  ///
  /// - Throws: ``DataSetError`` when it lacks a split.
  public init(_ dataSet: DataSet) throws {
    let sequences = dataSet.manifest.sequences
    shape = DataShape(dataSet.manifest)
    samples = [:]
    for split in Split.allCases { samples[split] = try dataSet.split(split).count }
    lengths = [shape.maximumLength]
    guard dataSet.manifest.fixedLength == nil else { return }
    let training = try dataSet.split(.train)
    let order = SampleOrder(count: training.count, seed: 0, epoch: 0)
    lengths = (0..<min(training.count, 4096)).map { position in
      (0..<sequences).map { training.length(at: order[position], sequence: $0) }.max() ?? 0
    }
  }

  /// That of the published data of a task; nil for one that was not published.
  public static func published(_ task: String) -> TaskShape? {
    guard let preset = Preset.all.first(where: { $0.task == task }), let counts = counts[task]
    else { return nil }
    return TaskShape(
      preset.shape,
      samples: [.train: counts[0], .validation: counts[1], .test: counts[2]]
    )
  }

  /// Training, validation and test samples (docs/archives.md).
  ///
  /// Text has no validation split, so that the test split stands for it. Those of BIDMC are 70, 15 and
  /// 15 % of 7,949.
  private static let counts = [
    "listops": [96_000, 2000, 2000], "text": [25_000, 25_000, 25_000],
    "retrieval": [147_086, 18_090, 17_437], "image": [45_000, 5000, 10_000],
    "image-colour": [45_000, 5000, 10_000], "pathfinder32": [160_000, 20_000, 20_000],
    "pathfinder64": [160_000, 20_000, 20_000], "pathfinder128": [160_000, 20_000, 20_000],
    "pathfinder256": [160_000, 20_000, 20_000], "speech": [84_843, 9981, 11_005],
    "bidmc-rr": [5564, 1192, 1193], "bidmc-hr": [5564, 1192, 1193],
    "bidmc-spo2": [5564, 1192, 1193],
  ]
}
