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
    let configuration = try configuration(.finetune, study.seeds[0])
    let rates = study.grid?.learningRates ?? [configuration.optimizer.learningRate]
    let limit = min(study.scale?.batchSize ?? .max, trainingSamples)
    let sizes = study.grid?.batchSizes?.map { min($0, limit) } ?? [configuration.batchSize]
    let distinct = sizes.enumerated().filter { !sizes[..<$0.offset].contains($0.element) }
    let isGrid = rates.count * distinct.count > 1
    return rates.flatMap { rate in
      distinct.map { _, size in
        var candidate = configuration
        candidate.optimizer.learningRate = rate
        candidate.batchSize = size
        let choice = isGrid ? "-rate-\(rate)-batch-\(size)" : ""
        var run = run(finetuningName(study.seeds[0]) + choice, candidate)
        run.isCandidate = isGrid
        return run
      }
    }
  }

  /// The finetuning with another seed, by the best of `candidates`.
  func finetuning(_ seed: UInt64, among candidates: [StudyRun]) throws -> StudyRun {
    if candidates.count == 1 {
      return run(finetuningName(seed), try configuration(.finetune, seed))
    }
    var run = run(finetuningName(seed), try configuration(.finetune, seed))
    run.candidates = candidates.map(\.name)
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
    _ seed: UInt64
  ) throws -> RunConfiguration {
    let preset = try Preset.named(presetName(of: architecture)).configuration(for: stage)
    var result = try changed(preset, by: architecture)
    (result.stage, result.seed) = (stage, seed)
    if cell.start == .causal { result.network.isCausal = true }
    // A warm-up of the changes is for their steps, one of the preset for the preset's.
    let isOwn = result.schedule.warmUpSteps != preset.schedule.warmUpSteps
    try setLength(&result, warmUpOf: isOwn ? result : preset)
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
    let isPretraining = preset.stage == .pretrain
    let changes = [
      ("architecture '\(architecture.name)'", architecture.changes),
      (
        "architecture '\(architecture.name)'",
        isPretraining ? architecture.pretrain : architecture.finetune
      ), ("task '\(task.name)'", isPretraining ? task.pretrain : task.finetune),
    ]
    for (place, change) in changes {
      guard let change else { continue }
      result = try result.merged(withJSON: JSON.encode(change), from: place)
    }
    return result
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
  ///   - original: the one for whose length its warm-up was made.
  private func setLength(
    _ result: inout RunConfiguration,
    warmUpOf original: RunConfiguration
  ) throws {
    let all = shape.samples[.train] ?? 0
    let full = try original.totalSteps(samples: max(all, original.batchSize))
    let scale = study.scale ?? StudyScale()
    if trainingSamples < all { result.trainingSamples = trainingSamples }
    result.batchSize = min(result.batchSize, scale.batchSize ?? .max, trainingSamples)
    let isScaled = study.scale != nil || cell.fraction != nil || cell.pretrainingShare != nil
    guard isScaled else {
      let steps = try result.totalSteps(samples: max(all, result.batchSize))
      result.schedule = result.schedule.scaled(from: full, to: steps)
      return
    }
    let samples = min(all, scale.samples ?? .max)
    let perEpoch = try result.stepsPerEpoch(samples: max(samples, result.batchSize))
    let limit = result.stage == .pretrain ? scale.pretrainSteps : scale.finetuneSteps
    let epochs = study.tiedEpochs?.epochs ?? result.epochs.map(Double.init)
    var steps = min(
      result.steps ?? .max,
      epochs.map { Int(($0 * Double(perEpoch)).rounded()) } ?? .max,
      limit ?? .max
    )
    if let share = cell.pretrainingShare {
      let part = result.stage == .pretrain ? share : 1 - share
      steps = Int((part * Double(steps)).rounded())
    }
    (result.steps, result.epochs) = (max(1, steps), nil)
    result.schedule = result.schedule.scaled(from: full, to: max(1, steps))
    result.validation.everySteps = min(perEpoch, max(1, steps / 10))
    result.validation.samples = scale.evaluationSamples ?? result.validation.samples
    result.validation.batchSize = result.validation.batchSize.map { min($0, result.batchSize) }
  }
}

extension RunConfiguration {
  /// The steps of a run on so many training samples.
  ///
  /// - Throws: ``RunError`` when they do not fill a batch.
  func totalSteps(samples: Int) throws -> Int {
    let perEpoch = try stepsPerEpoch(samples: samples)
    return min(
      steps ?? .max,
      epochs.map { epochs in
        let (steps, overflow) = epochs.multipliedReportingOverflow(by: perEpoch)
        return overflow ? .max : steps
      } ?? .max
    )
  }
}

extension RunConfiguration.Rate {
  /// The same schedule for a run of another length; a longer run keeps its warm-up, which is at most a
  /// quarter of a shorter one.
  fileprivate func scaled(from old: Int, to new: Int) -> Self {
    var rate = self
    let factor = Double(new) / Double(max(1, old))
    rate.warmUpSteps = Int((Double(warmUpSteps) * min(1, factor)).rounded())
    if new < old { rate.warmUpSteps = min(rate.warmUpSteps, new / 4) }
    rate.totalSteps = totalSteps.map { max(1, Int((Double($0) * factor).rounded())) }
    return rate
  }
}
