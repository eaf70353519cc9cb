import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct SampleOrderTests {
  @Test(arguments: [0, 1, 2, 3, 4, 5, 7, 16, 17, 63, 64, 65, 100, 1000, 4097])
  func `every sample comes once`(count: Int) {
    for epoch in [0, 1, 5] {
      let order = SampleOrder(count: count, seed: 9, epoch: epoch)
      #expect((0..<count).map { order[$0] }.sorted() == Array(0..<count))
    }
  }

  @Test func `seeds and epochs give orders of their own, and the same again`() {
    func order(_ seed: UInt64, _ epoch: Int) -> [Int] {
      let order = SampleOrder(count: 50, seed: seed, epoch: epoch)
      return (0..<50).map { order[$0] }
    }
    #expect(order(1, 0) == order(1, 0))
    #expect(order(1, 0) != order(1, 1))
    #expect(order(1, 0) != order(2, 0))
    #expect(order(1, 0) != Array(0..<50))
  }

  @Test func `every sample comes first about equally often`() {
    var counts = [Int](repeating: 0, count: 10)
    for epoch in 0..<5000 { counts[SampleOrder(count: 10, seed: 4, epoch: epoch)[0]] += 1 }
    // 500 each, deviation 21.
    #expect(counts.allSatisfy { abs($0 - 500) < 110 })
  }

  @Test func `large counts need no memory`() {
    let order = SampleOrder(count: 1 << 40, seed: 0, epoch: 0)
    #expect(order[0] < 1 << 40)
    #expect(order[(1 << 40) - 1] != order[0])
  }
}

@Suite struct DenoisingTests {
  @Test func `pixels are normalized with every step rounded`() {
    var values: [Float] = [0, 255, 51]
    InputScale.channels(.signed).apply(to: &values, channels: 1)
    #expect(values == [-1, 1, (Float(51) / 255 - 0.5) / 0.5])
  }
}
