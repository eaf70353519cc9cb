/// Everything that decides the result of a run; written into the run as `config.json`.
///
/// What does not change the result is not here: the number of threads, the run's folder.
public struct RunConfiguration: Codable, Sendable, Equatable {
  /// What a run does.
  public enum Stage: String, Codable, Sendable, CaseIterable {
    case pretrain
    case finetune
  }

  /// AdamW's numbers.
  public struct Optimizer: Codable, Sendable, Equatable {
    /// The learning rate after the warm-up.
    public var learningRate: Double
    /// Applies to every parameter: biases, norms and embeddings too.
    public var weightDecay: Double
    /// The decay rate of the first moment.
    public var beta1: Double
    /// The decay rate of the second moment.
    public var beta2: Double
    /// Added to the root of the second moment.
    public var epsilon: Double
    /// The largest global norm of the gradients; no clipping when absent.
    public var clipNorm: Double?
    /// The rates of state-space parameters, none of which decays; `learningRate` when absent.
    public var stateSpace: StateSpaceRates?

    /// AdamW with its usual moments.
    public init(
      learningRate: Double,
      weightDecay: Double = 0,
      beta1: Double = 0.9,
      beta2: Double = 0.999,
      epsilon: Double = 1e-8,
      clipNorm: Double? = nil,
      stateSpace: StateSpaceRates? = nil
    ) {
      self.learningRate = learningRate
      self.weightDecay = weightDecay
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.clipNorm = clipNorm
      self.stateSpace = stateSpace
    }
  }

  /// What batch norm takes its statistics over when a batch is split over ranks.
  public enum BatchNormStatistics: String, Codable, Sendable, CaseIterable {
    /// The whole batch: the curve is that of one rank.
    case synchronised
    /// Each rank's own part; running statistics are the mean of those of all ranks.
    case local
  }

  /// How the learning rate moves.
  public struct Rate: Codable, Sendable, Equatable {
    /// What follows the warm-up.
    public enum Shape: String, Codable, Sendable, CaseIterable {
      case constant
      /// Half a cosine down to 0 at `totalSteps`.
      case cosine
    }

    /// What follows the warm-up.
    public var shape: Shape
    /// Whether the first step already moves.
    public var warmUp: Schedule.WarmUp
    /// Optimizer steps of the warm-up.
    public var warmUpSteps: Int
    /// The optimizer step at which a cosine reaches 0; the run's last one when absent.
    public var totalSteps: Int?

    /// A schedule.
    public init(
      _ shape: Shape = .constant,
      warmUpSteps: Int = 0,
      warmUp: Schedule.WarmUp = .fromFirstStep,
      totalSteps: Int? = nil
    ) {
      self.shape = shape
      self.warmUp = warmUp
      self.warmUpSteps = warmUpSteps
      self.totalSteps = totalSteps
    }
  }

  /// How the network is judged while it trains.
  public struct Validation: Codable, Sendable, Equatable {
    /// What decides which weights are the best.
    public enum Monitor: String, Codable, Sendable {
      case loss
      case accuracy
    }

    /// Steps between two evaluations; after every epoch when absent.
    public var everySteps: Int?
    /// Rows of a batch; as in training when absent.
    public var batchSize: Int?
    /// Whether a last, smaller batch is left out, as in the published code.
    public var dropsLastBatch: Bool
    /// Score only so many samples, those that come first in PyTorch's permutation with seed 0; all when
    /// absent.
    public var samples: Int?
    /// What decides which weights are the best.
    public var monitor: Monitor

    /// Scores every sample after every epoch.
    public init(
      monitor: Monitor,
      everySteps: Int? = nil,
      batchSize: Int? = nil,
      dropsLastBatch: Bool = false,
      samples: Int? = nil
    ) {
      self.monitor = monitor
      self.everySteps = everySteps
      self.batchSize = batchSize
      self.dropsLastBatch = dropsLastBatch
      self.samples = samples
    }
  }

  /// The preset that this started from.
  public var preset: String
  /// What the run does.
  public var stage: Stage
  /// The data set's folder.
  public var data: String
  /// The data set's digest; a run goes on only with the same samples.
  public var dataDigest: String?
  /// The checkpoint that the weights come from; from scratch when absent.
  public var from: String?
  /// The normalization by time step, one of those that the data set has; its normalization by
  /// channel when absent.
  public var normalization: String?
  /// What the network is trained to do.
  public var objective: Objective
  /// What the network is made of.
  public var network: NetworkConfiguration
  /// AdamW's numbers.
  public var optimizer: Optimizer
  /// How the learning rate moves.
  public var schedule: Rate
  /// Train on so many samples only: those that come first in PyTorch's permutation with seed 0, as in
  /// the subsets of `lra-prep build --fractions`, so that each subset holds the smaller ones; all when
  /// absent.
  public var trainingSamples: Int?
  /// Samples of a step.
  public var batchSize: Int
  /// Whether an epoch's last, smaller batch is left out in training.
  public var dropsLastBatch: Bool
  /// Passes over the training split.
  public var epochs: Int?
  /// Optimizer steps; the smaller of both limits ends the run.
  public var steps: Int?
  /// Decides initial weights, the order of samples and dropout.
  public var seed: UInt64
  /// How the network is judged while it trains.
  public var validation: Validation
  /// What batch norm takes its statistics over when a batch is split over ranks; all of them when
  /// absent.
  public var batchNorm: BatchNormStatistics?
  /// Steps between two checkpoints, besides those at each evaluation.
  public var checkpointSteps: Int?
  /// Steps between two lines of metrics.
  public var reportSteps: Int

  /// A configuration; what has a default is the sensible choice.
  public init(
    preset: String,
    stage: Stage,
    data: String = "",
    objective: Objective,
    network: NetworkConfiguration,
    optimizer: Optimizer,
    schedule: Rate,
    batchSize: Int,
    dropsLastBatch: Bool = true,
    epochs: Int?,
    steps: Int? = nil,
    seed: UInt64 = 2222,
    validation: Validation,
    checkpointSteps: Int? = 500,
    reportSteps: Int = 20
  ) {
    self.preset = preset
    self.stage = stage
    self.data = data
    self.objective = objective
    self.network = network
    self.optimizer = optimizer
    self.schedule = schedule
    self.batchSize = batchSize
    self.dropsLastBatch = dropsLastBatch
    self.epochs = epochs
    self.steps = steps
    self.seed = seed
    self.validation = validation
    self.checkpointSteps = checkpointSteps
    self.reportSteps = reportSteps
  }
}
