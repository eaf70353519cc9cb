/// The memory of a training run, in bytes.
public struct MemoryPlan: Codable, Sendable, Equatable {
  /// The weights and the running statistics of batch norm.
  public var parameters: Int
  /// The gradients of the weights.
  public var gradients: Int
  /// Both moments of AdamW.
  public var moments: Int
  /// What the forward pass keeps for the backward pass.
  public var activations: Int
  /// Gradients of activations, partial sums and what each thread needs.
  public var scratch: Int
  /// What the process has in memory before it makes a network; 0 unless it was set.
  public var program = 0

  /// The sum of all parts.
  public var total: Int { parameters + gradients + moments + activations + scratch + program }
}
