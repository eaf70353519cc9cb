/// What the ends of names tell about users' own files, in upper or lower case.
enum FileEnding {
  /// What is wrong with a plain file that is given as a table.
  static let notTable =
    "no table: tables are text, their cells separated by tabs, and end in .tsv, .tab or .txt"

  /// Whether a name is that of a table.
  ///
  /// A plain file was meant by whoever named it, so `.txt` and no ending will do; in an archive such
  /// files may be anything.
  static func isTable(_ name: Substring, isPlainFile: Bool = false) -> Bool {
    let ending = ending(of: name)
    return ["tsv", "tab"].contains(ending) || isPlainFile && [nil, "txt"].contains(ending)
  }

  /// Whether a name is that of an image that is read.
  static func isImage(_ name: Substring) -> Bool { ending(of: name) == "png" }

  /// What follows the last dot, in lower case; nil without a dot.
  private static func ending(of name: Substring) -> String? {
    name.utf8.lastIndex(of: UInt8(ascii: ".")).map { dot in
      name[name.utf8.index(after: dot)...].lowercased()
    }
  }
}
