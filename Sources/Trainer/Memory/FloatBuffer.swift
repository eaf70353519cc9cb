/// A block of Float values that owns its memory.
///
/// The address never changes while the object lives, so views of it may be kept beside it.
final class FloatBuffer: @unchecked Sendable {
  /// The first value; aligned to 64 bytes.
  let base: UnsafeMutablePointer<Float>
  /// The number of values.
  let count: Int

  /// A block of `count` zeros.
  init(count: Int) {
    precondition(count >= 0, "FloatBuffer: count is \(count)")
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
    self.base = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
    base.initialize(repeating: 0, count: max(count, 1))
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }

  /// The size of the values in bytes.
  var byteCount: Int { count * MemoryLayout<Float>.stride }

  /// All values.
  var values: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }
}
