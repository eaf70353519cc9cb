import RealModule
import Testing

@testable import Trainer

@Suite struct VectorMathTests {
  @Test func `the exponential is right to a rounding or two`() {
    var worst = 0.0
    for x in stride(from: Float(-87.25), through: 20, by: 0.0371) {
      let exact = Double.exp(Double(x))
      let error = abs(Double(exponential(Lanes(repeating: x))[3]) - exact) / exact
      worst = max(worst, error)
    }
    #expect(worst < 1.5e-7)
    #expect(exponential(Lanes(repeating: -88))[0] == 0)
    #expect(exponential(Lanes(repeating: -.infinity))[0] == 0)
    #expect(exponential(Lanes(repeating: 0))[0] == 1)
    #expect(exponential(Lanes(repeating: .nan))[0].isNaN)
  }

  @Test func `the normal distribution is right to two roundings near 1`() {
    var worst = 0.0
    for x in stride(from: Float(-9), through: 9, by: 0.0173) {
      let exact = 0.5 * (1 + Double.erf(Double(x) / 2.0.squareRoot()))
      worst = max(worst, abs(Double(normalDistribution(Lanes(repeating: x)).cumulative[5]) - exact))
    }
    // Measured 1.16e-7; a Float near 1 is rounded by up to 6e-8.
    #expect(worst < 1.2e-7)
    let far = normalDistribution(Lanes(repeating: 1e30))
    #expect(far.cumulative[0] == 1 && far.bell[0] == 0)
    #expect(normalDistribution(Lanes(repeating: .nan)).cumulative[0].isNaN)
  }

  @Test func `sums and maxima of lanes see every lane`() {
    for lane in 0..<8 {
      var values = Lanes(repeating: -3)
      values[lane] = 5
      #expect(values.laneMaximum == 5)
      #expect(values.laneSum == -16)
    }
  }
}
