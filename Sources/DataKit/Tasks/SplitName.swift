/// What names of files and folders tell about splits.
enum SplitName {
  private static let words: [String: Split] = [
    "train": .train, "training": .train, "validation": .validation, "valid": .validation,
    "val": .validation, "dev": .validation, "eval": .validation, "test": .test, "testing": .test,
  ]

  /// The split that a word in the name tells, as `reviews_train.tsv` and `dev.tsv` do; nil when no
  /// word does, or several tell different ones.
  static func split(of name: Substring) -> Split? {
    let found = Set(name.lowercased().split { !$0.isLetter }.compactMap { words[String($0)] })
    return found.count == 1 ? found.first : nil
  }

  /// The tables by the split that their own name tells, or else the nearest folder that is not common
  /// to all.
  ///
  /// - Throws: ``ArchiveError`` for a table whose place tells no split, for a second table of a split,
  ///   and when there is none for training or the test.
  static func tables(
    _ tables: [TableCollector.Table],
    in context: CollectorContext
  ) throws -> [Split: TableCollector.Table] {
    let common = commonFolders(of: tables.map(\.parts))
    var found: [Split: TableCollector.Table] = [:]
    for table in tables {
      guard let split = table.parts[common...].reversed().lazy.compactMap({ split(of: $0) }).first
      else {
        throw context.error(
          in: table.member,
          "the name tells no split: of several tables each, or its folder, must be named after "
            + "train, validation (or val, dev, eval) or test",
          hint: "--prefix takes the tables of one folder"
        )
      }
      if let first = found.updateValue(table, forKey: split) {
        throw context.error(
          in: table.member,
          "a second table for the \(split.rawValue) split; the first is '\(first.member)'",
          hint: "--prefix takes the tables of one folder; tables of one split have to be joined"
        )
      }
    }
    for split in [Split.train, .test] where found[split] == nil {
      throw context.error("no table is named after the \(split.rawValue) split")
    }
    return found
  }

  /// How many folders the paths begin with that are the same for all.
  private static func commonFolders(of paths: [[Substring]]) -> Int {
    let shortest = paths.map(\.count).min() ?? 1
    return (0..<shortest - 1).first { index in
      paths.contains { $0[index] != paths[0][index] }
    } ?? shortest - 1
  }
}
