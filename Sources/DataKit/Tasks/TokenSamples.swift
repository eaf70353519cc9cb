internal import Tokenizers

/// Spools tokenized samples and, at the end, makes the vocabulary.
///
/// Samples are added split by split in any interleaving; inside a split the order of adding is
/// the canonical order.
struct TokenSamples {
  private var table = TokenTable()
  private var samples: [Split: [SpooledSample]] = [:]
  private var widths = TokenWidths()
  private let countsTrain: Bool
  /// What is kept of a sample, in bytes: twice the sample while they are dealt, its place in the
  /// order, and its hash.
  private static let indexByteCount = 80

  /// No samples yet.
  ///
  /// - Parameter countsTrain: whether what is added to the training split is counted at once; if
  ///   not, ``deal(_:in:)`` says later which samples train.
  init(countsTrain: Bool = true) { self.countsTrain = countsTrain }

  /// Spools a batch of one split; `labels` has one entry per sample, and so has `pairs`, the second
  /// sequences of a pair task.
  mutating func append(
    _ batch: TokenBatch,
    pairs: TokenBatch? = nil,
    labels: [Int64],
    to split: Split,
    in context: CollectorContext
  ) throws {
    let first = try spool(batch, of: split, in: context, indexByteCount: Self.indexByteCount)
    let second = try pairs.map { try spool($0, of: split, in: context, indexByteCount: 0) }
    for (index, label) in labels.enumerated() {
      samples[split, default: []].append(
        SpooledSample(id: 0, label: Double(label), slot: first[index], pair: second?[index])
      )
    }
  }

  private mutating func spool(
    _ batch: TokenBatch,
    of split: Split,
    in context: CollectorContext,
    indexByteCount: Int
  ) throws -> [SampleSpool.Slot] {
    func slots(_ numbers: [some FixedWidthInteger]) throws -> [SampleSpool.Slot] {
      var start = 0
      return try batch.ends.map { end in
        defer { start = end }
        return try numbers[start..<end].withUnsafeBytes {
          try context.spool($0, indexByteCount: indexByteCount)
        }
      }
    }
    switch try batch.numbers(by: &table, counting: countsTrain && split == .train) {
    case .narrow(let numbers): return try slots(numbers)
    case .wide(let numbers):
      let slots = try slots(numbers)
      if let first = slots.first { widths.widen(from: first) }
      return slots
    }
  }

  /// How many samples a split has so far.
  func count(in split: Split) -> Int { samples[split]?.count ?? 0 }

  /// Deals the samples, all added as training samples, to splits.
  ///
  /// The tokens of those that train are counted; ids keep the order of adding.
  mutating func deal(
    _ parts: [(split: Split, indices: ArraySlice<Int>)],
    in context: CollectorContext
  ) throws {
    var all = samples[.train] ?? []
    for index in all.indices { all[index].id = Int64(index) }
    samples = [:]
    for (split, indices) in parts { samples[split] = indices.map { all[$0] } }
    try context.spool.flush()
    var counts = [Int](repeating: 0, count: table.tokens.count)
    for sample in samples[.train] ?? [] {
      let slot = sample.slot
      try withUnsafeTemporaryAllocation(byteCount: slot.byteCount, alignment: 4) { bytes in
        try context.spool.read(slot, into: bytes)
        widths.forEachNumber(of: slot, in: UnsafeRawBufferPointer(bytes)) { counts[$0] += 1 }
      }
    }
    for (number, count) in counts.enumerated() { table.count(UInt32(number), times: count) }
  }

  /// Numbers the samples through the given splits in order.
  mutating func number(_ order: [Split]) {
    var next: Int64 = 0
    for split in order {
      for index in samples[split, default: []].indices {
        samples[split]?[index].id = next
        next += 1
      }
    }
  }

  /// Replaces every label by what `map` makes of it.
  mutating func relabel(_ map: (Int) -> Int) {
    for split in samples.keys {
      for index in samples[split, default: []].indices {
        guard let label = samples[split]?[index].label else { continue }
        samples[split]?[index].label = Double(map(Int(label)))
      }
    }
  }

  /// The finished task; the vocabulary comes from the training split.
  ///
  /// - Throws: ``ArchiveError`` when the vocabulary would be too large.
  func collected(
    splits order: [Split],
    rule: VocabularyRule,
    maximumLength: Int,
    target: TargetDescription,
    in context: CollectorContext
  ) throws -> CollectedTask {
    let vocabulary = try rule.vocabulary(of: table, in: context)
    return CollectedTask(
      input: .tokens,
      elementType: vocabulary.tokens.count <= 256 ? .uint8 : .uint16,
      encoding: .tokens(ids: vocabulary.ids, widths: widths),
      maximumLength: maximumLength,
      fixedLength: nil,
      target: target,
      vocabulary: VocabularyDescription(
        tokenizer: rule.tokenizer,
        tokens: vocabulary.tokens,
        counts: vocabulary.counts,
        minimumFrequency: rule.minimumFrequency,
        maskID: rule.specials.maskID,
        padID: rule.specials.padID,
        unknownID: rule.specials.unknownID,
        endID: rule.specials.endID
      ),
      normalization: nil,
      splits: order.map { (split: $0, samples: samples[$0] ?? []) },
      validationSplit: order.contains(.validation) ? .validation : .test,
      options: [
        "maximum_length": "\(maximumLength)", "minimum_frequency": "\(rule.minimumFrequency)",
        "tokenizer": rule.tokenizer,
      ].merging(
        rule.specials == .standard ? [:] : ["special_tokens": rule.specials.rawValue]
      ) { $1 },
      notes: rule.notes(on: table)
    )
  }
}
