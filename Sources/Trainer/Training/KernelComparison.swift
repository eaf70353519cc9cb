internal import DataKit

/// The kernels of a checkpoint beside those that its training began with, or another checkpoint's.
///
/// Source: Amos, Berant and Gupta, "Never train from scratch", section 3.6.
public struct KernelComparison: Sendable {
  /// The positions of the sequences that kernels were computed for.
  public let length: Int
  /// Whether `length` is what the network is made for, as the run's data set was not found.
  public let isDataMissing: Bool
  /// The checkpoint's kernels.
  public let trained: [KernelMagnitude]
  /// What they are compared with, in the same order.
  public let reference: [KernelMagnitude]

  /// Computes both.
  ///
  /// - Parameters:
  ///   - checkpoint: whose kernels are looked at.
  ///   - other: what they are compared with; a fresh network of the same configuration and seed when nil.
  ///   - length: the positions of the sequences; those of the checkpoint's data set when nil, else what
  ///     its network is made for.
  ///   - pool: the threads to compute with.
  /// - Throws: ``RunError`` when a network has no kernels or both differ in their layers,
  ///   ``CheckpointError`` when weights do not fit.
  public init(
    of checkpoint: Checkpoint,
    against other: Checkpoint? = nil,
    length: Int? = nil,
    pool: WorkerPool
  ) throws {
    let configuration = checkpoint.configuration
    let (length, isMissing) = Self.length(length, of: checkpoint)
    (self.length, isDataMissing) = (length, isMissing)
    trained = try Self.magnitudes(checkpoint, length, pool)
    if let other {
      reference = try Self.magnitudes(other, length, pool)
    } else {
      let fresh = Network(configuration.network, pool: pool)
      fresh.initialize(seed: configuration.seed)
      reference = try fresh.kernelMagnitudes(length: length)
    }
    func shape(_ kernels: [KernelMagnitude]) -> [[Int]] {
      kernels.map { [$0.layer, $0.direction == .before ? 0 : 1, $0.firstShift, $0.values.count] }
    }
    guard shape(trained) == shape(reference) else {
      throw RunError(other?.path ?? "", "its kernels are not those of \(checkpoint.path)'s layers")
    }
  }

  private static func magnitudes(
    _ checkpoint: Checkpoint,
    _ length: Int,
    _ pool: WorkerPool
  ) throws -> [KernelMagnitude] {
    let configuration = checkpoint.configuration
    try configuration.check()
    guard Network.hasKernels(configuration.network) else {
      throw RunError(
        checkpoint.path,
        "its layers have no convolution kernels, which S4, S4D, DSS, DLR and Mega have"
      )
    }
    let network = Network(configuration.network, pool: pool)
    try checkpoint.restore(network)
    return try network.kernelMagnitudes(length: length)
  }

  /// The length that is wanted, else that of the longest sequence of the run's data, else what the network
  /// is made for, and whether it came to that.
  private static func length(
    _ wanted: Int?,
    of checkpoint: Checkpoint
  ) -> (length: Int, isDataMissing: Bool) {
    if let wanted { return (wanted, false) }
    let data = RunData(of: checkpoint.configuration, at: checkpoint.path)
    guard let dataSet = try? data.open(), let longest = try? dataSet.longestSequence() else {
      return (checkpoint.configuration.network.maximumLength, true)
    }
    return (longest, false)
  }
}
