import Glibc

@testable import Trainer

/// Ranks that are threads of one process, for tests without MPI.
final class ThreadRanks: RankGroup, @unchecked Sendable {
  let rank: Int
  let size: Int
  private let board: Board

  private init(_ rank: Int, of size: Int, _ board: Board) {
    (self.rank, self.size, self.board) = (rank, size, board)
  }

  func allReduce(_ values: UnsafeMutableBufferPointer<Float>) { reduce(values) }

  func allReduce(_ values: UnsafeMutableBufferPointer<Double>) { reduce(values) }

  private func reduce<Value: FloatingPoint>(_ values: UnsafeMutableBufferPointer<Value>) {
    let all = board.exchange(Array(UnsafeRawBufferPointer(values)), rank)
    for index in values.indices {
      values[index] = all.reduce(0) { sum, bytes in
        sum
          + bytes.withUnsafeBytes {
            $0.load(fromByteOffset: index * MemoryLayout<Value>.stride, as: Value.self)
          }
      }
    }
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
    bytes.copyBytes(from: board.exchange(Array(bytes), rank)[root])
  }

  /// Runs a body on every rank at once.
  ///
  /// - Returns: what each rank returned, in order.
  /// - Throws: what the lowest rank that failed threw.
  static func run<Value>(
    _ size: Int,
    _ body: @escaping (any RankGroup) throws -> Value
  ) throws -> [Value] {
    try outcomes(size, body).map { try $0.get() }
  }

  /// As ``run(_:_:)``, with the errors of all ranks.
  static func outcomes<Value>(
    _ size: Int,
    _ body: @escaping (any RankGroup) throws -> Value
  ) -> [Result<Value, any Error>] {
    let board = Board(size)
    var results = [Result<Value, any Error>?](repeating: nil, count: size)
    results.withUnsafeMutableBufferPointer { results in
      let threads = (0..<size).map { rank in
        let place = results.baseAddress! + rank
        return Thread { place.pointee = Result { try body(ThreadRanks(rank, of: size, board)) } }
      }
      for thread in threads { thread.join() }
    }
    return results.map { $0! }
  }
}

/// Where ranks lay down bytes and read those of the others.
private final class Board: @unchecked Sendable {
  private let size: Int
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var waiting: [Int: [UInt8]] = [:]
  private var complete: [[UInt8]] = []
  private var round = 0

  init(_ size: Int) {
    self.size = size
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  func exchange(_ bytes: [UInt8], _ rank: Int) -> [[UInt8]] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let mine = round
    waiting[rank] = bytes
    if waiting.count == size {
      complete = (0..<size).map { waiting[$0]! }
      waiting = [:]
      round += 1
      pthread_cond_broadcast(changed)
    } else {
      while round == mine { pthread_cond_wait(changed, mutex) }
    }
    return complete
  }
}

/// A thread with a stack as large as the main one's.
private final class Thread {
  private var handle = pthread_t()
  private let body: () -> Void

  init(_ body: @escaping () -> Void) {
    self.body = body
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 8 << 20)
    let argument = Unmanaged.passUnretained(self).toOpaque()
    pthread_create(
      &handle,
      &attributes,
      { argument in
        Unmanaged<Thread>.fromOpaque(argument!).takeUnretainedValue().body()
        return nil
      },
      argument
    )
  }

  func join() { pthread_join(handle, nil) }
}
