internal import DataKit

/// A file of operators or of steps of data preparation, whose tensors come in groups `tag.name`.
struct GoldenOperators {
  /// What a file can hold; the names are those that cases begin with.
  enum Family: String, CaseIterable {
    case attention = "op_attention"
    case basics = "op_basic"
    case convolutions = "op_conv"
    case diagonalKernels = "op_diag_kernels"
    case initialization = "op_init"
    case losses = "op_losses"
    case optimizer = "op_optim"
    case positions = "op_positions"
    case s4Kernels = "op_s4_kernel"
    case masks = "data_masks"
    case pixels = "data_pixels"

    /// The family of a case: that with the longest name that the case's begins with, or else the first
    /// one of which the file has a telling tensor.
    init?(case name: String, tensors: some Sequence<String>) {
      let named = Self.allCases.filter { name.hasPrefix($0.rawValue) }
        .max { $0.rawValue.count < $1.rawValue.count }
      let names = Set(tensors)
      let parts = Set(names.map { $0.split(separator: ".").last.map(String.init) ?? $0 })
      let told = Self.allCases.first {
        !$0.signs.isDisjoint(with: names) || !$0.partSigns.isDisjoint(with: parts)
      }
      guard let family = named ?? told else { return nil }
      self = family
    }

    /// Tensors that only this family has.
    private var signs: Set<String> {
      switch self {
      case .basics:
        [
          "gelu.x", "relu.x", "silu.x", "relu2.x", "laplace.x", "glu.x", "softmax.x", "linear.x",
          "layernorm.x", "batchnorm.x", "dropout_tied.x", "dropout_free.x",
        ]
      case .optimizer: ["schedule.constant_warmup", "schedule.cosine_warmup"]
      case .positions: ["sinusoid.table", "rope.x"]
      case .pixels: ["rgb"]
      default: []
      }
    }

    /// What stands behind the last dot in a name that only this family has.
    private var partSigns: Set<String> {
      switch self {
      case .attention: ["q"]
      case .convolutions: ["u"]
      case .diagonalKernels: ["delta", "sqrt_neg_re", "dlam", "dw"]
      case .initialization: ["conjP_B", "A"]
      case .losses: ["dlogits", "dout"]
      case .s4Kernels: ["ct"]
      case .masks: ["uniform"]
      case .basics, .optimizer, .positions, .pixels: []
      }
    }
  }

  let name: String
  let record: GoldenRecord

  /// Compares what the file holds.
  func check() throws {
    guard let family = Family(case: name, tensors: record.file.tensors.keys) else {
      let names = Family.allCases.map(\.rawValue).joined(separator: ", ")
      throw record.error(
        "no check is known for the case '\(name)', expected a name that begins with one of \(names)"
      )
    }
    record.judgesGradientsByGroup = true
    switch family {
    case .attention: try GoldenAttention(record: record).check()
    case .basics: try GoldenBasics(record: record).check()
    case .convolutions: try GoldenConvolutions(record: record).check()
    case .diagonalKernels: try GoldenKernels(record: record).checkDiagonal()
    case .initialization: try GoldenInitialization(record: record).check()
    case .losses: try GoldenLosses(record: record).check()
    case .optimizer: try GoldenOptimizer(record: record).check()
    case .positions: try GoldenPositions(record: record).check()
    case .s4Kernels: try GoldenKernels(record: record).checkS4()
    case .masks: try GoldenPreparation(record: record).checkMasks()
    case .pixels: try GoldenPreparation(record: record).checkPixels()
    }
  }
}

extension GoldenRecord {
  /// An error about this file.
  func error(_ reason: String) -> GoldenError { GoldenError(file.path, reason) }
}
