import Testing

@testable import Trainer

@Suite struct DropoutTests {
  let pool = WorkerPool(threads: 2)

  /// The factors of [4 * 50, 30] values.
  private func factors(
    isTied: Bool = false,
    seed: UInt64 = 1,
    step: Int = 0,
    site: Int = 0
  ) -> [Float] {
    let dropout = Dropout(probability: 0.25, isTied: isTied, seed: seed, step: step, length: 50)
    let ones = Values(Array(repeating: 1, count: 6000), rows: 200, columns: 30)
    dropout.apply(ones.matrix, into: ones.matrix, site: site, pool)
    return ones.array
  }

  @Test func `a quarter is dropped and the rest is scaled`() {
    let factors = factors()
    #expect(factors.allSatisfy { $0 == 0 || $0 == 1 / (1 - 0.25) })
    let dropped = factors.count { $0 == 0 }
    // 1500 are expected, with a standard deviation of 34.
    #expect(abs(dropped - 1500) < 140)
  }

  @Test func `tied dropout draws once per row and channel`() {
    let factors = factors(isTied: true)
    for row in 0..<4 {
      let first = factors[row * 1500..<row * 1500 + 30]
      for position in 0..<50 {
        let start = row * 1500 + position * 30
        #expect(factors[start..<start + 30].elementsEqual(first))
      }
    }
    #expect(factors[0..<30] != factors[1500..<1530])
  }

  @Test func `seed, step and site each give other draws, and the same give the same`() {
    let first = factors()
    #expect(factors() == first)
    #expect(factors(seed: 2) != first)
    #expect(factors(step: 1) != first)
    #expect(factors(site: 1) != first)
  }

  @Test func `a tile of rows is dropped as within the whole`() {
    for isTied in [true, false] {
      let dropout = Dropout(probability: 0.25, isTied: isTied, seed: 1, step: 0, length: 50)
      let tile = Values(Array(repeating: 1, count: 70 * 30), rows: 70, columns: 30)
      dropout.apply(to: tile.matrix, firstRow: 33, site: 0)
      #expect(tile.array.elementsEqual(factors(isTied: isTied)[33 * 30..<103 * 30]))
    }
  }
}
