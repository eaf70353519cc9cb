internal import Trainer

/// The ranks of an MPI program.
final class MPIRanks: RankGroup {
  let rank: Int
  let size: Int
  /// The ranks on this machine.
  let localSize: Int
  private let library: MPILibrary

  /// Joins the other processes.
  ///
  /// - Parameter launch: what the launcher said, if it said anything.
  /// - Throws: ``RunError`` when MPI's library is missing or is another than the launcher's.
  init(_ launch: Launch?) throws {
    library = try MPILibrary()
    var (rank, size, localSize): (Int32, Int32, Int32) = (0, 1, 1)
    guard library.start(&rank, &size, &localSize) != 0 else {
      throw RunError("MPI", "it cannot be started with calls from one thread")
    }
    (self.rank, self.size, self.localSize) = (Int(rank), Int(size), Int(localSize))
    if let launch, launch.size != self.size || launch.rank != self.rank {
      library.finish()
      throw RunError(
        "MPI",
        "\(launch.launcher) made this process rank \(launch.rank) of \(launch.size), but MPI takes it "
          + "for rank \(rank) of \(size)",
        hint: launch.launcher == "srun"
          ? "start with 'srun --mpi=pmix' or 'srun --mpi=pmi2', or with the mpirun of that MPI"
          : "build 'make mpi' with the MPI that \(launch.launcher) belongs to"
      )
    }
  }

  func allReduce(_ values: UnsafeMutableBufferPointer<Float>) {
    library.sumFloats(values.baseAddress, values.count)
  }

  func allReduce(_ values: UnsafeMutableBufferPointer<Double>) {
    library.sumDoubles(values.baseAddress, values.count)
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
    library.broadcast(bytes.baseAddress, bytes.count, Int32(root))
  }

  /// Waits for the other ranks and leaves them.
  func finish() { library.finish() }

  /// Ends all ranks.
  func abort() { library.abort(1) }
}
