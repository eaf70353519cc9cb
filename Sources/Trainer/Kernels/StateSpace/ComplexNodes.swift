internal import ComplexModule

/// Four complex numbers, at neighbouring nodes, that are computed with at once.
struct ComplexNodes {
  /// The numbers of a group.
  static let count = 4

  typealias Part = SIMD4<Double>

  var real: Part
  var imaginary: Part

  static let zero = ComplexNodes(real: .zero, imaginary: .zero)

  @inline(__always)
  init(real: Part, imaginary: Part) { (self.real, self.imaginary) = (real, imaginary) }

  /// The same number four times.
  init(_ value: Double) { self.init(real: Part(repeating: value), imaginary: .zero) }

  /// One of the numbers.
  subscript(lane: Int) -> ComplexDouble {
    @inline(__always) get { ComplexDouble(real[lane], imaginary[lane]) }
    @inline(__always) set { (real[lane], imaginary[lane]) = (newValue.real, newValue.imaginary) }
  }

  @inline(__always)
  var conjugate: ComplexNodes { ComplexNodes(real: real, imaginary: -imaginary) }

  /// 1 / z.
  @inline(__always)
  var reciprocal: ComplexNodes {
    let square = real * real + imaginary * imaginary
    return ComplexNodes(real: real / square, imaginary: -imaginary / square)
  }

  @inline(__always)
  static func + (left: ComplexNodes, right: ComplexNodes) -> ComplexNodes {
    ComplexNodes(real: left.real + right.real, imaginary: left.imaginary + right.imaginary)
  }

  @inline(__always)
  static func - (left: ComplexNodes, right: ComplexNodes) -> ComplexNodes {
    ComplexNodes(real: left.real - right.real, imaginary: left.imaginary - right.imaginary)
  }

  @inline(__always)
  static func * (left: ComplexNodes, right: ComplexNodes) -> ComplexNodes {
    ComplexNodes(
      real: left.real * right.real - left.imaginary * right.imaginary,
      imaginary: left.real * right.imaginary + left.imaginary * right.real
    )
  }

  @inline(__always)
  static prefix func - (value: ComplexNodes) -> ComplexNodes {
    ComplexNodes(real: -value.real, imaginary: -value.imaginary)
  }

  @inline(__always)
  static func += (left: inout ComplexNodes, right: ComplexNodes) { left = left + right }

  @inline(__always)
  static func -= (left: inout ComplexNodes, right: ComplexNodes) { left = left - right }

  @inline(__always)
  static func *= (left: inout ComplexNodes, right: ComplexNodes) { left = left * right }
}

extension ComplexNodes.Part {
  /// Four neighbouring values, which need not be aligned.
  @inline(__always)
  init(_ pointer: UnsafePointer<Double>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Self.self)
  }

  /// Four neighbouring values, which need not be aligned.
  @inline(__always)
  init(_ pointer: UnsafeMutablePointer<Double>) { self.init(UnsafePointer(pointer)) }

  /// Writes all four from `pointer` on.
  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Double>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Self.self)
  }
}
