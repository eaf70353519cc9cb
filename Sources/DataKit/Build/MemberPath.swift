/// Takes the paths of an archive's members apart.
///
/// An archive has millions of members in a few hundred folders, so folders are remembered.
struct MemberPaths {
  /// The parts of a path without `.`, or nil where `..` climbs.
  private typealias Folder = [Substring]?

  /// The most folders remembered at a time.
  static let limit = 4096

  /// By the folder, and with it once more: its hash and equality are those of canonical equivalence.
  private var folders: [Substring: (folder: Substring, parts: Folder)] = [:]
  private var names: [[Substring]: String] = [:]

  /// The parts of a member's path, without `.`; nil when `..` climbs or there is no name.
  mutating func parts(of path: String) -> [Substring]? {
    guard let (folder, name) = Self.split(path) else { return nil }
    if let known = folders[folder], known.folder.utf8.elementsEqual(folder.utf8) {
      return known.parts.map { $0 + [name] }
    }
    let parts = folder.split(separator: "/").filter { $0 != "." }
    let found = parts.contains("..") ? nil : parts
    if folders.count >= Self.limit { folders = [:] }
    folders[folder] = (folder, found)
    return found.map { $0 + [name] }
  }

  /// The folder of a path and the name in it; nil when there is no name.
  static func split(_ path: String) -> (folder: Substring, name: Substring)? {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let name = slash.map { path[path.utf8.index(after: $0)...] } ?? path[...]
    guard !name.isEmpty, name != "..", name != "." else { return nil }
    return (slash.map { path[..<$0] } ?? "", name)
  }

  /// The parts of a folder joined, as messages and manifests name it.
  mutating func name(of prefix: [Substring]) -> String {
    if let known = names[prefix] { return known }
    if names.count >= Self.limit { names = [:] }
    let name = printable(prefix.joined(separator: "/"))
    names[prefix] = name
    return name
  }
}
