import DataKit
import FoundationEssentials
import TestSupport
import Testing

@testable import Trainer

@Suite struct OptimizerTests {
  private struct Description: Decodable {
    let groups: [String: [Double]]
    let betas: [Double]
    let eps: Double
    let steps: Int
    let constantWarmup: [String: Int]
    let cosineWarmup: [String: Int]
  }

  private func golden() throws -> (SafetensorsFile, Description) {
    let file = try SafetensorsFile(path: Fixtures.path("golden/op_optim.safetensors"))
    let config = try #require(file.metadata["config"])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return (file, try decoder.decode(Description.self, from: Data(config.utf8)))
  }

  @Test func `weights and moments follow the golden steps`() throws {
    let (file, description) = try golden()
    var layout = ParameterLayout()
    for name in description.groups.keys.sorted() {
      layout.add(name, try file.description(of: "w0.\(name)").shape)
    }
    let (weights, gradients) = (ParameterStore(layout: layout), ParameterStore(layout: layout))
    for name in layout.names { weights[name] = try file.elements(of: "w0.\(name)") }
    let optimizer = AdamW(
      layout: layout,
      groups: description.groups.mapValues {
        AdamW.Group(learningRate: $0[0], weightDecay: $0[1])
      },
      betas: AdamW.Betas(description.betas[0], description.betas[1]),
      epsilon: description.eps,
      pool: WorkerPool(threads: 2)
    )
    let multipliers: [Float] = try file.elements(of: "schedule.multipliers")
    for step in 0..<description.steps {
      for name in layout.names {
        gradients[name] = try file.elements(of: "g\(step + 1).\(name)")
      }
      optimizer.step(weights, gradients, multiplier: Double(multipliers[step]))
      for name in layout.names {
        let rate = description.groups[name]?[0] ?? 0
        expectClose(
          weights[name],
          try file.elements(of: "w\(step + 1).\(name)"),
          relative: 2e-7,
          absolute: 4e-6 * rate,
          "w\(step + 1).\(name)"
        )
      }
    }
    #expect(optimizer.stepCount == description.steps)
    for name in layout.names {
      // The gradients reach 23, and half a unit in the last place of 23 is 1e-6; the moment keeps
      // a tenth of it.
      expectClose(
        optimizer.firstMoment[name],
        try file.elements(of: "m_last.\(name)"),
        relative: 1e-6,
        absolute: 2e-7,
        "m.\(name)"
      )
      expectClose(
        optimizer.secondMoment[name],
        try file.elements(of: "v_last.\(name)"),
        relative: 1e-6,
        absolute: 1e-20,
        "v.\(name)"
      )
    }
  }

  @Test func `schedules follow the golden multipliers`() throws {
    let (file, description) = try golden()
    let constant: [Float] = try file.elements(of: "schedule.constant_warmup")
    let first = Schedule(warmUpSteps: try #require(description.constantWarmup["warmup"]))
    expectClose(
      constant.indices.map { Float(first.multiplier(at: $0)) },
      constant,
      absolute: 1e-7
    )
    let cosine: [Float] = try file.elements(of: "schedule.cosine_warmup")
    let total = try #require(description.cosineWarmup["total"])
    let second = Schedule(
      .cosine(total: total),
      warmUpSteps: try #require(description.cosineWarmup["warmup"])
    )
    expectClose(
      cosine.indices.map { Float(second.multiplier(at: $0)) },
      cosine,
      absolute: 1e-7
    )
  }

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
