internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport
internal import Trainer

/// The folder of a run that was named: a path as it is, a bare name below 'runs'.
func runPath(_ name: String) -> String {
  if name.contains("/") || name.hasSuffix(".safetensors") || name.hasSuffix(".json") { return name }
  return RunFolder(name).holdsRun ? name : "runs/" + name
}

/// Carries out what pretrain and finetune have in common.
struct TrainingSession {
  let stage: RunConfiguration.Stage
  let data: String?
  let settings: SettingOptions
  let options: RunOptions
  /// Where the pretrained network lies, if there is one.
  var from: String?
  /// The pretrained network, when it has been opened.
  private var source: WeightSource?
  /// Whether an option is given that a resumed run has to agree with.
  var changesRun: Bool
  var output: OutputOptions

  init(
    stage: RunConfiguration.Stage,
    data: String?,
    _ settings: SettingOptions,
    _ options: RunOptions
  ) {
    self.stage = stage
    self.data = data
    self.settings = settings
    self.options = options
    output = options.output
    changesRun = settings.changesRun
  }

  /// Trains; `adjust` sets what only one of the commands knows.
  func run(_ adjust: (inout RunConfiguration) throws -> Void) throws {
    try Processor.check()
    try options.ranks.run { ranks in
      var session = self
      session.output = output.spoken(by: ranks)
      try session.run(as: ranks, adjust)
    }
  }

  private mutating func run(
    as ranks: Ranks,
    _ adjust: (inout RunConfiguration) throws -> Void
  ) throws {
    let pool = output.pool(of: ranks)
    let (configuration, dataSet, folder) = try ranks.group.agree {
      try prepare(pool, ranks, adjust)
    }
    if ranks.group.any(Interrupts.wasRequested) {
      output.note("interrupted before the first step; nothing was written")
      throw ExitCode(ExitStatus.interrupted)
    }
    let run = try TrainingRun.start(
      configuration,
      on: dataSet,
      in: folder,
      resuming: options.resume,
      replacing: options.force,
      recomputing: options.memory.recompute,
      program: ranks.group.size > 1 ? Ranks.program() : "",
      pool: pool,
      ranks: ranks.group
    )
    announce(run, pool, ranks)
    try train(run, ranks)
  }

  /// Reads and checks what a run needs; no other rank is called.
  private mutating func prepare(
    _ pool: WorkerPool,
    _ ranks: Ranks,
    _ adjust: (inout RunConfiguration) throws -> Void
  ) throws -> (RunConfiguration, DataSet, RunFolder) {
    if data == "-", ranks.group.size > 1 {
      throw RunError(
        "--data -",
        "several ranks cannot share one standard input",
        hint: "receive the data set with 'lra-prep receive' first"
      )
    }
    source = try from.map { try WeightSource(at: runPath($0)) }
    let planned = try plan(adjust)
    try planned.0.check()
    if options.force, let source, planned.2.holds(source.path) {
      throw RunError(planned.2.path, "--force would remove the run that --from reads")
    }
    try checkMemory(planned.0, planned.1, pool, ranks)
    return planned
  }

  private func train(_ run: TrainingRun, _ ranks: Ranks) throws {
    Interrupts.install()
    let progress = TrainingProgress(run, quiet: output.quiet)
    let outcome: TrainingRun.Outcome
    do {
      outcome = try run.run(
        shouldStop: { Interrupts.wasRequested },
        observer: { progress.show($0) }
      )
    } catch {
      progress.finish()
      throw error
    }
    progress.finish()
    guard ranks.group.isFirst else {
      if outcome == .interrupted { throw ExitCode(ExitStatus.interrupted) }
      return
    }
    try report(run, outcome)
  }

  private func plan(
    _ adjust: (inout RunConfiguration) throws -> Void
  ) throws -> (RunConfiguration, DataSet, RunFolder) {
    if options.resume, let name = options.run {
      let folder = RunFolder(runPath(name))
      var configuration = try folder.readConfiguration()
      guard configuration.stage == stage else {
        throw RunError(
          folder.path,
          "the run is a \(configuration.stage.rawValue) run",
          hint: "use 'lra-train \(configuration.stage.rawValue) --resume'"
        )
      }
      let given = try dataFolder()
      if let given { configuration.data = given }
      let dataSet =
        try given.map { try DataSet(opening: $0) }
        ?? RunData(of: configuration, at: folder.path).open(allowingOther: true)
      if changesRun { try compare(try build(dataSet, adjust), configuration, folder) }
      settings.applyLength(to: &configuration)
      configuration.dataDigest = dataSet.digest
      return (configuration, dataSet, folder)
    }
    guard let data = try dataFolder() else {
      throw ValidationError("'--resume' needs '--run' or '--data'")
    }
    let dataSet = try DataSet(opening: data)
    let configuration = try build(dataSet, adjust)
    let folder = RunFolder(options.run.map(runPath) ?? defaultFolder(configuration))
    if options.resume {
      try compare(configuration, folder.readConfiguration(), folder)
    }
    return (configuration, dataSet, folder)
  }

