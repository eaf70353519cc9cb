internal import DataKit

/// Where a run stands: with weights and moments, everything that the next step depends on.
public struct Progress: Codable, Sendable, Equatable {
  /// Optimizer steps taken.
  public var step = 0
  /// The current epoch, from 0.
  public var epoch = 0
  /// Batches of the epoch that are done.
  public var batchInEpoch = 0
  /// The best value of the monitored metric so far, and its step.
  public var bestMetric: Double?
  /// The step of the best value.
  public var bestStep: Int?
  /// The last evaluation.
  public var lastValidation: Score?
  /// Whether the step's evaluation was interrupted and is still to be done.
  public var owesEvaluation = false
  /// Sums since the last line of metrics.
  public var reported = Sums()

  /// Whether a run of so many steps an epoch can stand there.
  func isPossible(stepsPerEpoch: Int) -> Bool {
    step >= 0 && epoch == step / stepsPerEpoch && batchInEpoch == step % stepsPerEpoch
  }

  /// The loss and hits of several batches.
  public struct Sums: Codable, Sendable, Equatable {
    /// The sum of all counted targets' losses.
    public var lossSum = 0.0
    /// Targets that count.
    public var counted = 0
    /// Counted classes that were hit.
    public var correct = 0

    mutating func add(_ result: LossResult) {
      guard result.counted > 0 else { return }
      lossSum += result.lossSum
      counted += result.counted
      correct += result.correct
    }
  }
}

/// The loss of a split, and the share of right classes where targets are classes.
public struct Score: Codable, Sendable, Equatable {
  /// The mean over all targets.
  public var loss: Double
  /// Right classes per target; nil when targets are values.
  public var accuracy: Double?
  /// For regression by squared error, 1 - squared error / variance of the labels.
  public var r2: Double?
  /// For regression by squared error, the root of the mean squared error in the labels' own units.
  public var rootMeanSquaredError: Double?
  /// The number of targets.
  public var targets: Int
}

/// A checkpoint file: weights, running statistics, moments, progress, configuration.
///
/// It is a safetensors file with the tensors `parameter.NAME`, `buffer.NAME` and, unless only the
/// weights were wanted, `moment1.NAME` and `moment2.NAME`, all F32. The metadata holds the format
/// and, as JSON, `configuration` and `progress`. Equal runs give equal bytes: there is no time in
/// it.
public struct Checkpoint: Sendable {
  /// The name of the format.
  public static let format = "lra-checkpoint"
  /// The version written; readers refuse another first number.
  public static let version = "1.0"

  /// The file's path.
  public var path: String { file.path }
  /// What the run was told to do.
  public let configuration: RunConfiguration
  /// Where it stood.
  public let progress: Progress
  let file: SafetensorsFile

  /// Opens a checkpoint and checks its header.
  ///
  /// - Throws: ``CheckpointError`` when it is none, ``SafetensorsError`` when it is cut or
  ///   damaged, ``FileError`` when it cannot be read.
  public init(reading path: String) throws {
    let file = try SafetensorsFile(path: path)
    guard file.metadata["format"] == Self.format else {
      throw CheckpointError(path: path, reason: "not a checkpoint of lra-train")
    }
    let version = file.metadata["version"] ?? "none"
    guard version.prefix(while: { $0 != "." }) == Self.version.prefix(while: { $0 != "." }) else {
      throw CheckpointError(
        path: path,
        reason: "checkpoint version \(version), this program reads \(Self.version)"
      )
    }
    do {
      let texts = (file.metadata["configuration"] ?? "", file.metadata["progress"] ?? "")
      configuration = try JSON.decode(RunConfiguration.self, from: Array(texts.0.utf8))
      progress = try JSON.decode(Progress.self, from: Array(texts.1.utf8))
    } catch {
      throw CheckpointError(
        path: path,
        reason: "the checkpoint is damaged: \(JSON.explanation(of: error))"
      )
    }
    self.file = file
  }

