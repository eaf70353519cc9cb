/// Makes the configurations of one cell's runs.
struct StudyRunBuilder {
  private let study: Study
  private let cell: StudyRun.Cell
  private let task: Study.Task
  private let architecture: Study.Architecture
  private let shape: TaskShape

  init(
    _ study: Study,
    _ cell: StudyRun.Cell,
    _ task: Study.Task,
    _ architecture: Study.Architecture,
    _ shape: TaskShape
  ) {
    (self.study, self.cell, self.task) = (study, cell, task)
    (self.architecture, self.shape) = (architecture, shape)
  }

  /// The pretraining with a seed.
  func pretraining(_ seed: UInt64) throws -> StudyRun {
    var configuration = try configuration(.pretrain, seed)
    configuration.objective.kind = cell.start == .causal ? .causal : .masked
    configuration.objective.mask = cell.start == .causal ? nil : task.mask
    return run(pretrainingName(seed), configuration)
  }

  /// The finetunings with the first seed: one for every choice of learning rate and batch size.
  func candidates() throws -> [StudyRun] {
    let seed = study.seeds[0]
    let sizes = study.grid?.batchSizes?.map { Optional($0) } ?? [nil]
    var configurations: [RunConfiguration] = []
    for size in sizes {
      let sized = try configuration(.finetune, seed, batchSize: size)
      for rate in study.grid?.learningRates ?? [sized.optimizer.learningRate] {
        var candidate = sized
        candidate.optimizer.learningRate = rate
        // A scale may have made two sizes alike.
        if !configurations.contains(candidate) { configurations.append(candidate) }
      }
    }
    let isGrid = configurations.count > 1
    return configurations.map { candidate in
      let choice =
        isGrid ? "-rate-\(candidate.optimizer.learningRate)-batch-\(candidate.batchSize)" : ""
      var run = run(finetuningName(seed) + choice, candidate)
      run.isCandidate = isGrid
      return run
    }
  }

  /// The finetuning with another seed, by the best of `candidates`.
  func finetuning(_ seed: UInt64, among candidates: [StudyRun]) -> StudyRun {
    var configuration = candidates[0].configuration
    configuration.seed = seed
    var run = run(finetuningName(seed), configuration)
    if candidates.count > 1 { run.candidates = candidates.map(\.name) }
    return run
  }

  private func pretrainingName(_ seed: UInt64) -> String { "\(cell.name)-pretrain-seed-\(seed)" }

  private func finetuningName(_ seed: UInt64) -> String { "\(cell.name)-finetune-seed-\(seed)" }

  private func run(_ name: String, _ configuration: RunConfiguration) -> StudyRun {
    let isPretrained = configuration.stage == .finetune && cell.start != .scratch
    return StudyRun(
      name: name,
      cell: cell,
      seed: configuration.seed,
      configuration: configuration,
      pretraining: isPretrained ? pretrainingName(configuration.seed) : nil,
      candidates: [],
      isCandidate: false
    )
  }

  /// The training samples of the scale and the fraction.
  private var trainingSamples: Int {
    let all = min(shape.samples[.train] ?? 0, study.scale?.samples ?? .max)
    return cell.fraction.map { max(1, Int(($0 * Double(all)).rounded())) } ?? all
  }

  /// A stage's preset with the architecture's changes, the scale, the fraction and the share of steps.
  private func configuration(
    _ stage: RunConfiguration.Stage,
    _ seed: UInt64,
    batchSize: Int? = nil
  ) throws -> RunConfiguration {
    let preset = try Preset.named(presetName(of: architecture)).configuration(for: stage)
    var result = try changed(preset, by: architecture)
    (result.stage, result.seed) = (stage, seed)
    if let batchSize { result.batchSize = batchSize }
    if cell.start == .causal { result.network.isCausal = true }
    try setLength(&result, original: preset)
    if let scale = study.scale { result.network = try shrunk(result.network, scale, stage) }
    return result
  }

  private func presetName(of architecture: Study.Architecture) -> String {
    let causal = cell.start == .causal ? architecture.causalPresets?[task.name] : nil
    return causal ?? architecture.presets[task.name] ?? ""
  }

  /// A preset with an architecture's changes and the task's.
  private func changed(
    _ preset: RunConfiguration,
    by architecture: Study.Architecture
  ) throws -> RunConfiguration {
    var result = preset
    for (place, change) in changes(architecture, preset.stage) {
      result = try result.merged(withJSON: JSON.encode(change), from: place)
    }
    if sets("steps", preset.stage), !sets("epochs", preset.stage) { result.epochs = nil }
    return result
  }

  private func changes(
    _ architecture: Study.Architecture,
    _ stage: RunConfiguration.Stage
  ) -> [(place: String, change: JSONValue)] {
    let isPretraining = stage == .pretrain
    let place = "architecture '\(architecture.name)'"
    return [
      (place, architecture.changes),
      (place, isPretraining ? architecture.pretrain : architecture.finetune),
      ("task '\(task.name)'", isPretraining ? task.pretrain : task.finetune),
    ].compactMap { place, change in change.map { (place, $0) } }
  }

