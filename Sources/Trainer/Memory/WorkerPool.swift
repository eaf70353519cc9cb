internal import Glibc

/// Threads that wait for work and share out the indices of a loop.
///
/// Which thread takes which index is left to chance. Callers therefore cut their work by the
/// problem's shape alone and let every index write its own part: the results then have the same
/// bits for any number of threads.
public final class WorkerPool: Sendable {
  /// The number of threads that work on a loop, the calling one included.
  public let threads: Int
  private let state: PoolState

  /// Starts `threads - 1` threads; the caller of a loop is the last one.
  ///
  /// - Precondition: `threads` is positive.
  public init(threads: Int) {
    precondition(threads > 0, "WorkerPool: \(threads) threads")
    useOneThreadPerProduct()
    self.threads = threads
    self.state = PoolState(helpers: threads - 1)
  }

  deinit { state.stop() }

  /// The number of processors that this process may run on.
  public static var availableCores: Int {
    let status = (try? readFile("/proc/self/status")) ?? []
    let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
    let mask = lines.first { $0.hasPrefix("Cpus_allowed:") }?.dropFirst(13) ?? ""
    let cores = mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
    return cores > 0 ? cores : runningCores
  }

  /// The number of processors of the machine that are running.
  public static var runningCores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Calls `body` once for every index in 0 ..< count, on all threads, and waits for the last.
  ///
  /// A body must not start another loop on the same pool.
  public func parallelFor(_ count: Int, _ body: (_ index: Int) -> Void) {
    parallelFor(count) { index, _ in body(index) }
  }

  /// As ``parallelFor(_:_:)``; the body is also told which of the `threads` workers it runs on,
  /// so that it can use that worker's scratch memory.
  func parallelFor(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
    guard threads > 1, count > 1 else {
      for index in 0..<max(count, 0) { body(index, 0) }
      return
    }
    withoutActuallyEscaping(body) { state.run(count, $0) }
  }
}

/// What the threads of a pool share, behind one mutex.
private final class PoolState: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let work = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let callers = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var handles: [pthread_t] = []
  private var body: ((Int, Int) -> Void)?
  private var next = 0
  private var count = 0
  private var busy = 0
  private var generation = 0
  private var isStopping = false

  init(helpers: Int) {
    pthread_mutex_init(mutex, nil)
    pthread_mutex_init(callers, nil)
    pthread_cond_init(work, nil)
    pthread_cond_init(done, nil)
    for worker in 1..<max(helpers + 1, 1) { start(worker: worker) }
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_mutex_destroy(callers)
    pthread_cond_destroy(work)
    pthread_cond_destroy(done)
    for pointer in [mutex, callers] { pointer.deallocate() }
    for pointer in [work, done] { pointer.deallocate() }
  }

  private final class Start {
    let state: PoolState
    let worker: Int
    init(state: PoolState, worker: Int) {
      self.state = state
      self.worker = worker
    }
  }

  private func start(worker: Int) {
    let argument = Unmanaged.passRetained(Start(state: self, worker: worker)).toOpaque()
    var handle = pthread_t()
    let status = pthread_create(
      &handle,
      nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        start.state.serve(worker: start.worker)
        return nil
      },
      argument
    )
    precondition(status == 0, "WorkerPool: the system refused a thread (error \(status))")
    handles.append(handle)
  }

  func run(_ count: Int, _ body: @escaping (Int, Int) -> Void) {
    pthread_mutex_lock(callers)
    pthread_mutex_lock(mutex)
    self.body = body
    self.count = count
    next = 0
    generation += 1
    pthread_cond_broadcast(work)
    takeIndices(worker: 0, body)
    while busy > 0 { pthread_cond_wait(done, mutex) }
    self.body = nil
    pthread_mutex_unlock(mutex)
    pthread_mutex_unlock(callers)
  }

  /// Works until no index is left; called and left with the mutex held.
  private func takeIndices(worker: Int, _ body: (Int, Int) -> Void) {
    busy += 1
    while next < count {
      let index = next
      next += 1
      pthread_mutex_unlock(mutex)
      body(index, worker)
      pthread_mutex_lock(mutex)
    }
    busy -= 1
  }

  private func serve(worker: Int) {
    var seen = 0
    pthread_mutex_lock(mutex)
    while !isStopping {
      if generation != seen, let body {
        seen = generation
        takeIndices(worker: worker, body)
        if busy == 0 { pthread_cond_signal(done) }
      } else {
        pthread_cond_wait(work, mutex)
      }
    }
    pthread_mutex_unlock(mutex)
  }

  func stop() {
    pthread_mutex_lock(mutex)
    isStopping = true
    pthread_cond_broadcast(work)
    pthread_mutex_unlock(mutex)
    for handle in handles { pthread_join(handle, nil) }
  }
}
