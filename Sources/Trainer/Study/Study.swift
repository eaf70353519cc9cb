/// A comparison to be made: which architectures, started in which ways, on which tasks.
///
/// Every combination is a cell of the study's table. A cell has a run of finetuning for each seed and,
/// unless it starts from scratch, a run of pretraining for each seed.
public struct Study: Codable, Sendable, Equatable {
  /// How the weights of a cell begin.
  public enum Start: String, Codable, Sendable, CaseIterable {
    /// Random weights, no pretraining.
    case scratch
    /// Pretraining that restores masked elements of the training split.
    case masked
    /// Pretraining that predicts the next element of the training split.
    case causal
  }

  /// A data set to compare on.
  public struct Task: Codable, Sendable, Equatable {
    /// As `lra-prep` names it.
    public var name: String
    /// What is to be told of a sample, in a few words, where the name does not say it.
    public var description: String?
    /// The data set's folder; `name` below the folder of all data when absent.
    public var data: String?
    /// The masks of pretraining, as `--mask` names them; the data set's first set when absent.
    public var mask: String?
    /// Fields of `config.json` over every architecture's preset of pretraining, such as `steps`.
    var pretrain: JSONValue?
    /// Fields of `config.json` over every architecture's preset of finetuning.
    var finetune: JSONValue?
  }

  /// A kind of network.
  public struct Architecture: Codable, Sendable, Equatable {
    /// The name in tables.
    public var name: String
    /// The preset for each task; a task without one is left out for this architecture.
    public var presets: [String: String]
    /// The presets of causal pretraining and of the finetuning after it; `presets` when absent.
    public var causalPresets: [String: String]?
    /// Which of the study's starts it has; all when absent.
    public var starts: [Start]?
    /// Fields of `config.json` over both stages' presets.
    var changes: JSONValue?
    /// Fields of `config.json` over the preset of pretraining.
    var pretrain: JSONValue?
    /// Fields of `config.json` over the preset of finetuning.
    var finetune: JSONValue?

    /// A kind of network as its presets have it.
    public init(name: String, presets: [String: String]) {
      self.name = name
      self.presets = presets
    }
  }

  /// What finetuning is tried with; the best on validation is used for the table.
  ///
  /// Every combination is run with the first seed, the best of them with the others.
  public struct Grid: Codable, Sendable, Equatable {
    /// Learning rates; the preset's when absent.
    public var learningRates: [Double]?
    /// Samples of a step; the preset's when absent.
    public var batchSizes: [Int]?
  }

  /// A fixed number of epochs that pretraining and finetuning share.
  public struct TiedEpochs: Codable, Sendable, Equatable {
    /// Passes over the training split in both stages together.
    public var epochs: Double
    /// The shares that pretraining gets, each at least 0 and under 1; 0 is training from scratch.
    public var shares: [Double]
  }

  /// One line.
  public var title: String
  /// Where the protocol comes from: paper and table.
  public var source: String?
  /// What is asked, in a sentence or two.
  public var question: String?
  /// What a reader has to know that no file tells, such as how the data's inputs were made.
  public var notes: [String]?
  /// The data sets.
  public var tasks: [Task]
  /// The kinds of networks.
  public var architectures: [Architecture]
  /// How weights begin.
  public var starts: [Start]
  /// Each decides initial weights, order and dropout of one run of a cell.
  public var seeds: [UInt64]
  /// What finetuning is tried with.
  public var grid: Grid?
  /// Nested shares of the training split, each over 0 and at most 1; all of it when absent.
  ///
  /// Pretraining and finetuning see the same samples, for as many steps as with all of them.
  public var fractions: [Double]?
  /// A budget for both stages together, instead of one for each.
  public var tiedEpochs: TiedEpochs?
  /// How the study is shrunk; full scale when absent.
  public var scale: StudyScale?

  /// A study of every combination of architectures, starts and tasks.
  public init(
    title: String,
    tasks: [Task],
    architectures: [Architecture],
    starts: [Start],
    seeds: [UInt64]
  ) {
    self.title = title
    self.tasks = tasks
    self.architectures = architectures
    self.starts = starts
    self.seeds = seeds
  }

  /// Reads a study file.
  ///
  /// - Parameters:
  ///   - json: a JSON object with the fields of this type.
  ///   - place: the name for errors, such as the file's path.
  /// - Throws: ``RunError`` with the first field that is missing, unknown or makes no sense.
  public init(decoding json: [UInt8], from place: String) throws {
    do {
      self = try JSON.decode(Study.self, from: json)
      let known = try JSON.decode(JSONValue.self, from: JSON.encode(self))
      let given = try JSON.decode(JSONValue.self, from: json)
      if let unknown = given.firstField(missingIn: known) {
        throw RunError(place, "'\(unknown)' is not a field of a study")
      }
    } catch let error as RunError {
      throw error
    } catch {
      throw RunError(place, "not a study: \(JSON.explanation(of: error))")
    }
    try check(place)
  }

  /// The study as indented JSON with sorted keys.
  public func encoded() throws -> [UInt8] { try JSON.encode(self, pretty: true) + [10] }
}

extension Study.Task {
  /// A data set by its name.
  public init(_ name: String) { self.name = name }
}
