/// A sample in the spool, its place in the output known.
///
/// Millions of these are in memory at once, so 32 bytes are all that one takes.
struct SpooledSample: Sendable {
  private var offset: Int
  /// Negative without a second sequence.
  private var pairOffset: Int
  private var byteCount: UInt32
  private var pairByteCount: UInt32
  private var number: UInt32
  private var storedLabel: Float

  /// A sample whose values, and perhaps those of a second sequence, are spooled.
  init(id: Int64, label: Double, slot: SampleSpool.Slot, pair: SampleSpool.Slot? = nil) {
    number = UInt32(id)
    storedLabel = Float(label)
    (offset, byteCount) = (slot.offset, UInt32(slot.byteCount))
    (pairOffset, pairByteCount) = (pair?.offset ?? -1, UInt32(pair?.byteCount ?? 0))
  }

  /// The position in the task's canonical order.
  var id: Int64 {
    get { Int64(number) }
    set { number = UInt32(newValue) }
  }

  /// The class, or the value of a regression task in single precision; both are exact.
  var label: Double {
    get { Double(storedLabel) }
    set { storedLabel = Float(newValue) }
  }

  /// The sample's values.
  var slot: SampleSpool.Slot { SampleSpool.Slot(offset: offset, byteCount: Int(byteCount)) }

  /// The second sequence of a pair.
  var pair: SampleSpool.Slot? {
    pairOffset < 0
      ? nil : SampleSpool.Slot(offset: pairOffset, byteCount: Int(pairByteCount))
  }

  /// The values of a sequence: 0, or 1 for the second of a pair.
  func slot(_ sequence: Int) -> SampleSpool.Slot { sequence == 0 ? slot : pair ?? slot }
}

/// The encoding of spooled samples, and what turns it into the shards' values.
enum SpooledEncoding: Sendable {
  /// Provisional token numbers; `ids` gives their final ids, the end token is appended.
  case tokens(ids: [UInt16], widths: TokenWidths)
  /// Values that are stored as they are.
  case bytes
  /// PNG files of grey images; decoded while shards are written, on all threads.
  case greyPNG(side: Int)
}

/// Everything a task has learned from an archive, ready to be written.
struct CollectedTask: Sendable {
  var input: InputKind
  var elementType: ElementType
  var channels = 1
  var encoding: SpooledEncoding
  var maximumLength: Int
  var fixedLength: Int?
  var target: TargetDescription
  var vocabulary: VocabularyDescription?
  var normalization: Normalization?
  /// The splits, each in its own order.
  var splits: [(split: Split, samples: [SpooledSample])]
  var validationSplit: Split
  var options: [String: String]
  /// Things a person should know, one sentence each.
  var notes: [String] = []
  /// Further files of the data set: a name that ends in `.safetensors`, and tensors.
  var attachments: [(name: String, tensors: [TensorData])] = []
  /// The archive's member a sample comes from, for faults found while shards are written.
  var memberPath: (@Sendable (SpooledSample) -> String)?

  /// How many sequences a sample has.
  var sequences: Int {
    splits.contains { $0.samples.first?.pair != nil } ? 2 : 1
  }
}

/// Takes a task's members in whatever order the archive has them.
protocol TaskCollector: AnyObject {
  /// Reads one member; `tail` are the path's parts after the task's own folder.
  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws
  /// Puts the samples in order after the archive's end.
  func finish() throws -> CollectedTask
}
