/// What a study found, `results.json` in its folder: everything that its table and report show.
///
/// Paths are relative to the study's folder. Equal runs give equal results but for `seconds`.
public struct StudyResult: Codable, Sendable, Equatable {
  /// The name of the study, one line.
  public var title: String
  /// Where the protocol comes from: paper and table.
  public var source: String?
  /// What is asked, in a sentence or two.
  public var question: String?
  /// What a reader has to know that no file tells.
  public var notes: [String]?
  /// How far the study was shrunk, in a sentence; nil at full scale.
  public var scale: String?
  /// The command that repeats it.
  public var command: String
  /// The version of the program.
  public var version: String
  /// The data, a task each.
  public var tasks: [Task]
  /// The cells of the table, in the order of the study file.
  public var cells: [Cell]
  /// Runs that are not finished, with the reason where they failed.
  public var unfinished: [Unfinished]

  /// The data set of a task.
  public struct Task: Codable, Sendable, Equatable {
    /// As `lra-prep` names it.
    public var name: String
    /// The data set's folder, as it was given.
    public var data: String
    /// The data set's digest.
    public var digest: String
    /// Samples of the whole training, validation and test split.
    public var samples: [String: Int]
    /// Samples that were trained on, validated on and tested on.
    public var used: [String: Int]
    /// The split that choices were made on: "test" where the data set has no validation split.
    public var validation: String
    /// What the samples were made of: name and SHA-256 of each input.
    public var provenance: [String]
    /// What the samples are; absent in older results.
    public var description: TaskDescription?
  }

  /// One architecture started in one way on one task, over all seeds.
  public struct Cell: Codable, Sendable, Equatable {
    /// As in ``Task``.
    public var task: String
    /// The architecture's name in the study.
    public var architecture: String
    /// How its weights began.
    public var start: Study.Start
    /// The share of the training split; nil for all of it.
    public var fraction: Double?
    /// The share of all steps that pretraining had; nil where stages have budgets of their own.
    public var pretrainingShare: Double?
    /// What `values` are: "accuracy", "R2", or "loss" where nothing better is defined.
    public var metric: String
    /// The metric on the test split, one value a seed.
    public var values: [Double]
    /// The seeds, as `values`.
    public var seeds: [UInt64]
    /// The mean of `values`.
    public var mean: Double
    /// The sample standard deviation of `values`; nil for a single seed.
    public var deviation: Double?
    /// The two-sided p of Welch's t-test against the same cell from scratch; nil where there is none
    /// or either has a single seed.
    public var pValue: Double?
    /// The learning rate of finetuning, chosen on validation.
    public var learningRate: Double
    /// The samples of a finetuning step, chosen on validation.
    public var batchSize: Int
    /// Whether `learningRate` and `batchSize` were chosen from several.
    public var isChosen: Bool
    /// What they were chosen from, in the order of the study; absent in older results.
    public var candidates: [Candidate]?
    /// Trainable values of the finetuned network.
    public var parameters: Int
    /// The mean over the seeds of the seconds of training, the pretraining's included.
    public var seconds: Double
    /// Floating-point operations of training by the formula of `lra-train bench`, pretraining included.
    public var operations: Double
    /// The finetuning runs, as `values`.
    public var runs: [String]
    /// The pretraining runs, as `values`; empty from scratch.
    public var pretrainings: [String]
  }

  /// A finetuning with the first seed that was tried for its learning rate and batch size.
  public struct Candidate: Codable, Sendable, Equatable {
    /// The run.
    public var run: String
    /// Its learning rate.
    public var learningRate: Double
    /// Its samples of a step.
    public var batchSize: Int
    /// What was chosen by: "accuracy" or "loss" on the validation split.
    public var monitor: String
    /// The best value of that; nil when the run is not finished.
    public var validation: Double?
    /// How far the run had come; absent in older results.
    public var state: StudyFolder.State?

    /// ``state``; without one, what has a validation counts as finished.
    public var progress: StudyFolder.State {
      state ?? (validation == nil ? .failed : .finished)
    }

    /// Whether the run is still to end, so that it may become the best.
    public var isOpen: Bool { progress == .waiting || progress == .running }
  }

  /// A run without a result.
  public struct Unfinished: Codable, Sendable, Equatable {
    /// The run's name.
    public var run: String
    /// Why it failed; nil when it is waiting or running.
    public var failure: String?
  }
}

extension [StudyResult.Cell] {
  /// The cell that a pretrained one is compared with: the same, from scratch.
  public func scratch(of cell: StudyResult.Cell) -> StudyResult.Cell? {
    guard cell.start != .scratch else { return nil }
    return first {
      $0.start == .scratch && $0.task == cell.task && $0.architecture == cell.architecture
        && $0.fraction == cell.fraction
    }
  }
}
