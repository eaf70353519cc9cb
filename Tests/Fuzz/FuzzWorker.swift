import DataKit
import Foundation
import ToolSupport

/// Runs cases of one target in this process, which may end with any of them.
struct FuzzWorker {
  let target: FuzzTarget
  let seed: UInt64
  private let seeds: [FuzzSeed]
  private let folder: String

  /// - Parameters:
  ///   - target: what is tried.
  ///   - seed: of all random choices.
  ///   - folder: an existing folder for files.
  /// - Throws: what making the seeds throws.
  init(target: FuzzTarget, seed: UInt64, folder: String) throws {
    self.target = target
    self.seed = seed
    self.folder = folder + "/case"
    try Self.makeFolder(folder + "/seeds")
    seeds = try target.seeds(folder + "/seeds")
  }

  private static func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// The input of a case, and the stream of random numbers for what is left to choose.
  func input(of number: Int) -> FuzzInput {
    let letters = target.name.utf8.reduce(UInt32(0)) { ($0 &* 31) &+ UInt32($1) }
    var mutator = Mutator(
      random: PhiloxStream(
        Philox(seed: seed, purpose: .init(rawValue: 0x4655_5A5A)),  // FUZZ
        UInt32(truncatingIfNeeded: number),
        letters
      )
    )
    let seed = mutator.pick(seeds)
    let bytes = mutator.input(from: seed, with: mutator.pick(seeds))
    return FuzzInput(bytes: bytes, folder: folder, random: mutator.random)
  }

  /// Runs the cases in order; what breaks a property is written to standard error.
  ///
  /// - Parameters:
  ///   - cases: the numbers of the cases.
  ///   - board: where the case at work and the counts are kept.
  ///   - memory: the most bytes that this process may ever have used, or nil.
  ///   - refused: called with why an input was refused.
  /// - Throws: what making the case's folder throws.
  func run(
    _ cases: Range<Int>,
    board: CaseBoard,
    memory: Int?,
    refused: (any Error) -> Void = { _ in }
  ) throws {
    for number in cases {
      board.current = number
      try Self.makeFolder(folder)
      do {
        try target.run(input(of: number))
        board.accepted += 1
      } catch let violation as PropertyViolation {
        board.violations += 1
        report(number, violation.reason)
      } catch {
        board.refused += 1
        refused(error)
        if let reason = Self.fault(of: "\(error)") {
          board.violations += 1
          report(number, "\(reason): \(String(reflecting: "\(error)".prefix(400)))")
        }
      }
      try FileManager.default.removeItem(atPath: folder)
      if let memory, Self.peakMemory > memory {
        board.violations += 1
        report(number, "over \(memory >> 20) MiB of memory were used")
        return
      }
    }
  }

  private func report(_ number: Int, _ reason: String) {
    writeToStandardError("violation: \(target.name) case \(number) seed \(seed): \(reason)\n")
  }

  /// What is wrong with a message for people; it may have a second line with a hint.
  private static func fault(of message: String) -> String? {
    if message.isEmpty { return "the message is empty" }
    if message.utf8.count > 2000 { return "the message is long" }
    if message.split(separator: "\n").count > 2 { return "the message has many lines" }
    let isPlain = message.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 }
    return isPlain ? nil : "the message holds control characters"
  }

  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss << 10
  }
}
