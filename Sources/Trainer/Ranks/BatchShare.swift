/// The part of a batch that one rank computes, and what it has to know of the whole.
struct BatchShare {
  /// The samples of the part, by their places in the batch.
  var samples: Range<Int>
  /// The samples of the whole batch.
  var total: Int
  /// The targets of the whole batch that count; the loss is their mean.
  var counted: Int
  /// The ranks whose positions batch norm takes its statistics over; the part alone when nil.
  var statistics: (any RankGroup)?

  /// The row in the whole batch of a row of the part.
  ///
  /// Of pairs, the rows are all first sequences, then all second ones, in both.
  @inline(__always)
  func globalRow(_ row: Int) -> Int {
    row / samples.count * total + samples.lowerBound + row % samples.count
  }

  /// What batch norm needs when its statistics are those of the whole batch.
  func normSpread(positions: Int) -> NormSpread? {
    statistics.map { NormSpread(positions: positions / samples.count * total, group: $0) }
  }
}

/// The positions that batch norm takes its statistics over when they lie on several ranks.
struct NormSpread {
  /// The positions of all ranks.
  let positions: Int
  let group: any RankGroup
}

extension Target {
  /// The number of targets that count.
  var counted: Int {
    switch self {
    case .classes(let classes): classes.count { $0 != ignoredClass }
    case .values(let values, _): values.count { $0 != ignoredValue }
    }
  }
}
