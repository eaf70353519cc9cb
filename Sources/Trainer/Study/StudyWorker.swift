internal import DataKit
internal import Glibc

/// Carries out the runs of a study, one after the other, beside any number of other workers.
public struct StudyWorker {
  /// What a worker tells.
  public enum Event {
    /// A run begins or goes on: its number among those that have ended, and the number of all.
    case begins(StudyRun, number: Int, count: Int)
    /// An event of the run's training.
    case training(TrainingRun, TrainingRun.Event)
    /// A run has ended well.
    case finished(StudyRun)
    /// A run has failed for good.
    case failed(StudyRun, reason: String)
    /// Every open run depends on one that another worker has.
    case waits
  }

  /// How a worker ended.
  public enum Outcome: Sendable {
    /// There is nothing left to take.
    case done
    /// `shouldStop` said so; the run it worked on can be taken up.
    case interrupted
  }

  private let folder: StudyFolder
  private let pool: WorkerPool
  private let recomputes: Bool

  /// A worker on the study in a folder.
  public init(_ folder: StudyFolder, recomputing: Bool = false, pool: WorkerPool) {
    (self.folder, recomputes, self.pool) = (folder, recomputing, pool)
  }

  /// Takes runs until none is left.
  ///
  /// - Parameters:
  ///   - limit: the most runs to take; all when nil. With a limit the worker does not wait for runs that
  ///     others are working on, unless a waiting one depends on them.
  ///   - shouldStop: asked between steps.
  ///   - observer: told what happens.
  /// - Returns: why it stopped.
  /// - Throws: what a folder throws that cannot be read or written; a run that fails does not.
  public func work(
    limit: Int? = nil,
    shouldStop: () -> Bool = { false },
    observer: (Event) -> Void = { _ in }
  ) throws -> Outcome {
    var (taken, waits) = (0, false)
    while taken < limit ?? .max {
      if shouldStop() { return .interrupted }
      switch try StudyClaim.next(in: folder) {
      case .nothing: return .done
      case .later:
        if limit != nil, try folder.count(.waiting) == 0 { return .done }
        if !waits { observer(.waits) }
        waits = true
        usleep(500_000)
      case .run(let claim):
        (taken, waits) = (taken + 1, false)
        guard try carryOut(claim, shouldStop, observer) else { return .interrupted }
        try folder.writeResults()
      }
    }
    return .done
  }

  /// Trains, tests and files a run; false when it was interrupted.
  private func carryOut(
    _ claim: StudyClaim,
    _ shouldStop: () -> Bool,
    _ observer: (Event) -> Void
  ) throws -> Bool {
    let ended = try folder.count(.finished) + folder.count(.failed)
    let open = try folder.count(.waiting) + folder.count(.running)
    observer(.begins(claim.run, number: ended + 1, count: ended + open))
    do {
      guard try StudyRunner(folder, recomputes, pool).run(claim.run, shouldStop, observer) else {
        try claim.giveBack()
        return false
      }
    } catch let error where error is DivergenceError || error is StudyFailure {
      try claim.fail("\(error)")
      observer(.failed(claim.run, reason: "\(error)"))
      return true
    } catch {
      // Whatever else is wrong, a full disk or missing data, may be mended: the run stays open.
      try claim.giveBack()
      throw error
    }
    try claim.finish()
    observer(.finished(claim.run))
    return true
  }
}

/// A run that cannot be carried out because of what others ended with.
struct StudyFailure: Error, CustomStringConvertible {
  let description: String
}
