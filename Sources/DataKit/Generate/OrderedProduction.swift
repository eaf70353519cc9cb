internal import Dispatch
internal import Synchronization

/// Makes numbered items on several threads and hands them over in order.
///
/// At most `window` items wait at a time, so memory stays bounded however slow the receiver is.
enum OrderedProduction {
  private struct Board<Item: Sendable> {
    var next = 0
    var done: [Int: Item] = [:]
    var cancelled = false
  }

  /// Shared by the producers and the receiver.
  private final class Exchange<Item: Sendable>: Sendable {
    let count: Int
    let board = Mutex(Board<Item>())
    let slots: DispatchSemaphore
    let arrivals = DispatchSemaphore(value: 0)

    init(count: Int, window: Int) {
      self.count = count
      slots = DispatchSemaphore(value: window)
    }

    /// The number of an item to make, or nil when there is no more to do.
    func take() -> Int? {
      slots.wait()
      return board.withLock { board in
        guard !board.cancelled, board.next < count else { return nil }
        defer { board.next += 1 }
        return board.next
      }
    }

    func put(_ item: Item, at index: Int) {
      board.withLock { $0.done[index] = item }
      arrivals.signal()
    }

    func receive(_ index: Int) -> Item {
      while true {
        if let item = board.withLock({ $0.done.removeValue(forKey: index) }) { return item }
        arrivals.wait()
      }
    }
  }

  /// Makes items 0 ..< count and passes each to `receive` on the calling thread, in order.
  ///
  /// - Parameters:
  ///   - count: how many items.
  ///   - threads: how many producers, at least 1.
  ///   - work: the body of a producer: it calls its argument for the next number until nil, and
  ///     hands each item to the second argument.
  ///   - receive: takes the items in order; what it throws stops all and is thrown on.
  /// - Throws: what `receive` throws.
  static func run<Item: Sendable>(
    count: Int,
    threads: Int,
    work: @escaping @Sendable (_ next: () -> Int?, _ put: (Int, Item) -> Void) -> Void,
    receive: (Int, Item) throws -> Void
  ) throws {
    let window = 4 * threads
    let exchange = Exchange<Item>(count: count, window: window)
    let group = DispatchGroup()
    let queue = DispatchQueue(label: "generate", attributes: .concurrent)
    for _ in 0..<threads {
      queue.async(group: group) {
        work({ exchange.take() }, { exchange.put($1, at: $0) })
      }
    }
    defer {
      exchange.board.withLock { $0.cancelled = true }
      for _ in 0..<threads { exchange.slots.signal() }
      group.wait()
      // A semaphore must not be released below the value it was made with.
      for _ in 0..<window { exchange.slots.signal() }
    }
    for index in 0..<count {
      try receive(index, exchange.receive(index))
      exchange.slots.signal()
    }
  }
}