  /// Writes a checkpoint whole or not at all; without an optimizer only the weights.
  static func write(
    _ network: Network,
    _ optimizer: AdamW?,
    _ configuration: RunConfiguration,
    _ progress: Progress,
    to path: String
  ) throws {
    var stores = [("parameter.", network.parameters), ("buffer.", network.buffers)]
    if let optimizer {
      stores += [("moment1.", optimizer.firstMoment), ("moment2.", optimizer.secondMoment)]
    }
    let metadata = [
      "format": format, "version": version,
      "configuration": String(decoding: try JSON.encode(configuration), as: UTF8.self),
      "progress": String(decoding: try JSON.encode(progress), as: UTF8.self),
    ]
    let plans = stores.flatMap { prefix, store in
      store.layout.entries.map {
        TensorPlan(name: prefix + $0.name, elementType: .float32, shape: $0.shape)
      }
    }
    // The tensors of a store lie one after the other, so nothing is copied.
    let file = try SafetensorsFileWriter(plans, metadata: metadata, to: path)
    for (_, store) in stores {
      try store.withValues { try file.append(UnsafeRawBufferPointer($0)) }
    }
    try file.finish()
  }

  /// Copies weights and running statistics into a network, and moments into an optimizer.
  ///
  /// - Throws: ``CheckpointError`` when names or shapes differ; nothing is changed then.
  func restore(_ network: Network, _ optimizer: AdamW? = nil) throws {
    var parts = [("parameter.", network.parameters), ("buffer.", network.buffers)]
    if let optimizer {
      parts += [("moment1.", optimizer.firstMoment), ("moment2.", optimizer.secondMoment)]
    }
    for (prefix, store) in parts { try checkNames(prefix, store.layout) }
    try checkTruncations(network.buffers.layout)
    for (prefix, store) in parts {
      for entry in store.layout.entries {
        store[entry.name] = try file.elements(of: prefix + entry.name)
      }
    }
    optimizer?.stepCount = progress.step
  }

  /// Refuses lengths of S4's kernels that cannot be.
  func checkTruncations(_ buffers: ParameterLayout) throws {
    for name in buffers.names where name.hasSuffix(".len") && file.tensors["buffer." + name] != nil
    {
      let values: [Float] = try file.elements(of: "buffer." + name)
      guard values.allSatisfy(S4.isTruncation) else {
        throw CheckpointError(
          path: path,
          reason: "the checkpoint is damaged: '\(name)' is \(values), expected a whole number "
            + "up to 2^24"
        )
      }
    }
  }

  /// The names behind `prefix` and their shapes.
  func shapes(_ prefix: String) -> [String: [Int]] {
    var shapes: [String: [Int]] = [:]
    for (name, tensor) in file.tensors where name.hasPrefix(prefix) {
      shapes[String(name.dropFirst(prefix.count))] = tensor.shape
    }
    return shapes
  }

  private func checkNames(_ prefix: String, _ layout: ParameterLayout) throws {
    var found = shapes(prefix)
    for entry in layout.entries {
      let shape = found.removeValue(forKey: entry.name)
      guard shape == entry.shape else { throw mismatch(entry.name, shape, entry.shape) }
    }
    if let extra = found.min(by: { $0.key < $1.key }) {
      throw mismatch(extra.key, extra.value, nil)
    }
  }

  /// The sentence for a checkpoint of another architecture.
  func mismatch(_ name: String, _ found: [Int]?, _ expected: [Int]?) -> CheckpointError {
    let reason =
      switch (found, expected) {
      case (let found?, let expected?):
        "another architecture: '\(name)' has shape \(found), this network needs \(expected)"
      case (nil, _): "another architecture: it has no '\(name)', which this network needs"
      case (_, nil): "another architecture: it has '\(name)', which this network lacks"
      }
    return CheckpointError(
      path: path,
      reason: reason,
      hint: "it was written by preset '\(configuration.preset)'; use the same preset"
    )
  }
}
