internal import DataKit

/// A file of operators or of steps of data preparation, whose tensors come in groups `tag.name`.
struct GoldenOperators {
  let name: String
  let record: GoldenRecord

  /// Compares what the file holds.
  func check() throws {
    switch name {
    case "op_attention": try GoldenAttention(record: record).check()
    case "op_basic": try GoldenBasics(record: record).check()
    case "op_conv": try GoldenConvolutions(record: record).check()
    case "op_diag_kernels": try GoldenKernels(record: record).checkDiagonal()
    case "op_init": try GoldenKernels(record: record).checkInitialization()
    case "op_losses": try GoldenLosses(record: record).check()
    case "op_optim": try GoldenOptimizer(record: record).check()
    case "op_positions": try GoldenPositions(record: record).check()
    case "op_s4_kernel": try GoldenKernels(record: record).checkS4()
    case "data_masks": try GoldenPreparation(record: record).checkMasks()
    case "data_pixels": try GoldenPreparation(record: record).checkPixels()
    default: throw GoldenError(record.file.path, "no check is known for the case '\(name)'")
    }
  }
}

extension GoldenRecord {
  /// An error about this file.
  func error(_ reason: String) -> GoldenError { GoldenError(file.path, reason) }
}
