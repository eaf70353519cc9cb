internal import Dispatch
internal import Synchronization

/// Runs `body` for every number in 0 ..< count on at most `threads` threads, the caller's included.
///
/// - Throws: of the errors thrown the one of the lowest number, whatever the number of threads.
func forEachInParallel(
  count: Int,
  threads: Int,
  _ body: (Int) throws -> Void
) throws {
  let workers = min(threads, count)
  guard workers > 1 else {
    for index in 0..<count { try body(index) }
    return
  }
  let next = Atomic(0)
  let failure = Mutex<(index: Int, error: any Error)?>(nil)
  try withoutActuallyEscaping(body) { body in
    // Every call of `body` has a number of its own and is over when this function returns.
    nonisolated(unsafe) let body = body
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while failure.withLock({ $0 == nil }) {
        // Numbers are taken in order, so every lower one is at work already when one fails.
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        do {
          try body(index)
        } catch {
          failure.withLock { stored in
            if stored.map({ index < $0.index }) ?? true { stored = (index, error) }
          }
        }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
  }
}
