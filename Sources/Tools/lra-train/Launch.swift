/// What a launcher tells the processes that it starts.
struct Launch: Equatable {
  /// The launcher, as users call it.
  var launcher: String
  /// This process, from 0.
  var rank: Int
  /// All processes.
  var size: Int
  /// This process among those of its machine.
  var localRank: Int

  /// The launch that an environment tells of, or nil without one.
  ///
  /// `mpirun` comes before Slurm: inside a Slurm job its processes also see variables that belong
  /// to the daemon which started them. The script of a Slurm job is no step and trains alone.
  init?(_ environment: [String: String]) {
    let launchers = [
      ("mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
      ("mpiexec", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"),
      ("srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"),
    ]
    for (launcher, rank, size, localRank) in launchers {
      guard let rank = environment[rank].flatMap({ Int($0) }),
        let size = environment[size].flatMap({ Int($0) })
      else { continue }
      (self.launcher, self.rank, self.size) = (launcher, rank, size)
      // srun with PMI sets the variables of mpiexec too.
      if launcher == "mpiexec", environment["SLURM_STEP_NUM_TASKS"] != nil {
        self.launcher = "srun"
      }
      self.localRank =
        environment[localRank].flatMap { Int($0) }
        ?? environment["SLURM_LOCALID"].flatMap { Int($0) } ?? 0
      return
    }
    return nil
  }
}
