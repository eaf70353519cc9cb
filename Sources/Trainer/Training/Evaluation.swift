public import DataKit

/// Scores a network on one split, in the split's own order.
///
/// As attention sees padding, a sample's result can depend on the longest sample of its batch, and
/// so on the batch size; it is the same for the same batch size. Masked objectives are scored with
/// the masks of variant 0 every time, so that scores can be compared.
struct Evaluator {
  let source: BatchSource
  let batchSize: Int
  let dropsLastBatch: Bool
  let sampleLimit: Int?

  /// The samples that are scored.
  var sampleCount: Int {
    let count = min(source.split.count, sampleLimit ?? .max)
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

  /// The score, or nil when `shouldStop` said so between two batches.
  func score(
    _ network: Network,
    shouldStop: () -> Bool,
    progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws -> Score? {
    var sums = Progress.Sums()
    var countsClasses = false
    var labels = LabelSums()
    var first = 0
    while first < sampleCount {
      if shouldStop() { return nil }
      let samples = first..<min(first + batchSize, sampleCount)
      let (batch, target) = try source.batch(Array(samples), variant: 0)
      switch target {
      case .classes: countsClasses = true
      case .values(let values, _): labels.add(values)
      }
      sums.add(try network.evaluationPass(batch, target))
      first = samples.upperBound
      progress(first, sampleCount)
    }
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
      accuracy: countsClasses ? Double(sums.correct) / Double(sums.counted) : nil,
      r2: isSquared ? labels.variance.map { 1 - loss / $0 } : nil,
      rootMeanSquaredError: isSquared ? loss.squareRoot() * (objective.labels?.unit ?? 1) : nil,
      targets: sums.counted
    )
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

  /// Loads the weights of a checkpoint for the samples of a split.
  ///
  /// - Parameters:
  ///   - checkpoint: its configuration says how the split is scored.
  ///   - split: the split to score.
  ///   - dataSet: the data set, which need not be the run's own.
  ///   - batchSize: rows of a batch; as in the run when nil.
  ///   - samples: score only the split's first samples; all when nil.
  ///   - pool: the threads to compute with.
  /// - Throws: ``RunError`` when network and data set do not fit, ``CheckpointError`` when the
  ///   weights do not fit the network.
  public init(
    _ checkpoint: Checkpoint,
    on split: Split,
    of dataSet: DataSet,
    batchSize: Int? = nil,
    samples: Int? = nil,
    pool: WorkerPool
  ) throws {
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

  /// The score, or nil when `shouldStop` said so.
  public func score(
    shouldStop: () -> Bool = { false },
    progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws -> Score? {
    try evaluator.score(network, shouldStop: shouldStop, progress: progress)
  }
}
