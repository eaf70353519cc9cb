import Foundation
import Synchronization
import ToolSupport

/// Runs cases of several targets in processes of their own, and watches those.
final class FuzzRun: Sendable {
  struct Options: Sendable {
    var seed: UInt64
    var cases: Int
    var jobs: Int
    /// The most mebibytes a worker may use; 0 is no limit.
    var memory: Int
    /// The most seconds a case may take.
    var caseSeconds: Double
  }

  /// What came of a target.
  struct Tally: Sendable {
    var cases = 0
    var accepted = 0
    var refused = 0
    var violations = 0
    var crashes = 0
    var hangs = 0
    var isSound: Bool { violations + crashes + hangs == 0 }
  }

  /// Cases that one worker runs.
  private static let batch = 2000
  /// A target is given up after so many crashes, hangs and violations.
  private static let patience = 20

  private let options: Options
  private let program: String
  private let folder: String
  private let tallies: Mutex<[String: Tally]>

  init(_ options: Options, program: String, folder: String) {
    self.options = options
    self.program = program
    self.folder = folder
    tallies = Mutex([:])
  }

  /// Runs all cases.
  ///
  /// - Returns: the tally of each target.
  func run(_ targets: [FuzzTarget]) -> [String: Tally] {
    let weight = targets.reduce(0) { $0 + $1.weight }
    var batches: [(target: FuzzTarget, cases: Range<Int>)] = []
    for target in targets {
      let count = (options.cases * target.weight + weight - 1) / weight
      for first in stride(from: 0, to: count, by: Self.batch) {
        batches.append((target, first..<min(count, first + Self.batch)))
      }
    }
    let work = batches
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: options.jobs) { job in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < work.count else { return }
        runAll(work[index].cases, of: work[index].target, folder: "\(folder)/\(job)")
      }
    }
    return tallies.withLock { $0 }
  }

  private func runAll(_ cases: Range<Int>, of target: FuzzTarget, folder: String) {
    var first = cases.lowerBound
    while first < cases.upperBound {
      let tally = tallies.withLock { $0[target.name] ?? Tally() }
      guard tally.crashes + tally.hangs + tally.violations < Self.patience else { return }
      let end = Worker(self, target, first..<cases.upperBound, folder).run()
      tallies.withLock { $0[target.name, default: Tally()].add(end.tally) }
      first = end.next
    }
  }

  /// One worker process.
  private struct Worker {
    let owner: FuzzRun
    let target: FuzzTarget
    let cases: Range<Int>
    let folder: String

    init(_ owner: FuzzRun, _ target: FuzzTarget, _ cases: Range<Int>, _ folder: String) {
      self.owner = owner
      self.target = target
      self.cases = cases
      self.folder = folder
    }

    /// Runs the cases until the last or until one ends the process.
    ///
    /// - Returns: what came of them, and the case to go on with.
    func run() -> (tally: Tally, next: Int) {
      var tally = Tally()
      try? FileManager.default.removeItem(atPath: folder)
      try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let boardPath = folder + "/board"
      guard let board = CaseBoard(path: boardPath), let process = start(board: boardPath) else {
        writeToStandardError("error: a worker cannot be started in \(folder)\n")
        tally.crashes = FuzzRun.patience
        return (tally, cases.upperBound)
      }
      board.current = cases.lowerBound
      let hung = watch(process, board)
      tally.accepted = board.accepted
      tally.refused = board.refused
      tally.violations = board.violations
      let isWhole = process.terminationStatus == 0 && process.terminationReason == .exit
      tally.cases = board.current - cases.lowerBound + 1
      guard hung || !isWhole else { return (tally, board.current + 1) }
      let place = "\(target.name) case \(board.current) seed \(owner.options.seed)"
      if hung {
        tally.hangs = 1
        writeToStandardError("hang: \(place): over \(owner.options.caseSeconds) s\n")
      } else {
        tally.crashes = 1
        writeToStandardError("crash: \(place): status \(process.terminationStatus)\n")
      }
      return (tally, board.current + 1)
    }

    private func start(board: String) -> Process? {
      let process = Process()
      process.executableURL = URL(filePath: owner.program)
      process.arguments = [
        "worker", target.name, "--first", "\(cases.lowerBound)", "--end", "\(cases.upperBound)",
        "--seed", "\(owner.options.seed)", "--memory", "\(owner.options.memory)", "--folder",
        folder,
      ]
      var environment = ProcessInfo.processInfo.environment
      environment["SWIFT_BACKTRACE"] = "enable=no"
      process.environment = environment
      process.standardOutput = FileHandle.nullDevice
      do {
        try process.run()
        return process
      } catch { return nil }
    }

    /// Waits for the worker's end, and ends it when a case takes too long.
    private func watch(_ process: Process, _ board: CaseBoard) -> Bool {
      var (seen, since) = (board.current, Date())
      while process.isRunning {
        Thread.sleep(forTimeInterval: 0.02)
        if board.current != seen { (seen, since) = (board.current, Date()) }
        if Date().timeIntervalSince(since) > owner.options.caseSeconds {
          kill(process.processIdentifier, SIGKILL)
          process.waitUntilExit()
          return true
        }
      }
      process.waitUntilExit()
      return false
    }
  }
}

extension FuzzRun.Tally {
  mutating func add(_ other: Self) {
    cases += other.cases
    accepted += other.accepted
    refused += other.refused
    violations += other.violations
    crashes += other.crashes
    hangs += other.hangs
  }
}
