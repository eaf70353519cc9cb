internal import Foundation

/// A new empty folder that is removed, with all it holds, when the object goes.
public final class TemporaryFolder {
  /// The folder's path.
  public let path: String

  /// Makes a folder under the system's temporary folder.
  public init() {
    let url = FileManager.default.temporaryDirectory.appending(path: "lra-test-\(UUID())")
    path = url.path
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a name inside the folder.
  public func file(_ name: String) -> String { path + "/" + name }
}
