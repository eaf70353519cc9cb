/// NumPy's `RandomState(seed)` as far as splits need it.
///
/// NumPy promises never to change its stream: MT19937 seeded by one number, and a Fisher-Yates
/// shuffle from the end whose draws are masked to the next power of two and rejected when too
/// large (`random_interval` in NumPy's legacy distributions).
struct LegacyRandomState {
  private var generator: MersenneTwister

  init(seed: UInt32) { generator = MersenneTwister(seed: seed) }

  /// What `permutation(count)` gives; `count` is below 2^32.
  mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, draw(upTo: UInt32(last)))
    }
    return order
  }

  /// What `permutation(elements)` gives.
  mutating func permutation(_ elements: [Int]) -> [Int] {
    permutation(elements.count).map { elements[$0] }
  }

  private mutating func draw(upTo maximum: UInt32) -> Int {
    let mask = UInt32.max >> UInt32(maximum.leadingZeroBitCount)
    while true {
      let value = generator.next() & mask
      if value <= maximum { return Int(value) }
    }
  }
}
