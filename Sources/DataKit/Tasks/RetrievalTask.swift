internal import Tokenizers

extension TaskDefinition {
  /// Retrieval: whether one paper cites the other, at character level (docs/archives.md).
  static func retrieval(_ options: TaskOptions) -> TaskDefinition {
    TaskDefinition(
      name: "retrieval",
      aliases: ["aan"],
      summary: "pairs of papers as characters, 2 classes, up to 4,000 tokens (lra_release.gz)",
      expectedMembers: "tsv_data/new_aan_pairs.train.tsv, .eval.tsv and .test.tsv",
      source: Publication.longRangeArena,
      publication: Publication(
        archive: "lra_release.gz",
        byteCount: nil,
        samples: [.train: 147_086, .validation: 18_090, .test: 17_437],
        classes: 2,
        length: "two texts of up to 4,000 characters"
      ),
      options: [.textForm],
      locate: inFolder("tsv_data"),
      makeCollector: { RetrievalCollector($0, options.textForm ?? .literal) }
    )
  }
}

/// Reads the three tables of the ACL Anthology Network: label, two ids and two texts a row.
final class RetrievalCollector: TaskCollector {
  static let maximumLength = 4000
  private static let files: [Substring: Split] = [
    "new_aan_pairs.train.tsv": .train, "new_aan_pairs.eval.tsv": .validation,
    "new_aan_pairs.test.tsv": .test,
  ]
  private static let columns = TableColumns.numbered(count: 5, wanted: [0, 3, 4]) { count in
    count == 3
      ? "the row has a label and two ids but no texts: this is the release of ids alone, and the "
        + "task needs the tables with five columns" : nil
  }

  private let context: CollectorContext
  private let form: TaskOptions.TextForm
  private var samples = TokenSamples()
  private var seen: Set<Split> = []
  private var repairedCount = 0

  init(_ context: CollectorContext, _ form: TaskOptions.TextForm) {
    self.context = context
    self.form = form
  }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    guard tail.count == 1, let split = Self.files[tail[0]] else {
      return context.skip("files in tsv_data that are none of the three tables")
    }
    guard seen.insert(split).inserted else {
      throw reader.error(in: member, "the member stands in the archive twice")
    }
    context.membersRead += 1
    let (form, policy) = (form, context.errorPolicy)
    try TableReader(context: context, member: member.path).read(
      from: reader,
      columns: Self.columns
    ) { piece in
      try Rows(piece, form, policy)
    } deliver: { [self] rows in
      try samples.append(
        rows.first,
        pairs: rows.second,
        labels: rows.labels,
        to: split,
        in: context
      )
      try context.leaveOut(rows.leftOut)
      repairedCount += rows.repairedCount
    }
    guard split != .train || samples.count(in: split) > 0 else {
      throw reader.error(in: member, "there are no rows: the train split is empty")
    }
  }

  /// The samples of a piece of a table.
  private struct Rows: Sendable {
    var first: TokenBatch
    var second: TokenBatch
    var labels: [Int64] = []
    var leftOut = LeftOutLines()
    /// How many decoded texts had bytes that are not UTF-8.
    var repairedCount = 0

    init(_ piece: TablePiece, _ form: TaskOptions.TextForm, _ policy: ErrorPolicy) throws {
      var (one, other) = (
        CharacterTokenizer(limit: RetrievalCollector.maximumLength - 1),
        CharacterTokenizer(limit: RetrievalCollector.maximumLength - 1)
      )
      var labels: [Int64] = []
      var repairedCount = 0
      let leftOut = try piece.forEachRow(policy: policy) { fields, fail in
        // Everything that can be wrong with a row is found before anything of it is kept.
        let label = try Rows.label(fields[0], fail)
        let first = try Rows.text(fields[1], "the first text", form, fail)
        let second = try Rows.text(fields[2], "the second text", form, fail)
        repairedCount += (first.isRepaired ? 1 : 0) + (second.isRepaired ? 1 : 0)
        labels.append(label)
        try first.bytes.withUnsafeBufferPointer { try one.append($0) }
        try second.bytes.withUnsafeBufferPointer { try other.append($0) }
      }
      (first, second) = (one.finish(), other.finish())
      (self.labels, self.leftOut, self.repairedCount) = (labels, leftOut, repairedCount)
    }

    private static func label(
      _ field: UnsafeBufferPointer<UInt8>,
      _ fail: LinePlace
    ) throws -> Int64 {
      switch String(decoding: field.prefix(40), as: UTF8.self) {
      case "0", "0.0": return 0
      case "1", "1.0": return 1
      case let other: throw fail("label '\(other)', expected 0.0 or 1.0")
      }
    }

    private static func text(
      _ field: UnsafeBufferPointer<UInt8>,
      _ name: String,
      _ form: TaskOptions.TextForm,
      _ fail: LinePlace
    ) throws -> (bytes: [UInt8], isRepaired: Bool) {
      guard !field.isEmpty else { throw fail("\(name) is empty") }
      do {
        if form == .literal {
          try checkUTF8(field)
          return (Array(field), false)
        }
        let bytes = try BytesLiteral.decode(field)
        if (try? bytes.withUnsafeBufferPointer({ try checkUTF8($0) })) != nil {
          return (bytes, false)
        }
        // Texts that were cut between the bytes of a character are common, and what U+FFFD is for.
        return (Array(String(decoding: bytes, as: UTF8.self).utf8), true)
      } catch {
        throw fail("\(name): \(error)")
      }
    }
  }

  func finish() throws -> CollectedTask {
    for (file, split) in Self.files.sorted(by: { $0.key < $1.key }) where !seen.contains(split) {
      throw context.error("the member tsv_data/\(file) is missing")
    }
    samples.number([.train, .validation, .test])
    var task = try samples.collected(
      splits: [.train, .validation, .test],
      rule: VocabularyRule(tokenizer: TokenizerKind.character.rawValue, minimumFrequency: 1),
      maximumLength: Self.maximumLength,
      target: .classes(2, names: ["unrelated", "cites"]),
      in: context
    )
    task.options["text_form"] = form.rawValue
    if repairedCount > 0 {
      task.options["repaired_texts"] = "\(repairedCount)"
      task.notes.append(
        "\(repairedCount) decoded texts had bytes that are not UTF-8; U+FFFD stands in their place"
      )
    }
    return task
  }
}
