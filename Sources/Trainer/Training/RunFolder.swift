internal import DataKit
internal import Glibc

/// The folder of a run and the names in it.
public struct RunFolder: Sendable, Equatable {
  /// The folder's path.
  public let path: String

  /// The folder at `path`, which need not exist.
  public init(_ path: String) { self.path = path }

  /// The resolved configuration.
  public var configuration: String { path + "/config.json" }
  /// One JSON object a line.
  public var metrics: String { path + "/metrics.jsonl" }
  /// The checkpoint that a run goes on from.
  public var last: String { path + "/last.safetensors" }
  /// The weights with the best validation.
  public var best: String { path + "/best.safetensors" }
  /// How the run ended.
  public var summary: String { path + "/summary.json" }

  /// Whether there is a run in the folder.
  public var holdsRun: Bool { exists(configuration) }

  /// Whether there is a checkpoint to go on from.
  public var holdsCheckpoint: Bool { exists(last) }

  private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Refuses a folder that holds a run.
  ///
  /// - Throws: ``RunError``.
  public func checkVacant() throws {
    guard holdsRun else { return }
    throw RunError(
      path,
      "there is a run in it already",
      hint: "go on with it by --resume, replace it by --force, or name another with --run"
    )
  }

  /// Whether a file lies in the folder, by whatever path either is named.
  public func holds(_ file: String) -> Bool {
    guard let mine = Self.resolved(path) else { return false }
    let parent = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let places = [file, parent.isEmpty ? "." : parent.joined(separator: "/") + "/."]
    return places.contains { Self.resolved($0).map { ($0 + "/").hasPrefix(mine + "/") } ?? false }
  }

  /// The path without symbolic links; nil when there is nothing.
  private static func resolved(_ path: String) -> String? {
    guard let result = realpath(path, nil) else { return nil }
    defer { free(result) }
    return String(cString: result)
  }

  /// Creates the folder with its parents; `replacing` removes the files of an older run.
  ///
  /// - Throws: ``RunError`` when a run is there and not to be replaced, ``FileError`` when the
  ///   system refuses.
  public func create(replacing: Bool) throws {
    if !replacing { try checkVacant() }
    var partial = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      partial += "/" + part
      guard mkdir(partial, 0o755) == 0 || errno == EEXIST else {
        throw FileError(path: path, action: "create", code: errno)
      }
    }
    try removeRun()
  }

  /// Removes a run's summary, which must not outlive the state that it tells of.
  func removeSummary() throws {
    guard unlink(summary) == 0 || errno == ENOENT else {
      throw FileError(path: summary, action: "remove", code: errno)
    }
  }

  /// Removes the files of a run, its configuration last: as long as that is there, what is left
  /// of a run interrupted here is known as one.
  private func removeRun() throws {
    guard let folder = opendir(path) else {
      throw FileError(path: path, action: "open", code: errno)
    }
    defer { closedir(folder) }
    let known = [
      "metrics.jsonl", "summary.json", "last.safetensors", "best.safetensors",
      "last.safetensors.partial", "best.safetensors.partial",
    ]
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard known.contains(name) || name.hasPrefix("events.out.tfevents.") else { continue }
      guard unlink(path + "/" + name) == 0 else {
        throw FileError(path: path + "/" + name, action: "remove", code: errno)
      }
    }
    guard unlink(configuration) == 0 || errno == ENOENT else {
      throw FileError(path: configuration, action: "remove", code: errno)
    }
  }

  /// Reads the run's configuration.
  ///
  /// - Throws: ``RunError`` when there is no run or its configuration is damaged.
  public func readConfiguration() throws -> RunConfiguration {
    guard let json = try? readFile(configuration) else {
      throw RunError(path, "not a run: there is no readable config.json")
    }
    return try RunConfiguration(decoding: json, from: configuration)
  }

  /// The checkpoint to judge or to start from: the best weights, else the last.
  ///
  /// - Parameter place: a run's folder or a checkpoint file.
  /// - Returns: the checkpoint's path.
  /// - Throws: ``RunError`` when there is no checkpoint.
  public static func checkpointPath(at place: String) throws -> String {
    if place.hasSuffix(".safetensors") { return place }
    let folder = RunFolder(place)
    for path in [folder.best, folder.last] where folder.exists(path) { return path }
    guard folder.holdsRun else {
      throw RunError(place, "neither a run nor a checkpoint: there is no config.json in it")
    }
    throw RunError(place, "the run has no checkpoint yet")
  }
}

/// The bytes of a small file.
///
/// - Throws: ``FileError`` when it cannot be read.
public func readFile(_ path: String) throws -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw FileError(path: path, action: "read", code: errno) }
    if count == 0 { return bytes }
    bytes += buffer[..<count]
  }
}

/// A file that grows by whole pieces.
final class AppendedFile {
  private let path: String
  private let descriptor: Int32

  init(path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(path: path, action: "open", code: errno) }
    self.path = path
  }

  deinit { close(descriptor) }

  func append(_ bytes: [UInt8]) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError(path: path, action: "write", code: errno) }
      written += count
    }
  }
}
