/// One run of a study, as a worker takes it from the run list.
public struct StudyRun: Codable, Sendable, Equatable {
  /// The cell of the table that the run is for.
  public struct Cell: Codable, Sendable, Hashable {
    /// The data set's name in the study.
    public var task: String
    /// The architecture's name in the study.
    public var architecture: String
    /// How the weights begin.
    public var start: Study.Start
    /// The share of the training split; nil for all of it.
    public var fraction: Double?
    /// The share of all steps that pretraining has; nil where stages have budgets of their own.
    public var pretrainingShare: Double?
  }

  /// The run's name in the study: that of its folder below `runs`, and, behind a number, of its file in
  /// the run list.
  public var name: String
  /// What it is for.
  public var cell: Cell
  /// What decides weights, order and dropout.
  public var seed: UInt64
  /// What the run learns with, but for what its data set and `candidates` decide.
  public var configuration: RunConfiguration
  /// The run whose best weights it begins with.
  public var pretraining: String?
  /// Finished runs with the first seed, of which the best on validation gives learning rate and batch
  /// size; empty where both are in `configuration`.
  public var candidates: [String]
  /// Whether the run is one of several that differ in learning rate and batch size only.
  public var isCandidate: Bool
  /// Why it failed, in the folder of failed runs.
  public var failure: String?

  /// The runs that must have ended before this one begins.
  public var dependencies: [String] { candidates + (pretraining.map { [$0] } ?? []) }

  /// A name in lower case, with a hyphen for everything but letters, digits and points.
  static func slug(_ name: String) -> String {
    let parts = name.lowercased().split {
      !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "."))
    }
    return parts.joined(separator: "-")
  }
}

extension StudyRun.Cell {
  /// What names of the cell's runs begin with.
  var name: String {
    var parts = [task, StudyRun.slug(architecture), start.rawValue]
    if let fraction { parts.append("fraction-\(fraction)") }
    if let pretrainingShare { parts.append("share-\(pretrainingShare)") }
    return parts.joined(separator: "-")
  }
}
