/// A function of a number, computed in every lane.
///
/// Kernels that are generic over it are compiled for each function that is worth it, without a choice
/// inside their loops.
protocol LaneFunction {
  /// The function and its derivative in every lane.
  func withSlope(_ x: Lanes) -> (value: Lanes, slope: Lanes)
}

/// x sigmoid(x).
struct Silu: LaneFunction {
  @inline(__always)
  func withSlope(_ x: Lanes) -> (value: Lanes, slope: Lanes) { siluWithSlope(x) }
}
