/// Which samples of a split go to which shard.
struct ShardPlan {
  /// One shard to be.
  struct Piece {
    var split: Split
    var file: String
    var samples: Range<Int>
    /// Its place among all shards of the data set.
    var number: Int
  }

  /// Every shard, splits in their order.
  let pieces: [Piece]

  /// Cuts splits into shards: each takes samples while its values stay within the limit, and so do
  /// the numbers that come with every sample.
  init(_ task: CollectedTask, _ assembler: ShardAssembler, shardByteCount: Int) {
    let limit = shardByteCount / (task.elementType.byteCount * task.channels)
    let mostSamples = shardByteCount / assembler.sampleByteCount
    var pieces: [Piece] = []
    for (split, samples) in task.splits {
      var cuts: [Range<Int>] = []
      var (start, held) = (0, 0)
      for (index, sample) in samples.enumerated() {
        let count = assembler.elementCount(of: sample)
        if index > start, held + count > limit || index - start >= mostSamples {
          cuts.append(start..<index)
          (start, held) = (index, 0)
        }
        held += count
      }
      cuts.append(start..<samples.count)
      for (index, range) in cuts.enumerated() {
        let file = Self.fileName(split, index, of: cuts.count)
        pieces.append(Piece(split: split, file: file, samples: range, number: pieces.count))
      }
    }
    self.pieces = pieces
  }

  /// `train-00000-of-00013.safetensors` and the like.
  static func fileName(_ split: Split, _ index: Int, of count: Int) -> String {
    func padded(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return "\(split.rawValue)-\(padded(index))-of-\(padded(count)).safetensors"
  }

  /// Whether a name is that of a shard, a mask shard or a fraction file, finished or not; a user's
  /// own files are none.
  static func isDataFile(_ name: String) -> Bool {
    let shard =
      /(train|validation|test)-(\d{5,}-of-\d{5,}(\.mask-.+)?|fractions-seed-\d+)\.safetensors(\.partial)?/
    return name.wholeMatch(of: shard) != nil
  }
}
