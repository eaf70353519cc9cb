internal import Dispatch
internal import Synchronization

/// Runs work on other threads and delivers the results in the order of submission.
///
/// The thread that submits also delivers, so what `deliver` touches needs no lock, and the outcome
/// does not depend on the number of threads. At most `window` results wait at any time.
final class OrderedWorkers {
  private let threads: Int
  private let window: Int
  private let queue: DispatchQueue
  private let permits: DispatchSemaphore
  private let running = DispatchGroup()
  private var pending: [() throws -> Void] = []

  /// Workers on `threads` threads in all; with one thread everything runs on the caller's.
  ///
  /// - Parameters:
  ///   - threads: the threads, the caller's included.
  ///   - window: how many results may wait, or 4 per thread.
  init(threads: Int, window: Int? = nil) {
    self.threads = threads
    self.window = window ?? 4 * threads
    // A single worker takes its work in order.
    queue = DispatchQueue(label: "ordered-workers", attributes: threads > 2 ? .concurrent : [])
    permits = DispatchSemaphore(value: max(1, threads - 1))
  }

  /// Submits work and delivers whatever has to make room for it.
  ///
  /// - Throws: what earlier work or deliveries threw.
  func submit<Output: Sendable>(
    _ work: @escaping @Sendable () throws -> Output,
    deliver: @escaping (Output) throws -> Void
  ) throws {
    guard threads > 1 else { return try deliver(try work()) }
    let slot = Slot<Output>()
    queue.async(group: running) { [permits] in
      permits.wait()
      slot.fill(Result { try work() })
      permits.signal()
    }
    pending.append { try deliver(try slot.take().get()) }
    if pending.count >= window { try deliverFirst() }
  }

  /// Delivers everything that is left.
  ///
  /// - Throws: what work or deliveries threw.
  func finish() throws {
    while !pending.isEmpty { try deliverFirst() }
  }

  /// Delivers the oldest result; nothing is delivered after the first error.
  private func deliverFirst() throws {
    do { try pending.removeFirst()() } catch {
      pending = []
      throw error
    }
  }

  /// Waits for what is running, and forgets it: after an error nothing goes on behind the caller.
  func abandon() {
    running.wait()
    pending = []
  }

  /// A place for one result, filled once and taken once.
  private final class Slot<Output: Sendable>: Sendable {
    private let result = Mutex<Result<Output, any Error>?>(nil)
    private let ready = DispatchSemaphore(value: 0)

    func fill(_ value: Result<Output, any Error>) {
      result.withLock { $0 = value }
      ready.signal()
    }

    func take() -> Result<Output, any Error> {
      ready.wait()
      return result.withLock { stored in
        guard let value = stored else { preconditionFailure("a result was taken twice") }
        stored = nil
        return value
      }
    }
  }
}
