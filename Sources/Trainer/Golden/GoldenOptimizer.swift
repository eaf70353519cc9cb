/// Steps of AdamW with given gradients, and the courses of the learning rate.
struct GoldenOptimizer {
  private struct Description: Decodable {
    struct Course: Decodable {
      var warmup: Int
      var total: Int?
    }

    var groups: [String: [Double]]
    var betas: [Double]
    var eps: Double
    var steps: Int
    var constantWarmup: Course
    var cosineWarmup: Course
  }

  let record: GoldenRecord

  func check() throws {
    let description = try GoldenFile.decode(Description.self, of: record.file)
    guard description.betas.count == 2, description.groups.values.allSatisfy({ $0.count == 2 })
    else { throw record.error("'betas' or a group has other values, expected two each") }
    try checkSteps(description)
    try checkSchedules(description)
  }

  private func checkSteps(_ description: Description) throws {
    var layout = ParameterLayout()
    for name in description.groups.keys.sorted() {
      layout.add(name, try record.shape("w0.\(name)"))
    }
    let (weights, gradients) = (ParameterStore(layout: layout), ParameterStore(layout: layout))
    for name in layout.names { weights[name] = try record.values("w0.\(name)") }
    let optimizer = AdamW(
      layout: layout,
      groups: description.groups.mapValues {
        AdamW.Group(learningRate: $0[0], weightDecay: $0[1])
      },
      betas: AdamW.Betas(description.betas[0], description.betas[1]),
      epsilon: description.eps,
      pool: record.pool
    )
    let multipliers: [Float] = try record.values("schedule.multipliers")
    guard description.steps > 0, multipliers.count >= description.steps else {
      throw record.error(
        "'schedule.multipliers' has \(multipliers.count) values, expected one for each of "
          + "\(description.steps) steps"
      )
    }
    for step in 1...description.steps {
      for name in layout.names {
        let gradient: [Float] = try record.values("g\(step).\(name)")
        guard gradient.count == weights[name].count else {
          throw record.error(
            "'g\(step).\(name)' has \(gradient.count) values, expected \(weights[name].count)"
          )
        }
        gradients[name] = gradient
      }
      optimizer.step(weights, gradients, multiplier: Double(multipliers[step - 1]))
      for name in layout.names {
        try record.compare(
          "w\(step).\(name)",
          weights[name],
          share: 0,
          relative: 2e-7,
          absolute: 4e-6 * (description.groups[name]?[0] ?? 0)
        )
      }
    }
    for name in layout.names {
      // Both moments are sums of gradients of unlike signs and sizes.
      try record.compare("m_last.\(name)", optimizer.firstMoment[name], share: 1e-6)
      try record.compare("v_last.\(name)", optimizer.secondMoment[name], share: 1e-6)
    }
  }

  private func checkSchedules(_ description: Description) throws {
    let steps = [
      description.constantWarmup.warmup, description.cosineWarmup.warmup,
      description.cosineWarmup.total ?? 0,
    ]
    guard steps.allSatisfy(Schedule.areUsable) else {
      throw record.error("'config' has schedules of \(steps) steps, expected -2^40 ... 2^40")
    }
    let constant = Schedule(warmUpSteps: description.constantWarmup.warmup)
    try compare("schedule.constant_warmup", constant)
    guard let total = description.cosineWarmup.total else {
      throw record.error("'cosine_warmup' has no 'total', expected steps")
    }
    let cosine = Schedule(.cosine(total: total), warmUpSteps: description.cosineWarmup.warmup)
    try compare("schedule.cosine_warmup", cosine)
  }

  private func compare(_ name: String, _ schedule: Schedule) throws {
    let count = try record.file.description(of: name).elementCount
    try record.compare(name, (0..<count).map { Float(schedule.multiplier(at: $0)) }, share: 1e-7)
  }
}
