internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport
internal import Trainer

/// The ranks of a command, seen from one of them.
struct Ranks {
  var group: any RankGroup = SingleRank()
  /// The ranks that share this machine.
  var onThisMachine = 1

  /// The cores that are this rank's to compute with.
  ///
  /// Launchers may bind each rank to cores of its own, all ranks of a machine to the same ones, or
  /// none of them; the smaller of both counts fits all of these.
  var cores: Int {
    let given = WorkerPool.availableCores
    guard group.size > 1 else { return given }
    let perTask = ProcessInfo.processInfo.environment["SLURM_CPUS_PER_TASK"].flatMap { Int($0) }
    return max(1, min(given, perTask ?? WorkerPool.runningCores / onThisMachine))
  }

  /// Tells how many ranks there are, and where a launcher left cores unused.
  func announce(_ pool: WorkerPool, _ output: OutputOptions) {
    guard group.size > 1 else { return }
    output.note(
      "\(group.size) ranks, \(onThisMachine) on this machine, \(pool.threads) "
        + "\(pool.threads == 1 ? "thread" : "threads") each"
    )
    let (given, share) = (WorkerPool.availableCores, WorkerPool.runningCores / onThisMachine)
    let isAsked = ProcessInfo.processInfo.environment["SLURM_CPUS_PER_TASK"] != nil
    guard given < share, !isAsked else { return }
    output.note(
      "note: this rank was given \(given) of the machine's \(WorkerPool.runningCores) cores, its share "
        + "is \(share)\nhint: 'mpirun --bind-to none' lets it use them; see docs/scaling.md"
    )
  }

  /// A digest of the program that runs.
  static func program() -> String {
    let bytes = (try? readFile("/proc/self/exe")) ?? []
    return bytes.withUnsafeBytes { SHA256Digester.digest($0) }
  }
}

/// Whether the processes of a launcher work together.
enum MPIUse: String, ExpressibleByArgument, CaseIterable {
  case auto
  case on
  case off
}

/// How processes work together.
struct RankOptions: ParsableArguments {
  @Option(
    help: """
      Whether the processes that mpirun or srun started work together over MPI: auto when there are \
      several, on always, off never.
      """
  )
  var mpi: MPIUse = .auto

  /// Runs a body as one of the launcher's ranks, or alone.
  ///
  /// What all ranks throw is told by the first of them; what one throws alone ends them all.
  func run(_ body: (Ranks) throws -> Void) throws {
    guard let group = try join() else { return try body(Ranks()) }
    do {
      try body(Ranks(group: group, onThisMachine: group.localSize))
    } catch  where error is RankError || error is DivergenceError || error is ExitCode {
      // A launcher may end all ranks when the first one exits, so that it has to be told before that.
      let code = group.isFirst ? tell(error) : error as? ExitCode ?? .failure
      group.finish()
      throw code
    } catch {
      writeToStandardError("error: rank \(group.rank): \(error)\n")
      group.abort()
    }
    group.finish()
  }

  /// Writes what all ranks throw, and what was printed before.
  private func tell(_ error: any Error) -> ExitCode {
    fflush(nil)
    let cause = (error as? RankError)?.cause ?? error
    if let code = cause as? ExitCode { return code }
    let code = Train.exitCode(for: cause)
    let isUsage = code != .failure
    writeToStandardError((isUsage ? Train.fullMessage(for: cause) : "error: \(cause)") + "\n")
    return code
  }

  /// The processes to work with, or nil.
  private func join() throws -> MPIRanks? {
    let launch = Launch(ProcessInfo.processInfo.environment)
    guard mpi == .on || mpi == .auto && launch.map({ $0.size > 1 }) ?? false else { return nil }
    Interrupts.install()
    do {
      return try MPIRanks(launch)
    } catch {
      guard let launch, launch.localRank > 0 else { throw error }
      // Mostly all processes of a machine meet the same fault, the first of them tells it, and the
      // launcher ends the others meanwhile.
      for _ in 0..<40 where !Interrupts.wasRequested { usleep(50_000) }
      if Interrupts.wasRequested { throw ExitCode.failure }
      throw LonelyError(rank: launch.rank, cause: error)
    }
  }
}

/// What a rank met before it could ask the others.
private struct LonelyError: Error, CustomStringConvertible {
  let rank: Int
  let cause: any Error

  var description: String { "rank \(rank): \(cause)" }
}
