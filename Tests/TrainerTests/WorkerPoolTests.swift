import Synchronization
import Testing

@testable import Trainer

@Suite struct WorkerPoolTests {
  @Test(arguments: [1, 2, 3, 5])
  func `every index runs once`(threads: Int) {
    let pool = WorkerPool(threads: threads)
    for count in [0, 1, 2, 7, 100] {
      let runs = (0..<max(count, 1)).map { _ in Counter() }
      for _ in 0..<20 { pool.parallelFor(count) { runs[$0].add() } }
      #expect(runs.prefix(count).allSatisfy { $0.value == 20 })
    }
  }

  @Test func `a worker's number stays below the number of threads`() {
    let pool = WorkerPool(threads: 3)
    let outside = Counter()
    pool.parallelFor(1000) { _, worker in if !(0..<3).contains(worker) { outside.add() } }
    #expect(outside.value == 0)
  }

  private final class Counter: Sendable {
    private let count = Atomic(0)
    func add() { count.add(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
  }
}
