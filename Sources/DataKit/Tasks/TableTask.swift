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
        .textColumn, .labelColumn, .quoting, .tokenizer, .specialTokens, .maximumLength,
        .minimumFrequency, .split, .splitSeed,
      ],
      isInSuite: false,
      acceptsPlainFiles: true,
      takesAnyFolder: true,
      locate: { parts in
        guard let name = parts.last, FileEnding.isTable(name) else { return nil }
        return ([], parts)
      },
      makeCollector: { TableCollector($0, options) }
    )
  }
}

/// Reads users' own tables: a column of texts and one of labels.
final class TableCollector: TaskCollector {
  /// The columns unless told otherwise.
  static let textColumn = "text"
  static let labelColumn = "label"

  private let context: CollectorContext
  private let tokenizer: TokenizerKind
  private let maximumLength: Int
  private let rule: VocabularyRule
  private let textColumn: String
  private let labelColumn: String
  private let options: TaskOptions
  private var tables: [Table] = []
  private var samples = TokenSamples(countsTrain: false)
  private var names = ClassNames()

  /// A table that was read.
  struct Table {
    /// As the archive has it.
    var member: String
    /// Its folders and its name.
    var parts: [Substring]
    /// Its rows among all samples.
    var samples: Range<Int>
  }

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
    textColumn = options.textColumn ?? Self.textColumn
    labelColumn = options.labelColumn ?? Self.labelColumn
  }

  /// By name in a table with a header; by number in one without.
  private var columns: TableColumns {
    guard let text = Int(textColumn), let label = Int(labelColumn) else {
      return .named([textColumn, labelColumn])
    }
    return .numbered(count: nil, wanted: [text - 1, label - 1]) { _ in nil }
  }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    guard FileEnding.isTable(tail[tail.count - 1], isPlainFile: member.isPlainFile) else {
      throw reader.error(in: member, FileEnding.notTable)
    }
    context.membersRead += 1
    let first = samples.count(in: .train)
    do {
      try readRows(member, reader)
    } catch let error as TokenizerError {
      throw context.error(
        in: member.path,
        "\(error)",
        hint: "--tokenizer character or byte has fewer"
      )
    }
    let range = first..<samples.count(in: .train)
    guard !range.isEmpty else { throw reader.error(in: member, "there are no rows") }
    tables.append(Table(member: member.path, parts: tail, samples: range))
  }

  private func readRows(_ member: ArchiveMember, _ reader: ArchiveReader) throws {
    let (kind, limit, policy) = (tokenizer, maximumLength - 1, context.errorPolicy)
    let table = TableReader(
      context: context,
      member: member.path,
      quoting: options.quoting ?? .standard,
      hints: TableHints(
        columns: "--text-column and --label-column choose columns, by name or by number",
        quotes: TableHints.quoting
      )
    )
    try table.read(from: reader, columns: columns) { piece in
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
      try context.leaveOut(rows.leftOut)
    }
  }

  /// The samples of a piece of a table.
  private struct Rows: Sendable {
    var batch: TokenBatch
    var labels: [[UInt8]]
    var leftOut: LeftOutLines

    init(
      _ piece: TablePiece,
      _ kind: TokenizerKind,
      limit: Int,
      _ policy: ErrorPolicy
    ) throws {
      var tokenizer = kind.makeTokenizer(limit: limit)
      var labels: [[UInt8]] = []
      leftOut = try piece.forEachRow(policy: policy) { fields, fail in
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
      ? try (options.split ?? .standard).cut(
        samples.count(in: .train),
        seed: options.splitSeed ?? 42,
        in: context
      )
      : try namedParts()
    try samples.deal(parts, in: context)
    let (classNames, classes) = names.ordered()
    samples.relabel { classes[$0] }
    var task = try samples.collected(
      splits: parts.map(\.split),
      rule: rule,
      maximumLength: maximumLength,
      target: .classes(classNames.count, names: classNames),
      in: context
    )
    task.options["text_column"] = textColumn
    task.options["label_column"] = labelColumn
    if let quoting = options.quoting { task.options["quoting"] = quoting.rawValue }
    if tables.count == 1 {
      task.options["split"] = (options.split ?? .standard).text
      task.options["split_seed"] = "\(options.splitSeed ?? 42)"
    }
    return task
  }

  /// Several tables are the splits that their names tell.
  private func namedParts() throws -> [(split: Split, indices: ArraySlice<Int>)] {
    guard options.split == nil, options.splitSeed == nil else {
      throw context.error(
        "there are \(tables.count) tables, '\(tables[0].member)' and others, and each is a split: "
          + "--split and --split-seed say otherwise",
        hint: "leave them out, or take one table (--prefix takes those of a folder)"
      )
    }
    let found = try SplitName.tables(tables, in: context)
    return Split.allCases.compactMap { split in
      found[split].map { (split, Array($0.samples)[...]) }
    }
  }
}
