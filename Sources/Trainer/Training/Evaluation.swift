public import DataKit

/// Scores a network on one split, or on a part of it, in the split's own order.
///
/// As attention sees padding, a sample's result can depend on the longest sample of its batch, and
/// so on the batch size; it is the same for the same batch size. Masked objectives are scored with
/// the masks of variant 0 every time, so that scores can be compared.
///
/// Ranks take whole batches in turn, and the batches' sums are added in their order: the score has
/// the same bits for any number of ranks.
struct Evaluator {
  let source: BatchSource
  let batchSize: Int
  let dropsLastBatch: Bool
  /// The samples of a part of the split; nil for all of it.
  private let subset: [Int]?

  init(source: BatchSource, batchSize: Int, dropsLastBatch: Bool, sampleLimit: Int?) {
    (self.source, self.batchSize, self.dropsLastBatch) = (source, batchSize, dropsLastBatch)
    let count = source.split.count
    // Splits may be stored class by class.
    subset = sampleLimit.flatMap { $0 < count ? leadingSamples($0, of: count) : nil }
  }

  /// How many samples are scored.
  var sampleCount: Int {
    let count = subset?.count ?? source.split.count
    return dropsLastBatch ? count / batchSize * batchSize : count
  }

  /// Checks that there is something to score, before any work is done.
  ///
  /// - Throws: ``RunError`` when the split does not fill a single batch.
  func check() throws {
    guard sampleCount == 0 else { return }
    throw RunError(
      "\(source.split.split.rawValue) split",
      "it has \(source.split.count) samples, which fill no batch of \(batchSize)",
      hint: dropsLastBatch ? "make validation.batchSize smaller" : nil
    )
  }

  /// The score, or nil when `shouldStop` said so on any rank between two batches.
  func score(
    _ network: Network,
    ranks: any RankGroup = SingleRank(),
    shouldStop: () -> Bool,
    progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws -> Score? {
    let batches = (sampleCount + batchSize - 1) / batchSize
    var sums = BatchSums(batches: batches)
    for round in stride(from: 0, to: batches, by: ranks.size) {
      if ranks.any(shouldStop()) { return nil }
      if round + ranks.rank < batches {
        let (batch, target) = try source.batch(samples(round + ranks.rank), variant: 0)
        sums.set(try network.evaluationPass(batch, target), ofBatch: round + ranks.rank)
      }
      progress(min((round + ranks.size) * batchSize, sampleCount), sampleCount)
    }
    ranks.allReduce(&sums.values)
    // All ranks have the same sums and, if any, the same error.
    return try ranks.agree { try score(sums.total) }
  }

  /// The samples of a batch.
  private func samples(_ batch: Int) -> [Int] {
    scored(batch * batchSize..<min((batch + 1) * batchSize, sampleCount))
  }

  private func scored(_ positions: Range<Int>) -> [Int] {
    subset.map { Array($0[positions]) } ?? Array(positions)
  }

  /// The variance of the labels that are scored; nil when it is 0.
  private var labelVariance: Double? {
    var labels = LabelSums()
    if case .values(let values, _) = source.labels(scored(0..<sampleCount)) { labels.add(values) }
    return labels.variance
  }

  private func score(_ sums: Progress.Sums) throws -> Score {
    guard sums.counted > 0 else {
      throw RunError(
        "\(source.split.split.rawValue) split",
        "it has no target to score in \(sampleCount) samples of batches of \(batchSize)"
      )
    }
    let loss = sums.lossSum / Double(sums.counted)
    let objective = source.objective
    let isSquared = objective.kind == .regression && objective.loss == .squared
    return Score(
      loss: loss,
      accuracy: objective.kind == .classification || objective.loss == .crossEntropy
        ? Double(sums.correct) / Double(sums.counted) : nil,
      r2: isSquared ? labelVariance.map { 1 - loss / $0 } : nil,
      rootMeanSquaredError: isSquared ? loss.squareRoot() * (objective.labels?.unit ?? 1) : nil,
      targets: sums.counted
    )
  }
}

/// What each batch of an evaluation found, as numbers that ranks can add up.
private struct BatchSums {
  var values: [Double]

