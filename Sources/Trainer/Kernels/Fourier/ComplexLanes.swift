/// The complex numbers of eight channels.
///
/// In memory a row is sixteen values: the eight real parts, then the eight imaginary parts.
struct ComplexLanes {
  var re: Lanes
  var im: Lanes

  /// The values of a row in memory.
  static let rowCount = 16

  @inline(__always)
  init(_ re: Lanes, _ im: Lanes) {
    self.re = re
    self.im = im
  }

  /// The row at `pointer`.
  @inline(__always)
  init(_ pointer: UnsafeMutablePointer<Float>) {
    self.init(Lanes(pointer), Lanes(pointer + 8))
  }

  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>) {
    re.store(to: pointer)
    im.store(to: pointer + 8)
  }

  /// The row at `pointer`, its parts exchanged if `swapped`.
  @inline(__always)
  init(_ pointer: UnsafeMutablePointer<Float>, swapped: Bool) {
    self.init(Lanes(pointer + (swapped ? 8 : 0)), Lanes(pointer + (swapped ? 0 : 8)))
  }

  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>, swapped: Bool) {
    re.store(to: pointer + (swapped ? 8 : 0))
    im.store(to: pointer + (swapped ? 0 : 8))
  }

  @inline(__always) var conjugate: ComplexLanes { ComplexLanes(re, -im) }

  /// i times the number.
  @inline(__always) var turned: ComplexLanes { ComplexLanes(-im, re) }

  @inline(__always)
  static func + (a: ComplexLanes, b: ComplexLanes) -> ComplexLanes {
    ComplexLanes(a.re + b.re, a.im + b.im)
  }

  @inline(__always)
  static func - (a: ComplexLanes, b: ComplexLanes) -> ComplexLanes {
    ComplexLanes(a.re - b.re, a.im - b.im)
  }

  @inline(__always)
  static func * (a: ComplexLanes, b: ComplexLanes) -> ComplexLanes {
    ComplexLanes(
      (a.re * b.re).addingProduct(-a.im, b.im),
      (a.re * b.im).addingProduct(a.im, b.re)
    )
  }

  /// All lanes times the number at `root`, real part first.
  @inline(__always)
  static func * (a: ComplexLanes, root: UnsafePointer<Float>) -> ComplexLanes {
    a * ComplexLanes(Lanes(repeating: root[0]), Lanes(repeating: root[1]))
  }

  @inline(__always)
  static func * (a: ComplexLanes, scale: Float) -> ComplexLanes {
    ComplexLanes(a.re * scale, a.im * scale)
  }
}
