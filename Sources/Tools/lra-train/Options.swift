public import ArgumentParser
public import DataKit
internal import ToolSupport
public import Trainer

/// What a run learns with; every option is stronger than --config, which is stronger than --preset.
struct SettingOptions: ParsableArguments {
  @Option(help: "The preset to start from; see 'lra-train presets'.")
  var preset: String?

  @Option(
    help: ArgumentHelp(
      "A JSON file with any fields of a run's config.json, laid over the preset.",
      valueName: "file"
    )
  )
  var config: String?

  @Option(help: "Passes over the training split.")
  var epochs: Int?

  @Option(help: "Optimizer steps; with --epochs the smaller limit counts.")
  var steps: Int?

  @Option(help: "Samples of an optimizer step.")
  var batchSize: Int?

  @Option(help: "The learning rate after the warm-up.")
  var learningRate: Double?

  @Option(help: "AdamW's weight decay, for every parameter.")
  var weightDecay: Double?

  @Option(help: "Optimizer steps until the full learning rate.")
  var warmup: Int?

  @Option(help: "What follows the warm-up.")
  var schedule: RunConfiguration.Rate.Shape?

  @Option(
    help: ArgumentHelp(
      "The normalization by time step, such as 'unit' or 'reference' of Speech Commands; by channel "
        + "when absent.",
      valueName: "name"
    )
  )
  var normalization: String?

  @Flag(help: "Put a learned token before every sequence and classify by its vector.")
  var classToken = false

  @Option(
    help: """
      What batch norm takes its statistics over when ranks split a batch: the whole batch       (synchronised, the default) or each rank's part (local).
      """
  )
  var batchNorm: RunConfiguration.BatchNormStatistics?

  @Option(help: "Decides initial weights, the order of samples and dropout.")
  var seed: UInt64?

  mutating func validate() throws {
    let counts = [
      ("--epochs", epochs), ("--steps", steps), ("--batch-size", batchSize),
    ]
    for (name, count) in counts where count.map({ $0 < 1 }) ?? false {
      throw ValidationError("'\(name)' must be at least 1")
    }
    if let warmup, warmup < 0 { throw ValidationError("'--warmup' must be 0 or more") }
    if let seed, seed > UInt64(Int64.max) {
      throw ValidationError("'--seed' must be below 2^63")
    }
  }

  /// Whether an option is given that decides more than how long the run is.
  var changesRun: Bool {
    preset != nil || config != nil || batchSize != nil || learningRate != nil || weightDecay != nil
      || warmup != nil || schedule != nil || seed != nil || normalization != nil || classToken
      || batchNorm != nil
  }

  /// Lays the options over a configuration: first the file, then the flags.
  func apply(to configuration: inout RunConfiguration) throws {
    if let config {
      configuration = try configuration.merged(withJSON: readFile(config), from: config)
    }
    if let batchSize { configuration.batchSize = batchSize }
    if let learningRate { configuration.optimizer.learningRate = learningRate }
    if let weightDecay { configuration.optimizer.weightDecay = weightDecay }
    if let warmup { configuration.schedule.warmUpSteps = warmup }
    if let schedule { configuration.schedule.shape = schedule }
    if let seed { configuration.seed = seed }
    if let normalization { configuration.normalization = normalization }
    if let batchNorm { configuration.batchNorm = batchNorm == .local ? .local : nil }
    if classToken {
      (configuration.network.classToken, configuration.network.pooling) = (true, .first)
    }
    applyLength(to: &configuration)
  }

  /// Sets how long the run is; --steps alone lifts the preset's limit of epochs.
  func applyLength(to configuration: inout RunConfiguration) {
    if let steps {
      configuration.steps = steps
      configuration.epochs = epochs
    } else if let epochs {
      configuration.epochs = epochs
      configuration.steps = nil
    }
  }
}

/// How a run is carried out; none of it changes the result.
struct RunOptions: ParsableArguments {
  @Option(help: "The run's folder, or its name below 'runs'; made from the settings by default.")
  var run: String?

  @Flag(help: "Go on with the run from its last checkpoint.")
  var resume = false

  @Flag(help: "Replace a run that is in the folder.")
  var force = false

  @OptionGroup var memory: MemoryOptions
  @OptionGroup var ranks: RankOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if resume, force { throw ValidationError("'--resume' and '--force' exclude each other") }
  }
}

/// What trades memory for time.
struct MemoryOptions: ParsableArguments {
  @Flag(
    help: """
      Compute the insides of blocks twice instead of keeping them: less memory, about a third more \
      time, the same result.
      """
  )
  var recompute = false
}

/// Threads and text.
struct OutputOptions: ParsableArguments {
  @Option(
    help: """
      Threads to compute with; by default all cores that the process was given, or its share of them       where several ranks train together. The result does not change.
      """
  )
  var threads: Int?

  @Flag(help: "Write no progress.")
  var quiet = false

  @Flag(help: "Write the result as one JSON object.")
  var json = false

  mutating func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("'--threads' must be 1 to 1024")
    }
  }

  var pool: WorkerPool { pool(of: Ranks()) }

  func pool(of ranks: Ranks) -> WorkerPool { WorkerPool(threads: threads ?? ranks.cores) }

  /// The same options for one of several ranks, of which the first one speaks.
  func spoken(by ranks: Ranks) -> OutputOptions {
    var options = self
    if !ranks.group.isFirst { options.quiet = true }
    return options
  }

  /// Writes a line for people, unless they want quiet.
  func note(_ text: String) {
    if !quiet { writeToStandardError(text + "\n") }
  }
}

extension RunConfiguration.Rate.Shape: ExpressibleByArgument {}
extension RunConfiguration.Stage: ExpressibleByArgument {}
extension RunConfiguration.BatchNormStatistics: ExpressibleByArgument {}
extension Objective.Loss: ExpressibleByArgument {}
extension Split: ExpressibleByArgument {}
