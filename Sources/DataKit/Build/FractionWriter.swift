/// Writes nested subsets of the training split as index tensors.
enum FractionWriter {
  /// The name of the file of the subsets asked for.
  static func fileName(_ request: FractionRequest) -> String {
    "train-fractions-seed-\(request.seed).safetensors"
  }

  /// The subsets of `count` samples: those that come first in PyTorch's permutation with `seed`, so
  /// that each subset holds the smaller ones.
  static func write(
    _ request: FractionRequest,
    count: Int,
    metadata: [String: String],
    to folder: String
  ) throws -> FractionSet {
    let order = randomPermutation(count: count, seed: request.seed)
    let file = fileName(request)
    var fractions: [FractionSet.Fraction] = []
    let tensors = request.fractions.sorted().map { fraction in
      let samples = count == 0 ? 0 : max(1, Int((fraction * Double(count)).rounded()))
      fractions.append(FractionSet.Fraction(fraction: fraction, samples: samples))
      let indices = order[..<samples].sorted().map { Int64($0) }
      return TensorData(
        name: FractionSet.tensorName(fraction),
        shape: [samples],
        elements: indices
      )
    }
    let digest = try SafetensorsWriter.write(
      tensors,
      metadata: metadata,
      to: folder + "/" + file
    )
    return FractionSet(
      file: file,
      digest: digest,
      seed: UInt64(request.seed),
      fractions: fractions
    )
  }
}

/// The nested subsets asked for.
public struct FractionRequest: Sendable {
  /// The shares of the training split, each over 0 and at most 1.
  public var fractions: [Double]
  /// The seed of the order in which samples join.
  public var seed: UInt32

  /// A request.
  public init(fractions: [Double], seed: UInt32 = 0) {
    self.fractions = fractions
    self.seed = seed
  }
}
