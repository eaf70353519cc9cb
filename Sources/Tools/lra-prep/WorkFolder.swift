internal import DataKit
internal import Foundation

/// A folder for what a build into a stream has under way, in TMPDIR or /tmp.
///
/// It goes with the process: also when the build fails, and at the next start of the system at the
/// latest when the process is killed.
final class WorkFolder {
  let path: String

  init() throws {
    var name = Array((NSTemporaryDirectory() + "/lra-prep-XXXXXX").utf8CString)
    guard mkdtemp(&name) != nil else {
      throw FileError(path: NSTemporaryDirectory(), action: "make a folder in", code: errno)
    }
    let end = name.firstIndex(of: 0) ?? name.endIndex
    path = String(decoding: name[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { remove() }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}
