internal import Synchronization

/// Which samples of a shard were found sound; threads share it without a lock.
///
/// A thread that does not see another's mark yet checks the sample again, which does no harm: no
/// order of memory accesses is needed.
final class CheckedSamples: Sendable {
  nonisolated(unsafe) private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let wordCount: Int

  /// A record of `count` samples, none of them checked.
  init(count: Int) {
    wordCount = (count + 63) / 64
    words = .allocate(capacity: wordCount)
    for index in 0..<wordCount { (words + index).initialize(to: Atomic(0)) }
  }

  deinit {
    words.deinitialize(count: wordCount)
    words.deallocate()
  }

  /// Whether a sample was marked.
  func contains(_ sample: Int) -> Bool {
    precondition(sample >= 0 && sample / 64 < wordCount, "there is no sample \(sample)")
    return words[sample / 64].load(ordering: .relaxed) >> UInt64(sample % 64) & 1 == 1
  }

  /// Marks a sample.
  func insert(_ sample: Int) {
    precondition(sample >= 0 && sample / 64 < wordCount, "there is no sample \(sample)")
    words[sample / 64].bitwiseOr(1 << UInt64(sample % 64), ordering: .relaxed)
  }
}
