internal import Foundation
internal import Trainer

/// Times kernels one by one and prints how near they come to the two ceilings.
struct KernelTable {
  private let seconds: Double
  private let steps: Int?
  private let output: OutputOptions

  init(seconds: Double, steps: Int?, _ output: OutputOptions) {
    (self.seconds, self.steps, self.output) = (seconds, steps, output)
  }

  /// What --json prints of a kernel; rates by the second.
  private struct Result: Encodable {
    var event = "kernel"
    var name: String
    var threads: Int
    var time: Timing
    var operationsPerSecond: Double
    var bytesPerSecond: Double
    /// Shares of what products and memory reach alone.
    var operationsShare: Double
    var bytesShare: Double
    var error: Double
  }

  /// Operations a second.
  static func rate(of kernel: KernelBenchmark, seconds: Double) -> Double {
    kernel.operations / Timing.measure(seconds: seconds, count: nil, kernel.run).median
  }

  func run(_ pool: WorkerPool) throws {
    var (operationsCeiling, bytesCeiling) = (0.0, 0.0)
    if !output.json {
      print(
        padded("kernel", 62) + padded("ms (min - max)", 28) + padded("GFLOP/s", 9)
          + padded("share", 7) + padded("GB/s", 7) + padded("share", 7) + "error"
      )
    }
    for kernel in KernelBenchmark.all(pool) {
      let kernel = kernel()
      kernel.run()
      let error = kernel.error()
      guard error < KernelBenchmark.tolerance else {
        throw RunError(kernel.name, "the result is off by \(error) of its size")
      }
      let time = Timing.measure(seconds: seconds, count: steps, kernel.run)
      let rates = (kernel.operations / time.median, kernel.bytes / time.median)
      operationsCeiling = max(operationsCeiling, kernel.isCeiling ? rates.0 : 0)
      bytesCeiling = max(bytesCeiling, kernel.isCeiling && kernel.operations == 0 ? rates.1 : 0)
      try show(
        Result(
          name: kernel.name,
          threads: pool.threads,
          time: time,
          operationsPerSecond: rates.0,
          bytesPerSecond: rates.1,
          operationsShare: rates.0 / operationsCeiling,
          bytesShare: bytesCeiling > 0 ? rates.1 / bytesCeiling : 0,
          error: error
        )
      )
    }
  }

  private func show(_ result: Result) throws {
    guard !output.json else { return try printJSON(result) }
    func rate(_ value: Double, share: Double) -> String {
      value > 0
        ? padded(fixed(value / 1e9, 1), 9) + padded(fixed(100 * share, 0) + " %", 7)
        : padded("-", 16)
    }
    print(
      padded(result.name, 62) + padded(result.time.scaled(by: 1000).text, 28)
        + rate(result.operationsPerSecond, share: result.operationsShare)
        + padded(fixed(result.bytesPerSecond / 1e9, 1), 7)
        + padded(fixed(100 * result.bytesShare, 0) + " %", 7)
        + String(format: "%.1e", result.error)
    )
  }
}