  /// Whether the study file names a field, such as "schedule.warmUpSteps".
  private func sets(_ path: String, _ stage: RunConfiguration.Stage) -> Bool {
    changes(architecture, stage).contains { $0.change.holds(path) }
  }

  /// The network at the study's scale; architectures of one preset keep their proportions.
  private func shrunk(
    _ network: NetworkConfiguration,
    _ scale: StudyScale,
    _ stage: RunConfiguration.Stage
  ) throws -> NetworkConfiguration {
    let name = presetName(of: architecture)
    let relatives = try study.architectures.filter { presetName(of: $0) == name }.map {
      try changed(Preset.named(name).configuration(for: stage), by: $0).network
    }
    let widest = relatives.map(\.width).max() ?? network.width
    let deepest = relatives.map(\.depth).max() ?? network.depth
    var own = scale
    own.width = scale.width.map { width in
      width < widest
        ? min(width, max(4, (width * network.width / widest + 3) / 4 * 4)) : network.width
    }
    own.depth = scale.depth.map { depth in
      depth < deepest ? max(1, (depth * network.depth + deepest - 1) / deepest) : network.depth
    }
    return network.shrunk(own)
  }

  /// Sets samples, batches, steps, schedule and evaluation.
  ///
  /// - Parameters:
  ///   - result: the configuration to change.
  ///   - original: the preset, for whose length its schedule was made.
  /// - Throws: ``RunError`` when the split fills no batch.
  private func setLength(_ result: inout RunConfiguration, original: RunConfiguration) throws {
    let all = shape.samples[.train] ?? 0
    let scale = study.scale ?? StudyScale()
    let full = try original.totalSteps(samples: max(all, original.batchSize))
    result.batchSize = min(result.batchSize, scale.batchSize ?? .max)
    // As many steps for a fraction as for all samples.
    let samples = max(min(all, scale.samples ?? .max), result.batchSize)
    let perEpoch = try result.stepsPerEpoch(samples: samples)
    if trainingSamples < all { result.trainingSamples = trainingSamples }
    result.batchSize = min(result.batchSize, trainingSamples)
    var steps = result.totalSteps(perEpoch: perEpoch)
    let isScaled = study.scale != nil || cell.fraction != nil || cell.pretrainingShare != nil
    if isScaled {
      let limit = result.stage == .pretrain ? scale.pretrainSteps : scale.finetuneSteps
      steps = min(steps, limit ?? .max)
      if let share = cell.pretrainingShare { steps = try tiedSteps(share, result.stage) }
      steps = max(1, steps)
      (result.steps, result.epochs) = (steps, nil)
      result.validation.everySteps = min(perEpoch, max(1, steps / 10))
      result.validation.samples = scale.evaluationSamples ?? result.validation.samples
      result.validation.batchSize = result.validation.batchSize.map { min($0, result.batchSize) }
    }
    guard steps != full else { return }
    if !sets("schedule.warmUpSteps", result.stage), steps < full {
      let scaled = Double(result.schedule.warmUpSteps) * Double(steps) / Double(full)
      result.schedule.warmUpSteps = min(Int(scaled.rounded()), steps / 4)
    }
    if !sets("schedule.totalSteps", result.stage) { result.schedule.totalSteps = nil }
  }

  /// A stage's part of the epochs that both share: under a scale both stages are cut by one factor, so
  /// that every share costs the same number of samples.
  private func tiedSteps(_ share: Double, _ stage: RunConfiguration.Stage) throws -> Int {
    let scale = study.scale ?? StudyScale()
    let epochs = study.tiedEpochs?.epochs ?? 0
    func whole(_ stage: RunConfiguration.Stage) throws -> Double {
      let preset = try Preset.named(presetName(of: architecture)).configuration(for: stage)
      var configuration = try changed(preset, by: architecture)
      configuration.batchSize = min(configuration.batchSize, scale.batchSize ?? .max)
      let samples = min(shape.samples[.train] ?? 0, scale.samples ?? .max)
      return epochs
        * Double(try configuration.stepsPerEpoch(samples: max(samples, configuration.batchSize)))
    }
    let limits = try [
      Double(scale.pretrainSteps ?? .max) / whole(.pretrain),
      Double(scale.finetuneSteps ?? .max) / whole(.finetune),
    ]
    let factor = min(1, limits[0], limits[1])
    let part = stage == .pretrain ? share : 1 - share
    return Int((part * factor * (try whole(stage))).rounded())
  }
}

extension JSONValue {
  /// Whether an object has a field at a path such as "schedule.warmUpSteps".
  fileprivate func holds(_ path: String) -> Bool {
    let parts = path.split(separator: ".", maxSplits: 1)
    guard case .object(let fields) = self, let next = fields[String(parts[0])] else { return false }
    return parts.count == 1 || next.holds(String(parts[1]))
  }
}