  init(batches: Int) { values = [Double](repeating: 0, count: 3 * batches) }

  mutating func set(_ result: LossResult, ofBatch batch: Int) {
    guard result.counted > 0 else { return }
    values[3 * batch] = result.lossSum
    values[3 * batch + 1] = Double(result.counted)
    values[3 * batch + 2] = Double(result.correct)
  }

  /// The sums over the batches, in their order.
  var total: Progress.Sums {
    stride(from: 0, to: values.count, by: 3).reduce(into: Progress.Sums()) { sums, place in
      sums.lossSum += values[place]
      sums.counted += Int(values[place + 1])
      sums.correct += Int(values[place + 2])
    }
  }
}

/// The variance of labels, as they come.
private struct LabelSums {
  private var count = 0.0
  private var mean = 0.0
  private var squares = 0.0

  mutating func add(_ values: [Float]) {
    for value in values {
      count += 1
      let distance = Double(value) - mean
      mean += distance / count
      squares += distance * (Double(value) - mean)
    }
  }

  /// The mean squared distance from the mean; nil when it is 0.
  var variance: Double? { squares > 0 ? squares / count : nil }
}

/// The evaluation of a finished or running run on a split of a data set.
public struct Evaluation {
  /// The checkpoint whose weights are judged.
  public let checkpoint: Checkpoint
  /// The split's samples that are scored.
  public var sampleCount: Int { evaluator.sampleCount }
  private let network: Network
  private let evaluator: Evaluator
  private let ranks: any RankGroup

  /// Loads the weights of a checkpoint for the samples of a split.
  ///
  /// - Parameters:
  ///   - checkpoint: its configuration says how the split is scored.
  ///   - split: the split to score.
  ///   - dataSet: the data set, which need not be the run's own.
  ///   - batchSize: rows of a batch; as in the run when nil.
  ///   - samples: score only so many samples, those of ``RunConfiguration/Validation/samples``; all when nil.
  ///   - pool: the threads to compute with.
  ///   - ranks: the processes that share the batches.
  /// - Throws: ``RunError`` when network and data set do not fit, ``CheckpointError`` when the
  ///   weights do not fit the network.
  public init(
    _ checkpoint: Checkpoint,
    on split: Split,
    of dataSet: DataSet,
    batchSize: Int? = nil,
    samples: Int? = nil,
    pool: WorkerPool,
    ranks: any RankGroup = SingleRank()
  ) throws {
    self.ranks = ranks
    let configuration = checkpoint.configuration
    try configuration.check()
    let fitted = configuration.fitted(to: DataShape(dataSet.manifest)).network
    let mine = configuration.network
    guard fitted.encoder == mine.encoder, fitted.outputs == mine.outputs,
      mine.positions != .learned || fitted.maximumLength == mine.maximumLength
    else {
      throw RunError(
        dataSet.folder,
        "the network of \(checkpoint.path) was made for data of another shape (it has "
          + "\(mine.encoder), \(mine.outputs) outputs; the data set needs \(fitted.encoder), "
          + "\(fitted.outputs))"
      )
    }
    network = Network(mine, pool: pool)
    try checkpoint.restore(network)
    // Otherwise the first longer batch would double them, at a time that depends on the ranks.
    network.reserveKernels(for: try dataSet.longestSequence())
    self.checkpoint = checkpoint
    evaluator = Evaluator(
      source: try BatchSource(
        dataSet.split(split),
        of: dataSet,
        configuration.objective,
        masks: configuration.maskSet(of: dataSet),
        normalization: configuration.normalization
      ),
      batchSize: batchSize ?? configuration.validation.batchSize ?? configuration.batchSize,
      dropsLastBatch: configuration.validation.dropsLastBatch,
      sampleLimit: samples
    )
    try evaluator.check()
  }

  /// The score, or nil when `shouldStop` said so on any rank; every rank gets the same.
  public func score(
    shouldStop: () -> Bool = { false },
    progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws -> Score? {
    try evaluator.score(network, ranks: ranks, shouldStop: shouldStop, progress: progress)
  }
}
