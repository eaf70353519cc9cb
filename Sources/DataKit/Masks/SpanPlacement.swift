/// Spans that do not overlap, laid at random on a sample seen as a circle.
struct SpanPlacement {
  private let length: Int
  private let span: Int
  private let count: Int

  /// The placement of spans of `span` positions that cover about `ratio` of `length` positions.
  init(length: Int, ratio: Double, span: Int) {
    self.length = length
    self.span = min(span, length)
    guard length > 0 else {
      count = 0
      return
    }
    let wanted = (Double(length) * ratio / Double(self.span)).rounded()
    count = max(1, min(Int(wanted), length / self.span))
  }

  /// Sets the bits of the masked positions.
  ///
  /// Draws `count` distinct slots out of those that remain when every span is shrunk to one
  /// position (Floyd's sampling), widens them again and turns the circle.
  func place(in words: UnsafeMutableBufferPointer<UInt64>, _ random: PhiloxStream) {
    guard count > 0 else { return }
    var random = random
    let slots = length - count * (span - 1)
    let offset = random.next(below: length)
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: (slots + 63) / 64) { chosen in
      chosen.initialize(repeating: 0)
      for candidate in slots - count..<slots {
        let drawn = random.next(below: candidate + 1)
        let isTaken = chosen[drawn / 64] >> UInt64(drawn % 64) & 1 == 1
        Self.setRun(chosen, from: isTaken ? candidate : drawn, count: 1)
      }
      var start = offset
      for (index, word) in chosen.enumerated() {
        var rest = word
        while rest != 0 {
          // Each span before this one took span - 1 positions more than its slot.
          var position = start + 64 * index + rest.trailingZeroBitCount
          if position >= length { position -= length }
          let beforeEnd = min(span, length - position)
          Self.setRun(words, from: position, count: beforeEnd)
          Self.setRun(words, from: 0, count: span - beforeEnd)
          start += span - 1
          rest &= rest - 1
        }
      }
    }
  }

  @inline(__always)
  private static func setRun(
    _ words: UnsafeMutableBufferPointer<UInt64>,
    from start: Int,
    count: Int
  ) {
    var position = start
    let end = start + count
    while position < end {
      let bit = position % 64
      let room = min(64 - bit, end - position)
      words[position / 64] |= (.max >> UInt64(64 - room)) << UInt64(bit)
      position += room
    }
  }
}
