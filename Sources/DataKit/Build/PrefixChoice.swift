/// The folder inside the archive that the user names with `--prefix`, if any.
struct PrefixChoice {
  /// The most other folders that are remembered, and named in an error.
  private static let limit = 8

  /// The folder's parts; nil when every folder will do.
  let parts: [Substring]?
  /// Whether a member stood there.
  private var isFound = false
  /// Other folders that hold the data set.
  private var others: [String] = []
  private var hasMore = false

  /// A choice as it is written on the command line.
  init(_ text: String?) {
    parts = text?.split(separator: "/").filter { $0 != "." }
  }

  /// The choice as messages name it.
  var name: String { printable((parts ?? []).joined(separator: "/")) }

  /// Whether members under `prefix`, called `name`, are wanted.
  mutating func takes(_ prefix: [Substring], called name: String, isPlainFile: Bool) -> Bool {
    guard let parts else { return true }
    if parts == prefix {
      // A plain file is taken whatever the folder, and says nothing about the archive.
      if !isPlainFile { isFound = true }
      return true
    }
    if !others.contains(name) {
      if others.count < Self.limit { others.append(name) } else { hasMore = true }
    }
    return false
  }

  /// What is wrong when nothing stands in the folder although it does in others; nil otherwise.
  var fault: String? {
    guard parts != nil, !isFound, !others.isEmpty else { return nil }
    let folders = others.sorted().map { $0.isEmpty ? "'' (no folder)" : "'\($0)'" }
    return "nothing asked for stands under the prefix '\(name)', only under "
      + folders.joined(separator: ", ") + (hasMore ? " and others" : "")
  }
}
