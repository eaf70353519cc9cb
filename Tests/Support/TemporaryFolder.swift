internal import Foundation

/// A new empty folder that is removed, with all it holds, when the object goes.
public final class TemporaryFolder {
  /// The folder's path.
  public let path: String

  /// Makes a folder under `parent`, or under the system's temporary folder.
  public init(under parent: String? = nil) {
    let above = parent.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory
    let url = above.appending(path: "lra-test-\(UUID())")
    path = url.path
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a name inside the folder.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Removes a file or folder inside.
  public func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: file(name))
  }
}
