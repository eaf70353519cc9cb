internal import ArgumentParser
internal import DataKit
internal import Foundation

extension BuildPart {
  /// The part that `--part` names: INDEX/COUNT, or `auto` for what the launcher says.
  ///
  /// - Throws: `ValidationError` when there is no such part.
  init(argument: String) throws {
    let text = argument == "auto" ? try Self.textOfEnvironment() : argument
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let index = numbers[0], let count = numbers[1],
      let part = BuildPart(index: index, count: count)
    else {
      throw ValidationError(
        "--part must be INDEX/COUNT with 0 <= INDEX < COUNT <= \(BuildPart.maximumCount), "
          + "not '\(text)'"
      )
    }
    self = part
  }

  /// The rank and the number of processes that a launcher gave this one.
  ///
  /// Open MPI first: inside a Slurm allocation its processes also see the rank of the daemon that
  /// started them.
  private static func textOfEnvironment() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    for (rank, size) in [
      ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("SLURM_PROCID", "SLURM_NTASKS"),
    ] {
      guard let index = environment[rank], let count = environment[size] else { continue }
      if count == "1", environment["SLURM_ARRAY_TASK_ID"] != nil { break }
      return "\(index)/\(count)"
    }
    throw ValidationError(
      environment["SLURM_ARRAY_TASK_ID"] != nil
        ? "--part auto: the processes of an array job are no shares of one build; "
          + "name the part, such as --part $SLURM_ARRAY_TASK_ID/4"
        : "--part auto: neither SLURM_PROCID and SLURM_NTASKS nor OMPI_COMM_WORLD_RANK and "
          + "OMPI_COMM_WORLD_SIZE are set; start with srun or mpirun, or name the part"
    )
  }
}
