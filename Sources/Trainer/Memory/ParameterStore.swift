/// One block of Float values with named tensors in it.
///
/// Parameters, gradients and both moments of the optimizer are stores of one layout. A store is
/// a reference; it may be read from many threads, and written from one thread or in disjoint
/// parts.
public final class ParameterStore: @unchecked Sendable {
  /// The names, shapes and positions.
  public let layout: ParameterLayout
  private let buffer: FloatBuffer

  /// A store of zeros.
  public init(layout: ParameterLayout) {
    self.layout = layout
    self.buffer = FloatBuffer(count: layout.count)
  }

  /// The first value of the block; valid while the store lives.
  var base: UnsafeMutablePointer<Float> { buffer.base }

  /// The size of the block in bytes.
  public var byteCount: Int { buffer.byteCount }

  /// Lends the whole block for the duration of `body`.
  public func withValues<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try body(buffer.values)
  }

  /// Sets every value to zero.
  public func zero() { buffer.values.update(repeating: 0) }

  /// A copy of a tensor's values, row-major; assigning replaces them.
  ///
  /// - Precondition: the layout has the name, and as many values as are assigned.
  public subscript(name: String) -> [Float] {
    get { Array(buffer.values[range(of: name)]) }
    set {
      let range = range(of: name)
      precondition(
        newValue.count == range.count,
        "ParameterStore: '\(name)' has \(range.count) values, assigned \(newValue.count)"
      )
      _ = UnsafeMutableBufferPointer(rebasing: buffer.values[range]).update(
        fromContentsOf: newValue
      )
    }
  }

  private func range(of name: String) -> Range<Int> {
    guard let entry = layout[name] else {
      preconditionFailure("ParameterStore: there is no tensor '\(name)'")
    }
    return entry.range
  }
}
