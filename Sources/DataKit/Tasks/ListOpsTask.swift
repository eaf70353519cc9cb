internal import Tokenizers

extension TaskDefinition {
  /// ListOps: nested operations on digits, ten classes (docs/archives.md).
  static let listOps = TaskDefinition(
    name: "listops",
    aliases: [],
    summary: "nested list operations, 10 classes, up to 2,048 tokens (lra_release.gz)",
    expectedMembers: "listops-1000/basic_train.tsv, basic_val.tsv and basic_test.tsv",
    source: Publication.longRangeArena,
    publication: Publication(
      archive: "lra_release.gz",
      byteCount: nil,
      samples: [.train: 96_000, .validation: 2_000, .test: 2_000],
      classes: 10,
      length: "up to 2,048 tokens"
    ),
    locate: inFolder("listops-1000"),
    makeCollector: { ListOpsCollector($0) }
  )
}

/// Reads the three TSV files of ListOps.
final class ListOpsCollector: TaskCollector {
  static let maximumLength = 2048

  private let context: CollectorContext
  private var samples = TokenSamples()
  private var seen: [Split: String] = [:]

  init(_ context: CollectorContext) { self.context = context }

  private static let files: [Substring: Split] = [
    "basic_train.tsv": .train, "basic_val.tsv": .validation, "basic_test.tsv": .test,
  ]

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    guard tail.count == 1, let split = Self.files[tail[0]] else {
      return context.skip("files in listops-1000 that are none of its three tables")
    }
    guard seen[split] == nil else {
      throw context.error(in: member.path, "the member stands in the archive twice")
    }
    seen[split] = member.path
    context.membersRead += 1
    let table = TableReader(context: context, member: member.path)
    try table.read(from: reader, columns: .named(["Source", "Target"])) {
      [policy = context.errorPolicy] piece in
      try Rows(piece, policy)
    } deliver: { [self] rows in
      try samples.append(rows.batch, labels: rows.labels, to: split, in: context)
      try context.leaveOut(rows.leftOut)
    }
    guard split != .train || samples.count(in: split) > 0 else {
      throw context.error(in: member.path, "there are no rows: the train split is empty")
    }
  }

  /// The samples of a piece of a table.
  private struct Rows: Sendable {
    var batch: TokenBatch
    var labels: [Int64]
    var leftOut: LeftOutLines

    init(_ piece: TablePiece, _ policy: ErrorPolicy) throws {
      var tokenizer = ListOpsTokenizer(limit: ListOpsCollector.maximumLength - 1)
      var labels: [Int64] = []
      leftOut = try piece.forEachRow(policy: policy) { fields, fail in
        guard fields[1].count == 1, let digit = fields[1].first,
          (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit)
        else {
          throw fail("label '\(String(decoding: fields[1], as: UTF8.self))', expected 0 to 9")
        }
        do throws(TokenizerError) {
          if policy != .fail {
            // A faulty row must leave nothing behind in the batch.
            var trial = ListOpsTokenizer(limit: 1)
            try trial.append(fields[0])
          }
          try tokenizer.append(fields[0])
        } catch {
          throw fail("Source: \(error)")
        }
        labels.append(Int64(digit - UInt8(ascii: "0")))
      }
      batch = tokenizer.finish()
      self.labels = labels
    }
  }

  func finish() throws -> CollectedTask {
    for (file, split) in Self.files.sorted(by: { $0.key < $1.key }) where seen[split] == nil {
      throw context.error("the member listops-1000/\(file) is missing")
    }
    samples.number([.train, .validation, .test])
    return try samples.collected(
      splits: [.train, .validation, .test],
      rule: VocabularyRule(tokenizer: "listops", minimumFrequency: 1),
      maximumLength: Self.maximumLength,
      target: .classes(10),
      in: context
    )
  }
}
