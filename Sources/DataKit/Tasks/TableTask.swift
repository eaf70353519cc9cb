internal import Tokenizers

extension TaskDefinition {
  /// A user's own texts and labels in tab-separated tables (docs/archives.md).
  static func table(_ options: TaskOptions) -> TaskDefinition {
    TaskDefinition(
      name: "tsv",
      aliases: [],
      summary: "your own texts and labels, in one table to be split or in one for each split",
      expectedMembers: "one .tsv file, or several named after train, validation and test",
      source: "your own .tsv files, plain, compressed or in an archive",
      options: [
        .textColumn, .labelColumn, .tokenizer, .specialTokens, .maximumLength, .minimumFrequency,
        .split, .splitSeed,
      ],
      isInSuite: false,
      acceptsPlainFiles: true,
      locate: { parts in
        guard let name = parts.last, name.hasSuffix(".tsv") || name == "standard input" else {
          return nil
        }
        return (Array(parts.dropLast()), [name])
      },
      makeCollector: { TableCollector($0, options) }
    )
  }
}

/// Reads users' own tables: a column of texts and one of labels.
final class TableCollector: TaskCollector {
  private let context: CollectorContext
  private let tokenizer: TokenizerKind
  private let maximumLength: Int
  private let rule: VocabularyRule
  private let textColumn: String
  private let labelColumn: String
  private let options: TaskOptions
  private var tables: [(path: String, file: Substring, samples: Range<Int>)] = []
  private var samples = TokenSamples(countsTrain: false)
  private var names = ClassNames()

  init(_ context: CollectorContext, _ options: TaskOptions) {
    self.context = context
    self.options = options
    tokenizer = options.tokenizer ?? .character
    maximumLength = options.maximumLength ?? 4096
    rule = VocabularyRule(
      tokenizer,
      minimumFrequency: options.minimumFrequency ?? 1,
      specials: options.specialTokens
    )
    textColumn = options.textColumn ?? "text"
    labelColumn = options.labelColumn ?? "label"
  }

  /// By name in a table with a header; by number in one without.
  private func columns() throws -> TableColumns {
    switch (Int(textColumn), Int(labelColumn)) {
    case (let text?, let label?):
      return .numbered(count: nil, wanted: [text - 1, label - 1]) { _ in nil }
    case (nil, nil): return .named([textColumn, labelColumn])
    default:
      throw context.error(
        "one of the columns '\(textColumn)' and '\(labelColumn)' is a name, the other a number: "
          + "a table has a header or it has none"
      )
    }
  }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    context.membersRead += 1
    let first = samples.count(in: .train)
    do {
      try readRows(member, reader)
    } catch let error as TokenizerError {
      throw reader.error(in: member, "\(error)")
    }
    let range = first..<samples.count(in: .train)
    guard !range.isEmpty else { throw reader.error(in: member, "there are no rows") }
    tables.append((path: member.path, file: tail[0], samples: range))
  }

  private func readRows(_ member: ArchiveMember, _ reader: ArchiveReader) throws {
    let (kind, limit, policy) = (tokenizer, maximumLength - 1, context.errorPolicy)
    try TableReader(context: context, member: member.path).read(
      from: reader,
      columns: try columns()
    ) { piece in
      try Rows(piece, kind, limit: limit, policy)
    } deliver: { [self] rows in
      let labels = try rows.labels.map { label in
        guard let number = names.number(of: label) else {
          throw reader.error(
            in: member,
            "there are over \(ClassNames.limit) different labels: is '\(labelColumn)' their column?"
          )
        }
        return Int64(number)
      }
      try samples.append(rows.batch, labels: labels, to: .train, in: context)
      try context.reject(rows.faults)
    }
  }

  /// The samples of a piece of a table.
  private struct Rows: Sendable {
    var batch: TokenBatch
    var labels: [[UInt8]]
    var faults: [FaultyLine]

    init(
      _ piece: TablePiece,
      _ kind: TokenizerKind,
      limit: Int,
      _ policy: ErrorPolicy
    ) throws {
      var tokenizer = kind.makeTokenizer(limit: limit)
      var labels: [[UInt8]] = []
      faults = try piece.forEachRow(policy: policy) { fields, fail in
        // Everything that can be wrong with a row is found before anything of it is kept.
        do {
          guard !fields[1].isEmpty else { throw FormatError("the label is empty") }
          try checkUTF8(fields[1])
          if kind != .byte { try checkUTF8(fields[0]) }
        } catch {
          throw fail("\(error)")
        }
        labels.append(Array(fields[1]))
        try tokenizer.append(fields[0])
      }
      batch = tokenizer.finish()
      self.labels = labels
    }
  }

  func finish() throws -> CollectedTask {
    let parts =
      tables.count == 1
      ? (options.split ?? .standard)
        .cut(samples.count(in: .train), seed: options.splitSeed ?? 42)
      : try namedParts()
    for (split, indices) in parts where indices.isEmpty {
      throw context.error("the \(split.rawValue) split would be empty")
    }
    try samples.deal(parts, in: context)
    let (classNames, classes) = names.ordered()
    samples.relabel { classes[$0] }
    var task = samples.collected(
      splits: parts.map(\.split),
      rule: rule,
      maximumLength: maximumLength,
      target: .classes(classNames.count, names: classNames)
    )
    task.options["text_column"] = textColumn
    task.options["label_column"] = labelColumn
    if tables.count == 1 {
      task.options["split"] = (options.split ?? .standard).text
      task.options["split_seed"] = "\(options.splitSeed ?? 42)"
    }
    return task
  }

  /// Several tables are the splits that their names tell.
  private func namedParts() throws -> [(split: Split, indices: ArraySlice<Int>)] {
    guard options.split == nil, options.splitSeed == nil else {
      throw context.error("there is a table for each split: --split and --split-seed say otherwise")
    }
    var found: [Split: ArraySlice<Int>] = [:]
    for table in tables {
      guard let split = SplitName.split(of: table.file) else {
        throw context.error(
          in: table.path,
          "the name tells no split: of several tables each must be named after train, validation "
            + "(or val, dev, eval) or test"
        )
      }
      guard found.updateValue(Array(table.samples)[...], forKey: split) == nil else {
        throw context.error(in: table.path, "a second table for the \(split.rawValue) split")
      }
    }
    for split in [Split.train, .test] where found[split] == nil {
      throw context.error("no table is named after the \(split.rawValue) split")
    }
    return Split.allCases.compactMap { split in found[split].map { (split, $0) } }
  }
}

/// What file names tell about splits.
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
}
