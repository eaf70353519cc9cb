extension Study {
  /// Refuses a study that has nothing to compare or says something twice.
  ///
  /// - Throws: ``RunError`` with the first such field.
  public func check(_ place: String) throws {
    func refuse(_ reason: String) -> RunError { RunError(place, reason) }
    func distinct<Value: Hashable>(_ name: String, _ values: [Value]) throws {
      guard !values.isEmpty else { throw refuse("'\(name)' is empty") }
      var seen: Set<Value> = []
      if let twice = values.first(where: { !seen.insert($0).inserted }) {
        throw refuse("'\(name)' has \(twice) twice")
      }
    }
    try distinct("tasks", tasks.map(\.name))
    if let task = tasks.first(where: { StudyRun.slug($0.name) != $0.name }) {
      throw refuse(
        "the task '\(task.name)' is to be named in lower-case letters, digits, points and single hyphens"
      )
    }
    try distinct("architectures", architectures.map { StudyRun.slug($0.name) })
    try distinct("starts", starts)
    try distinct("seeds", seeds)
    if let seed = seeds.first(where: { $0 > UInt64(Int64.max) }) {
      throw refuse("'seeds' has \(seed), expected a number below 2^63")
    }
    if let rates = grid?.learningRates {
      try distinct("grid.learningRates", rates)
      if let rate = rates.first(where: { !($0 > 0 && $0.isFinite) }) {
        throw refuse("'grid.learningRates' has \(rate), expected more than 0")
      }
    }
    if let sizes = grid?.batchSizes {
      try distinct("grid.batchSizes", sizes)
      if let size = sizes.first(where: { $0 < 1 }) {
        throw refuse("'grid.batchSizes' has \(size), expected at least 1")
      }
    }
    if let fractions {
      try distinct("fractions", fractions)
      if let fraction = fractions.first(where: { !($0 > 0 && $0 <= 1) }) {
        throw refuse("'fractions' has \(fraction), expected more than 0 and at most 1")
      }
    }
    try checkTiedEpochs(refuse, distinct)
    try scale?.check(place)
    try checkArchitectures(refuse)
  }

  private func checkTiedEpochs(
    _ refuse: (String) -> RunError,
    _ distinct: (String, [Double]) throws -> Void
  ) throws {
    guard let tiedEpochs else { return }
    guard tiedEpochs.epochs > 0, tiedEpochs.epochs < 1e6 else {
      throw refuse("'tiedEpochs.epochs' is \(tiedEpochs.epochs), expected more than 0")
    }
    try distinct("tiedEpochs.shares", tiedEpochs.shares)
    if let share = tiedEpochs.shares.first(where: { !(0..<1).contains($0) }) {
      throw refuse("'tiedEpochs.shares' has \(share), expected at least 0 and under 1")
    }
    guard starts.contains(where: { $0 != .scratch }) else {
      throw refuse("'tiedEpochs' needs a start with pretraining")
    }
  }

  private func checkArchitectures(_ refuse: (String) -> RunError) throws {
    let names = Set(tasks.map(\.name))
    for architecture in architectures {
      let presets = architecture.presets.merging(architecture.causalPresets ?? [:]) { $1 }
      for (task, preset) in presets.sorted(by: { $0.key < $1.key }) {
        guard names.contains(task) else {
          throw refuse(
            "architecture '\(architecture.name)' has a preset for '\(task)', no task here"
          )
        }
        _ = try Preset.named(preset)
      }
      guard !architecture.presets.isEmpty else {
        throw refuse("architecture '\(architecture.name)' has no preset")
      }
      guard architecture.starts?.contains(where: starts.contains) ?? true else {
        throw refuse("architecture '\(architecture.name)' has none of the study's starts")
      }
    }
  }
}
