internal import FoundationEssentials

/// What a report tells of: the result of a study or of runs that are put side by side, and the runs.
struct ReportContent {
  /// The cells, the data and what is said about them.
  let result: StudyResult
  /// Whether `result` is that of a study.
  let isStudy: Bool
  /// "test", or "validation" where runs were not scored on the test split.
  let split: String
  /// Every run, in the order of names.
  let runs: [RunRecord]
  /// What could not be read, a sentence each.
  let faults: [String]
  /// The study file; nil for runs without a study, and where it is not there.
  let file: StudyFile?
  /// Where data sets were when the study was started, by their digests.
  let dataFolders: [String: String]

  /// `study.json`, read and as it is.
  struct StudyFile {
    var study: Study
    var text: String
  }

  private let positions: [String: Int]

  init(
    _ result: StudyResult,
    isStudy: Bool,
    split: String,
    runs: [RunRecord],
    faults: [String],
    file: StudyFile? = nil,
    dataFolders: [String: String] = [:]
  ) {
    self.result = result
    self.isStudy = isStudy
    self.split = split
    self.runs = runs
    self.faults = faults
    self.file = file
    self.dataFolders = dataFolders
    positions = Dictionary(
      runs.enumerated().map { ($0.element.name, $0.offset) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// The run of a name, as cells have it.
  func run(_ name: String) -> RunRecord? { positions[name].map { runs[$0] } }

  /// The runs of names, without those whose folder is gone.
  func runs(_ names: [String]) -> [RunRecord] { names.compactMap(run) }

  /// The cells of the main table: those of all the data and of budgets of their own; when there are
  /// none, those with the most data, and of shared budgets the equal share, or what is next to it.
  var mainCells: [StudyResult.Cell] {
    let plain = result.cells.filter { ($0.fraction ?? 1) == 1 && $0.pretrainingShare == nil }
    if !plain.isEmpty { return plain }
    let largest = result.cells.compactMap(\.fraction).max() ?? 1
    let cells = result.cells.filter { ($0.fraction ?? 1) == largest }
    let shares = Set(cells.compactMap(\.pretrainingShare)).filter { $0 > 0 }
    let share = shares.min { (abs($0 - 0.5), $0) < (abs($1 - 0.5), $1) }
    return cells.filter { $0.start == .scratch || $0.pretrainingShare == share }
  }

  /// The cell from scratch that another one is compared with.
  func scratch(of cell: StudyResult.Cell) -> StudyResult.Cell? {
    guard cell.start != .scratch else { return nil }
    return result.cells.first {
      $0.start == .scratch && $0.task == cell.task && $0.architecture == cell.architecture
        && $0.fraction == cell.fraction
    }
  }

  /// The data of a task.
  func task(_ name: String) -> StudyResult.Task? { result.tasks.first { $0.name == name } }

  /// The tasks of some cells, in the order in which they come.
  static func tasks(_ cells: [StudyResult.Cell]) -> [String] { unique(cells.map(\.task)) }

  /// The architectures of some cells, in the order in which they come.
  static func architectures(_ cells: [StudyResult.Cell]) -> [String] {
    unique(cells.map(\.architecture))
  }

  /// The ways in which some cells start, scratch first.
  static func starts(_ cells: [StudyResult.Cell]) -> [Study.Start] {
    Study.Start.allCases.filter { start in cells.contains { $0.start == start } }
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}

extension Study.Start {
  /// The start in tables.
  var title: String {
    switch self {
    case .scratch: "from scratch"
    case .masked: "masked pretraining"
    case .causal: "causal pretraining"
    }
  }

  /// The start beside a line.
  var label: String {
    switch self {
    case .scratch: "scratch"
    case .masked: "masked"
    case .causal: "causal"
    }
  }
}

extension ReportContent {
  /// Reads what is to be reported.
  ///
  /// - Parameters:
  ///   - places: the folder of a study alone, or those of runs.
  ///   - version: the version of the program, for reports of runs.
  /// - Throws: ``RunError`` with a sentence about the first folder that is neither.
  init(reading places: [String], version: String) throws {
    if let place = places.first, places.count == 1, Self.holdsResults(place) {
      self = try Self.study(place)
      return
    }
    let runs = try places.map(Self.withoutSlash).map { place in
      let folder = RunFolder(place)
      guard folder.holdsRun else {
        if Self.holdsResults(place) {
          throw RunError(place, "a study is reported alone, not beside other folders")
        }
        throw RunError(
          place,
          "neither a run nor a study: there is no config.json and no results.json in it"
        )
      }
      return try RunRecord(place, in: folder)
    }
    self = RunComparison(runs).content(version: version)
  }

  private static func study(_ place: String) throws -> ReportContent {
    let study = StudyFolder(place)
    let path = study.results
    let result: StudyResult
    do {
      result = try JSON.decode(StudyResult.self, from: readFile(path))
    } catch {
      throw RunError(path, "not the results of a study: \(JSON.explanation(of: error))")
    }
    let listed = (try? FileManager.default.contentsOfDirectory(atPath: study.path + "/runs")) ?? []
    var runs: [RunRecord] = []
    var faults: [String] = []
    for name in listed.sorted() {
      let folder = study.run(name)
      guard folder.holdsRun else { continue }
      do {
        runs.append(try RunRecord("runs/" + name, in: folder))
      } catch {
        faults.append("\(error)")
      }
    }
    let known = Set(runs.map(\.name))
    let gone = result.cells.flatMap { $0.runs + $0.pretrainings }.filter { !known.contains($0) }
    if !gone.isEmpty {
      faults.append(
        "\(Set(gone).count) run folders that the results name are not there, so that their curves "
          + "and rows are missing"
      )
    }
    let file = (try? study.readStudy()).flatMap { read in
      (try? readFile(study.study)).map {
        StudyFile(study: read, text: String(decoding: $0, as: UTF8.self))
      }
    }
    let data = (try? study.readOrigin())?.data.values.map { ($0.digest, $0.path) } ?? []
    return ReportContent(
      result,
      isStudy: true,
      split: "test",
      runs: runs,
      faults: faults,
      file: file,
      dataFolders: Dictionary(data, uniquingKeysWith: { first, _ in first })
    )
  }

  private static func withoutSlash(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private static func holdsResults(_ place: String) -> Bool {
    FileManager.default.fileExists(atPath: StudyFolder(place).results)
  }
}