  /// Preset, then file, then options, then what the data set decides.
  private func build(
    _ dataSet: DataSet,
    _ adjust: (inout RunConfiguration) throws -> Void
  ) throws -> RunConfiguration {
    let preset = try preset(for: dataSet)
    var configuration = preset.configuration(for: stage)
    configuration.data = dataSet.folder
    if let source {
      configuration.from = source.path
      if let network = source.checkpoint?.configuration.network {
        if settings.preset == nil { configuration.network.takeStructure(of: network) }
        configuration.network.isCausal = network.isCausal
      }
    }
    try settings.apply(to: &configuration)
    // A file laid over the preset may be another run's; these three are the command's to say.
    (configuration.data, configuration.stage) = (dataSet.folder, stage)
    configuration.from = source?.path
    try adjust(&configuration)
    return try configuration.resolved(for: dataSet)
  }

  private func preset(for dataSet: DataSet) throws -> Preset {
    if let name = settings.preset {
      let preset = try Preset.named(name)
      if preset.task != dataSet.manifest.task {
        output.note(
          "note: preset '\(name)' was made for '\(preset.task)', the data set is "
            + "'\(dataSet.manifest.task)'"
        )
      }
      return preset
    }
    if let source {
      guard let checkpoint = source.checkpoint else {
        throw RunError(
          source.path,
          "a GPT-NeoX model does not say how it is to be trained",
          hint: "name a preset, such as --preset pythia-70m-text"
        )
      }
      return try Preset.named(checkpoint.configuration.preset)
    }
    guard let preset = Preset.suggested(forTask: dataSet.manifest.task) else {
      throw RunError(
        dataSet.folder,
        "no preset was made for the task '\(dataSet.manifest.task)'",
        hint: "name one with --preset; 'lra-train presets' lists them"
      )
    }
    output.note("preset: \(preset.name), as none was named")
    return preset
  }

  private func compare(
    _ asked: RunConfiguration,
    _ stored: RunConfiguration,
    _ folder: RunFolder
  ) throws {
    guard let difference = try stored.firstDifference(from: asked) else { return }
    throw RunError(
      folder.path,
      "the run was started with \(difference.path) \(difference.here), the options say "
        + difference.there,
      hint: "leave out the options to go on with the run as it is"
    )
  }

  private func defaultFolder(_ configuration: RunConfiguration) -> String {
    let kind =
      switch (configuration.stage, configuration.from) {
      case (.pretrain, _): configuration.objective.kind.rawValue
      case (.finetune, nil): "from-scratch"
      case (.finetune, _): "from-pretrained"
      }
    return "runs/\(configuration.preset)-\(stage.rawValue)-\(kind)-seed-\(configuration.seed)"
  }

  /// Refuses what the machine cannot hold, and warns of what may not fit now.
  private func checkMemory(
    _ configuration: RunConfiguration,
    _ dataSet: DataSet,
    _ pool: WorkerPool,
    _ ranks: Ranks
  ) throws {
    let largest = try configuration.largestBatch(of: dataSet, ranks: ranks.group.size)
    func plan(recomputes: Bool) -> Int {
      ranks.onThisMachine
        * Network.memoryPlan(
          configuration.network,
          rows: largest.samples * dataSet.manifest.sequences,
          length: largest.length,
          threads: pool.threads,
          recomputes: recomputes
        ).total
    }
    let planned = plan(recomputes: options.memory.recompute)
    guard let available = availableMemory(), planned > available else { return }
    let less = plan(recomputes: true)
    let batch = largest.samples > configuration.batchSize ? "validation.batchSize" : "--batch-size"
    let hint =
      "see 'lra-train plan'; a smaller \(batch) needs less"
      + (less < planned ? ", --recompute \(megabytes(less))" : "")
    if let installed = installedMemory(), planned > installed {
      throw RunError(
        "batches of \(largest.samples) samples of \(largest.length) positions",
        "training needs \(megabytes(planned)) of memory, this machine has \(megabytes(installed))",
        hint: hint
      )
    }
    output.note(
      "warning: the run may need \(megabytes(planned)) of memory, \(megabytes(available)) are "
        + "free\nhint: \(hint)"
    )
  }
}

extension NetworkConfiguration {
  /// Takes over everything that pretrained weights depend on.
  mutating func takeStructure(of other: NetworkConfiguration) {
    (width, depth, layers, positions) = (other.width, other.depth, other.layers, other.positions)
    (prenorm, norm, maximumLength) = (other.prenorm, other.norm, other.maximumLength)
    (rotary, residual, classToken) = (other.rotary, other.residual, other.classToken)
    if classToken == true { pooling = .first }
  }
}
