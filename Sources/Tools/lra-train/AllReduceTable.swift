internal import Trainer

/// Times sums over ranks of several sizes; what docs/scaling.md computes with.
struct AllReduceTable {
  /// What --json prints; seconds.
  private struct Result: Encodable {
    var event = "allreduce"
    var ranks: Int
    var values: Int
    var time: Timing
  }

  private let output: OutputOptions

  init(_ output: OutputOptions) { self.output = output }

  /// Prints a line for each size, on the first rank.
  func run(_ group: any RankGroup) throws {
    if !output.json, group.isFirst {
      print("\(group.size) ranks")
      print(padded("values", 12) + padded("time, ms (min - max)", 32) + "GB/s of values")
    }
    for values in [1, 1_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000] {
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: values)
      defer { buffer.deallocate() }
      buffer.initialize(repeating: 0)
      let time = Timing.measure(seconds: 0, count: 51) { group.allReduce(buffer) }
      if group.isFirst { try show(Result(ranks: group.size, values: values, time: time)) }
    }
  }

  private func show(_ result: Result) throws {
    if output.json { return try printJSON(result) }
    let rate = Double(4 * result.values) / result.time.median / 1e9
    print(
      padded("\(result.values)", 12) + padded(result.time.scaled(by: 1e3).text, 32) + fixed(rate, 3)
    )
  }
}
