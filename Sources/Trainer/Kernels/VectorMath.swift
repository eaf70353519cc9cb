/// The number of values that the hand-written loops treat at once.
typealias Lanes = SIMD8<Float>

extension Lanes {
  /// Eight values from `pointer` on, which need not be aligned.
  @inline(__always)
  init(_ pointer: UnsafePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
  }

  /// Eight values from `pointer` on, which need not be aligned.
  @inline(__always)
  init(_ pointer: UnsafeMutablePointer<Float>) { self.init(UnsafePointer(pointer)) }

  /// The first `count` values from `pointer` on, the other lanes filled with `filler`.
  @inline(__always)
  init(_ pointer: UnsafePointer<Float>, count: Int, filler: Float) {
    self.init(repeating: filler)
    for lane in 0..<count { self[lane] = pointer[lane] }
  }

  /// Writes all lanes from `pointer` on.
  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Lanes.self)
  }

  /// Writes the first `count` lanes from `pointer` on.
  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>, count: Int) {
    for lane in 0..<count { pointer[lane] = self[lane] }
  }

  /// The sum of the lanes, in a fixed order.
  @inline(__always)
  var laneSum: Float {
    let four = lowHalf + highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }

  /// The largest lane.
  @inline(__always)
  var laneMaximum: Float {
    let four = lowHalf.replacing(with: highHalf, where: highHalf .> lowHalf)
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return two[0] > two[1] ? two[0] : two[1]
  }

  /// The larger of each pair of lanes; the first where they do not compare.
  @inline(__always)
  func larger(_ other: Lanes) -> Lanes { replacing(with: other, where: other .> self) }
}

/// e^x in every lane, with a relative error below 1.5e-7; 0 below -87.3.
///
/// x = n ln 2 + r with a whole n and |r| <= ln 2 / 2; e^r is a polynomial of degree 6 (minimax,
/// error 3e-9) and 2^n goes straight into the exponent bits.
/// - Precondition: no lane exceeds 88.
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
  let floor = Lanes(repeating: -87.3)
  let clamped = x.larger(floor)
  // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
  let shifted = Lanes(repeating: 12_582_912).addingProduct(clamped, Lanes(repeating: 1.442_695))
  let whole = shifted - Lanes(repeating: 12_582_912)
  let coarse = clamped.addingProduct(whole, Lanes(repeating: -0.693_145_75))
  let r = coarse.addingProduct(whole, Lanes(repeating: -1.428_606_8e-6))
  var sum = Lanes(repeating: 0.001_381_471_505)
  sum = Lanes(repeating: 0.008_368_691_839).addingProduct(sum, r)
  sum = Lanes(repeating: 0.041_668_384_11).addingProduct(sum, r)
  sum = Lanes(repeating: 0.166_665_208_5).addingProduct(sum, r)
  sum = Lanes(repeating: 0.499_999_934_7).addingProduct(sum, r)
  sum = Lanes(repeating: 1).addingProduct(sum, r)
  sum = Lanes(repeating: 1).addingProduct(sum, r)
  let exponent = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< 23
  let scaled = unsafeBitCast(sum, to: SIMD8<UInt32>.self) &+ exponent
  let result = unsafeBitCast(scaled, to: Lanes.self)
  return result.replacing(with: Lanes.zero, where: x .< floor)
}

/// The standard normal distribution and its density times sqrt(2 pi), in every lane.
///
/// With z = |x| / sqrt 2: 1 - cumulative(|x|) = 1/2 e^(-z z) t Q(t), t = 1 / (1 + 0.4 z), where the
/// degree 5 polynomial Q was fitted to erfc(z) e^(z z) / t on 0 ... 6 (absolute error of erfc 3e-8).
@inline(__always)
func normalDistribution(_ x: Lanes) -> (cumulative: Lanes, bell: Lanes) {
  let magnitude = x.replacing(with: -x, where: x .< Lanes.zero)
  let z = magnitude * Lanes(repeating: 0.707_106_78)
  let bell = exponential(-(z * z))
  let t = Lanes(repeating: 1) / Lanes(repeating: 1).addingProduct(z, Lanes(repeating: 0.4))
  var sum = Lanes(repeating: -0.200_283_367)
  sum = Lanes(repeating: 0.709_246_438).addingProduct(sum, t)
  sum = Lanes(repeating: -0.371_069_809).addingProduct(sum, t)
  sum = Lanes(repeating: 0.468_405_500).addingProduct(sum, t)
  sum = Lanes(repeating: 0.161_770_647).addingProduct(sum, t)
  sum = Lanes(repeating: 0.231_930_563).addingProduct(sum, t)
  let tail = sum * t * bell * Lanes(repeating: 0.5)
  let cumulative = tail.replacing(with: Lanes(repeating: 1) - tail, where: x .> Lanes.zero)
  return (cumulative, bell)
}

/// Calls `body` for whole groups of eight positions, then `rest` for what is left of `count`.
@inline(__always)
func forLanes(
  _ count: Int,
  _ body: (_ start: Int) -> Void,
  rest: (_ start: Int, _ count: Int) -> Void
) {
  let whole = count & ~7
  var start = 0
  while start < whole {
    body(start)
    start += 8
  }
  if whole < count { rest(whole, count - whole) }
}

/// Eight neighbouring values or the few that are left at the end.
struct LaneSpan {
  let start: Int
  let count: Int

  /// The values of this span, from a pointer to the first of all.
  @inline(__always)
  func load(_ base: UnsafePointer<Float>) -> Lanes {
    count == 8 ? Lanes(base + start) : loadRest(base + start, count)
  }

  /// The values of this span, from a pointer to the first of all.
  @inline(__always)
  func load(_ base: UnsafeMutablePointer<Float>) -> Lanes { load(UnsafePointer(base)) }

  @inline(__always)
  func store(_ lanes: Lanes, to base: UnsafeMutablePointer<Float>) {
    if count == 8 {
      lanes.store(to: base + start)
    } else {
      storeRest(lanes, to: base + start, count)
    }
  }

  // Lane by lane, and so kept apart: inlined, they make the compiler take whole vectors apart too.

  @inline(never)
  private func loadRest(_ pointer: UnsafePointer<Float>, _ count: Int) -> Lanes {
    Lanes(pointer, count: count, filler: 0)
  }

  @inline(never)
  private func storeRest(_ lanes: Lanes, to pointer: UnsafeMutablePointer<Float>, _ count: Int) {
    lanes.store(to: pointer, count: count)
  }

  @inline(__always)
  func add(_ lanes: Lanes, to base: UnsafeMutablePointer<Float>) {
    store(load(base) + lanes, to: base)
  }
}

/// Calls `body` for groups of eight positions, and for what is left of `count`.
///
/// There is one call, so that the body is inlined.
@inline(__always)
func forLaneSpans(_ count: Int, _ body: (LaneSpan) -> Void) {
  var start = 0
  while start < count {
    body(LaneSpan(start: start, count: min(8, count - start)))
    start += 8
  }
}
