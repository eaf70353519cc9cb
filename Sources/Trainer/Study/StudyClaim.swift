internal import DataKit
internal import Glibc

/// A run that this process has taken from the list: no other process takes it while this value lives.
///
/// The file of the run is locked before it is renamed, so that a process that ends in any way leaves a
/// running run that nobody holds, which the next worker takes up.
final class StudyClaim {
  let run: StudyRun
  private let folder: StudyFolder
  private let file: String
  private let lock: FileLock

  private init(_ run: StudyRun, _ folder: StudyFolder, _ file: String, _ lock: FileLock) {
    (self.run, self.folder, self.file, self.lock) = (run, folder, file, lock)
  }

  /// What the list has for a worker.
  enum Offer {
    case run(StudyClaim)
    /// Nothing yet: runs that others depend on are being worked on.
    case later
    /// Every run has ended.
    case nothing
  }

  /// Takes the first run whose dependencies have ended, one that another process left before any that
  /// waits.
  static func next(in folder: StudyFolder) throws -> Offer {
    // In this order: a run that another worker takes meanwhile is then in one list or in both.
    let waiting = try folder.files(.waiting)
    let running = try folder.files(.running)
    let open = running.map { (StudyFolder.State.running, $0) } + waiting.map { (.waiting, $0) }
    guard !open.isEmpty else { return .nothing }
    let ended = Set(try folder.runs(.finished, .failed).map(\.name))
    for (state, file) in open {
      let path = folder.queue(state) + "/" + file
      guard let run = try StudyFolder.readRun(path), ended.isSuperset(of: run.dependencies),
        let lock = try FileLock(path)
      else { continue }
      let claim = StudyClaim(run, folder, file, lock)
      if state == .waiting { try claim.move(from: .waiting, to: .running) }
      return .run(claim)
    }
    return .later
  }

  /// Gives the run back: another worker goes on with it.
  func giveBack() throws { try move(from: .running, to: .waiting) }

  /// Says that the run has its result.
  func finish() throws { try move(from: .running, to: .finished) }

  /// Says that the run cannot have a result.
  func fail(_ reason: String) throws {
    var failed = run
    failed.failure = reason
    let path = folder.queue(.failed) + "/" + file
    try AtomicFile.write(JSON.encode(failed, pretty: true) + [10], to: path)
    unlink(folder.queue(.running) + "/" + file)
  }

  private func move(from: StudyFolder.State, to: StudyFolder.State) throws {
    let path = folder.queue(to) + "/" + file
    guard rename(folder.queue(from) + "/" + file, path) == 0 else {
      throw FileError(path: path, action: "create", code: errno)
    }
  }
}
