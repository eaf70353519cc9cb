internal import DataKit
internal import FoundationEssentials

/// The folder of a study and the names in it.
///
/// The run list is one file a run, in the folder of its state under `queue`. A run changes its state by
/// an atomic rename, so that any number of workers, on any machines that share the folder, can take runs
/// from it at the same time.
public struct StudyFolder: Sendable, Equatable {
  /// The states of a run, each a folder under `queue`.
  public enum State: String, Codable, Sendable, CaseIterable {
    case waiting, running, finished, failed
  }

  /// The folder's path.
  public let path: String

  /// The folder at `path`, which need not exist.
  public init(_ path: String) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// The study with its scale.
  public var study: String { path + "/study.json" }
  /// How the study was started, and on what data: ``StudyOrigin``.
  public var origin: String { path + "/origin.json" }
  /// ``StudyResult``.
  public var results: String { path + "/results.json" }
  /// The lock for whatever changes more than one file.
  var lock: String { path + "/study.lock" }

  /// Whether there is a study in the folder.
  public var holdsStudy: Bool { FileManager.default.fileExists(atPath: study) }

  /// The folder of a run.
  public func run(_ name: String) -> RunFolder { RunFolder(path + "/runs/" + name) }

  /// The folder of the run-list files in a state.
  func queue(_ state: State) -> String { path + "/queue/" + state.rawValue }

  /// Reads the study.
  ///
  /// - Throws: ``RunError`` when there is none or it is damaged.
  public func readStudy() throws -> Study {
    guard let json = try? readFile(study) else {
      throw RunError(path, "not a study: there is no readable study.json")
    }
    return try Study(decoding: json, from: study)
  }

  /// Reads how the study was started.
  ///
  /// - Throws: ``RunError`` when that is not there or damaged.
  public func readOrigin() throws -> StudyOrigin {
    do {
      return try JSON.decode(StudyOrigin.self, from: readFile(origin))
    } catch {
      throw RunError(origin, "not readable: \(JSON.explanation(of: error))")
    }
  }

  /// Reads the results that were written last.
  ///
  /// - Throws: ``RunError`` when there are none or they are damaged.
  public func readResults() throws -> StudyResult {
    do {
      return try JSON.decode(StudyResult.self, from: readFile(results))
    } catch {
      throw RunError(results, "not readable: \(JSON.explanation(of: error))")
    }
  }

  /// The names of the run-list files in a state, in the order of the study.
  func files(_ state: State) throws -> [String] {
    let folder = queue(state)
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { $0.hasSuffix(".json") }.sorted()
    } catch {
      throw RunError(folder, "cannot be listed")
    }
  }

  /// Every run that is in one of these states, in the order of the study.
  ///
  /// - Throws: ``RunError`` when a file is damaged.
  public func runs(_ states: State...) throws -> [StudyRun] {
    let entries = try states.flatMap { state in
      try files(state).map { (name: $0, path: queue(state) + "/" + $0) }
    }
    return try entries.sorted { $0.name < $1.name }.compactMap { try Self.readRun($0.path) }
  }

  /// How many runs are in a state.
  public func count(_ state: State) throws -> Int { try files(state).count }

  /// A run of the list, or nil when its file has just changed its state.
  static func readRun(_ path: String) throws -> StudyRun? {
    guard let json = try? readFile(path) else { return nil }
    do {
      return try JSON.decode(StudyRun.self, from: json)
    } catch {
      throw RunError(path, "not a run of a study: \(JSON.explanation(of: error))")
    }
  }

  /// Does something while no other process changes the study.
  func locked<Result>(_ body: () throws -> Result) throws -> Result {
    let lock = try FileLock(lock, creating: true, waiting: true)
    defer { withExtendedLifetime(lock) {} }
    return try body()
  }
}

/// How a study was started, `origin.json`.
public struct StudyOrigin: Codable, Sendable, Equatable {
  /// The command that repeats the study.
  public var command: String
  /// The version of the program.
  public var version: String
  /// The data set of each task: folder as given, whole path, digest.
  public var data: [String: Data]

  /// A task's data set.
  public struct Data: Codable, Sendable, Equatable {
    /// The folder as it was given.
    public var folder: String
    /// The folder's whole path, by which workers find it.
    public var path: String
    /// The data set's digest; runs refuse another one.
    public var digest: String
  }
}
