import DataKit
import FoundationEssentials
import TestSupport
import Testing

@testable import Trainer

@Suite struct OptimizerTests {
  @Test func `the other warm-up moves at the first step and is done at the last`() {
    let schedule = Schedule(warmup: .fromFirstStep, warmUpSteps: 4)
    #expect((0..<6).map(schedule.multiplier) == [0.25, 0.5, 0.75, 1, 1, 1])
    #expect(Schedule().multiplier(at: 0) == 1)
  }

  @Test func `clipping scales to the largest norm and no further`() {
    var layout = ParameterLayout()
    layout.add("a", [40_000])
    let gradients = ParameterStore(layout: layout)
    let pool = WorkerPool(threads: 2)
    gradients["a"] = drawn(40_000, seed: 3)
    let before = gradients["a"]
    let expected = before.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let norm = GradientClipping.clip(gradients, toNorm: 1000, pool: pool)
    #expect(abs(norm - expected) < 1e-9 * expected)
    #expect(gradients["a"] == before)
    GradientClipping.clip(gradients, toNorm: 0.5, pool: pool)
    #expect(abs(GradientClipping.norm(of: gradients, pool: pool) - 0.5) < 1e-6)
    gradients["a"] = before.map { $0 * .infinity }
    #expect(!GradientClipping.clip(gradients, toNorm: 1, pool: pool).isFinite)
  }
}
