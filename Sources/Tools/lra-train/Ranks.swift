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
      group.finish()
      guard group.isFirst || error is ExitCode else { throw ExitCode.failure }
      throw (error as? RankError)?.cause ?? error
    } catch {
      writeToStandardError("error: rank \(group.rank): \(error)\n")
      group.abort()
    }
    group.finish()
  }

  /// The processes to work with, or nil.
  private func join() throws -> MPIRanks? {
    let launch = Launch(ProcessInfo.processInfo.environment)
    guard mpi == .on || mpi == .auto && launch.map({ $0.size > 1 }) ?? false else { return nil }
    do {
      return try MPIRanks(launch)
    } catch {
      // All processes of a machine meet the same fault; one of them tells it.
      guard let launch, launch.localRank > 0 else { throw error }
      throw ExitCode.failure
    }
  }
}
