internal import Tokenizers

/// Spools tokenized samples and, at the end, makes the vocabulary.
///
/// Samples are added split by split in any interleaving; inside a split the order of adding is
/// the canonical order.
struct TokenSamples {
  private var table = TokenTable()
  private var samples: [Split: [SpooledSample]] = [:]

  /// Spools a batch of one split; `labels` has one entry per sample, and so has `pairs`, the second
  /// sequences of a pair task.
  mutating func append(
    _ batch: TokenBatch,
    pairs: TokenBatch? = nil,
    labels: [Int64],
    to split: Split,
    in context: CollectorContext
  ) throws {
    let first = try spool(batch, of: split, in: context)
    let second = try pairs.map { try spool($0, of: split, in: context) }
    for (index, label) in labels.enumerated() {
      samples[split, default: []].append(
        SpooledSample(id: 0, label: Double(label), slot: first[index], pair: second?[index])
      )
    }
  }

  private mutating func spool(
    _ batch: TokenBatch,
    of split: Split,
    in context: CollectorContext
  ) throws -> [SampleSpool.Slot] {
    var batch = batch
    try batch.renumber(by: &table, counting: split == .train)
    var start = 0
    return try batch.ends.map { end in
      defer { start = end }
      return try batch.numbers[start..<end].withUnsafeBytes { try context.spool($0) }
    }
  }

  /// How many samples a split has so far.
  func count(in split: Split) -> Int { samples[split]?.count ?? 0 }

  /// The finished task: ids run through the given splits in order, and the vocabulary comes from
  /// the training split.
  func collected(
    splits order: [Split],
    tokenizer: String,
    minimumFrequency: Int,
    maximumLength: Int,
    classes: Int
  ) -> CollectedTask {
    let vocabulary = Vocabulary(table, minimumFrequency: minimumFrequency)
    var next: Int64 = 0
    let splits = order.map { split in
      let numbered = (samples[split] ?? []).map { sample in
        defer { next += 1 }
        var numbered = sample
        numbered.id = next
        return numbered
      }
      return (split: split, samples: numbered)
    }
    return CollectedTask(
      input: .tokens,
      elementType: vocabulary.tokens.count <= 256 ? .uint8 : .uint16,
      encoding: .tokens(ids: vocabulary.ids),
      maximumLength: maximumLength,
      fixedLength: nil,
      target: .classes(classes),
      vocabulary: VocabularyDescription(
        tokenizer: tokenizer,
        tokens: vocabulary.tokens,
        counts: vocabulary.counts,
        minimumFrequency: minimumFrequency,
        maskID: Vocabulary.maskID,
        padID: Vocabulary.padID,
        unknownID: Vocabulary.unknownID,
        endID: Vocabulary.endID
      ),
      normalization: nil,
      splits: splits,
      validationSplit: order.contains(.validation) ? .validation : .test,
      options: [
        "maximum_length": "\(maximumLength)", "minimum_frequency": "\(minimumFrequency)",
        "tokenizer": tokenizer,
      ]
    )
  }
}
