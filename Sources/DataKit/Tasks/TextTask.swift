internal import Tokenizers

extension TaskDefinition {
  /// Text: sentiment of film reviews, at character level unless told otherwise
  /// (docs/archives.md).
  static func text(_ options: TaskOptions) -> TaskDefinition {
    TaskDefinition(
      name: "text",
      aliases: ["imdb"],
      summary: "film reviews as characters, 2 classes, up to 4,096 tokens (aclImdb_v1.tar.gz)",
      expectedMembers: "aclImdb/train/pos/<id>_<rating>.txt and the like",
      source: "https://ai.stanford.edu/~amaas/data/sentiment/ (Large Movie Review Dataset v1.0)",
      publication: Publication(
        archive: "aclImdb_v1.tar.gz",
        byteCount: 84_125_825,
        samples: [.train: 25_000, .test: 25_000],
        classes: 2,
        length: "up to 4,096 characters"
      ),
      options: [.tokenizer, .specialTokens, .maximumLength, .minimumFrequency],
      locate: { parts in
        // aclImdb/train/neg/0_3.txt: the last three parts tell, whatever the top folder is called.
        guard parts.count >= 3, ["train", "test"].contains(parts[parts.count - 3]),
          ["neg", "pos", "unsup"].contains(parts[parts.count - 2])
        else {
          return nil
        }
        return (Array(parts.dropLast(3)), Array(parts.suffix(3)))
      },
      makeCollector: { TextCollector($0, options) }
    )
  }
}

/// Reads the labelled reviews of aclImdb, in the archive's order.
final class TextCollector: TaskCollector {
  /// Reviews over this size, in bytes, are refused; the longest published one has 13,704.
  private static let memberLimit = 1 << 20
  private static let batchSize = 64
  private static let batchByteCount = 1 << 20

  private let context: CollectorContext
  private let tokenizer: TokenizerKind
  private let maximumLength: Int
  private let rule: VocabularyRule
  private var samples = TokenSamples()
  private var seen: Set<Split> = []
  private var pending: [Split: [Review]] = [:]
  private var pendingBytes = 0

  private struct Review: Sendable {
    var path: String
    var label: Int64
    var bytes: [UInt8]
  }

  init(_ context: CollectorContext, _ options: TaskOptions) {
    self.context = context
    tokenizer = options.tokenizer ?? .character
    maximumLength = options.maximumLength ?? 4096
    rule = VocabularyRule(
      tokenizer,
      minimumFrequency: options.minimumFrequency ?? 15,
      specials: options.specialTokens
    )
  }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    guard let label = ["neg": Int64(0), "pos": 1][tail[1]], Self.isReview(tail[2]),
      let split = Split(rawValue: String(tail[0]))
    else {
      return context.skip(
        tail[1] == "unsup" ? "unlabelled reviews (unsup)" : "files that are not labelled reviews"
      )
    }
    context.membersRead += 1
    seen.insert(split)
    if let fault = reader.sizeFault(of: member, limit: Self.memberLimit) {
      return try context.reject(fault)
    }
    let bytes = try reader.readAll(member, limit: Self.memberLimit)
    pending[split, default: []].append(Review(path: member.path, label: label, bytes: bytes))
    pendingBytes += bytes.count
    let isFull = pending[split, default: []].count >= Self.batchSize
    if isFull || pendingBytes > Self.batchByteCount { try submit(split) }
  }

  /// Whether a file name is `<id>_<rating>.txt`.
  private static func isReview(_ name: Substring) -> Bool {
    guard name.hasSuffix(".txt") else { return false }
    let parts = name.dropLast(4).split(separator: "_", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
  }

  private func submit(_ split: Split) throws {
    let reviews = pending.removeValue(forKey: split) ?? []
    pendingBytes = pending.values.joined().reduce(0) { $0 + $1.bytes.count }
    let (archive, kind, limit) = (context.archive, tokenizer, maximumLength - 1)
    try context.workers.submit { [policy = context.errorPolicy] in
      var tokenizer = kind.makeTokenizer(limit: limit)
      var faults: [Int: ArchiveError] = [:]
      for (index, review) in reviews.enumerated() {
        do throws(TokenizerError) {
          try review.bytes.withUnsafeBufferPointer { bytes throws(TokenizerError) in
            // A faulty review must leave nothing behind in the batch.
            if policy != .fail, kind != .byte { try checkUTF8(bytes) }
            try tokenizer.append(bytes)
          }
        } catch {
          let fault = ArchiveError(archive: archive, member: review.path, reason: "\(error)")
          guard policy != .fail else { throw fault }
          faults[index] = fault
        }
      }
      return (batch: tokenizer.finish(), faults: faults)
    } deliver: { [self] result in
      let sound = reviews.indices.filter { result.faults[$0] == nil }
      let labels = sound.map { reviews[$0].label }
      try samples.append(result.batch, labels: labels, to: split, in: context)
      for (index, fault) in result.faults.sorted(by: { $0.key < $1.key }) {
        try reviews[index].bytes.withUnsafeBytes { try context.reject(fault, bytes: $0) }
      }
    }
  }

  func finish() throws -> CollectedTask {
    for split in Split.allCases where pending[split] != nil { try submit(split) }
    try context.workers.finish()
    for split in [Split.train, .test] where !seen.contains(split) {
      throw context.error(
        "there are no reviews under \(split.rawValue)/neg or \(split.rawValue)/pos"
      )
    }
    samples.number([.train, .test])
    var task = try samples.collected(
      splits: [.train, .test],
      rule: rule,
      maximumLength: maximumLength,
      target: .classes(2, names: ["negative", "positive"]),
      in: context
    )
    task.notes.append(
      "the task has no validation split: test stands for it, as in the published setup"
    )
    return task
  }
}
