internal import Glibc

/// The operating system refused something asked of a file.
public struct FileError: Error, CustomStringConvertible, Sendable {
  /// The file's path.
  public let path: String
  /// What was tried, as a verb: "open", "write".
  public let action: String
  /// The `errno` value.
  public let code: Int32

  /// An error for `action` on `path` with the `errno` value `code`.
  public init(path: String, action: String, code: Int32) {
    self.path = path
    self.action = action
    self.code = code
  }

  /// One sentence: path, action, the system's reason.
  public var description: String {
    "\(printable(path)): cannot \(action) the file: \(String(cString: strerror(code)))"
  }
}
