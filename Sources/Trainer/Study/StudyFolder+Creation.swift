public import DataKit
internal import FoundationEssentials

extension StudyFolder {
  /// Writes the run list of a study, or checks that the folder has the same study already; what it says
  /// in words may be new.
  ///
  /// - Parameters:
  ///   - plan: every run.
  ///   - dataSets: the data set of every task.
  ///   - command: what repeats the study.
  ///   - version: that of the program.
  /// - Throws: ``RunError`` when the folder holds another study or runs of none, ``FileError``.
  public func create(
    _ plan: StudyPlan,
    dataSets: [String: DataSet],
    command: String,
    version: String
  ) throws {
    for folder in [path + "/runs"] + State.allCases.map(queue) {
      do {
        try FileManager.default.createDirectory(
          atPath: folder,
          withIntermediateDirectories: true
        )
      } catch {
        throw RunError(folder, "cannot be made", hint: "choose another --output")
      }
    }
    try locked {
      let data = dataSets.mapValues { set in
        StudyOrigin.Data(folder: set.folder, path: Self.wholePath(set.folder), digest: set.digest)
      }
      guard !holdsStudy else { return try checkSame(plan.study, data) }
      guard try FileManager.default.contentsOfDirectory(atPath: path + "/runs").isEmpty else {
        throw RunError(path, "holds runs but no study", hint: "choose another --output")
      }
      // What a creation left that was cut short may be of another study.
      for state in State.allCases {
        for file in try files(state) {
          try FileManager.default.removeItem(atPath: queue(state) + "/" + file)
        }
      }
      let digits = String(plan.runs.count).count
      for (index, run) in plan.runs.enumerated() {
        let number = String(index + 1)
        let padding = String(repeating: "0", count: digits - number.count)
        let file = padding + number + "-" + run.name + ".json"
        try AtomicFile.write(
          JSON.encode(run, pretty: true) + [10],
          to: queue(.waiting) + "/" + file
        )
      }
      let origin = StudyOrigin(command: command, version: version, data: data)
      try AtomicFile.write(JSON.encode(origin, pretty: true) + [10], to: self.origin)
      // Last: a folder without it is no study yet.
      try AtomicFile.write(plan.study.encoded(), to: self.study)
    }
  }

  private func checkSame(_ study: Study, _ data: [String: StudyOrigin.Data]) throws {
    let held = try readStudy()
    guard held.withoutWords == study.withoutWords else {
      throw RunError(path, "holds another study", hint: "choose another --output")
    }
    var origin = try readOrigin()
    for (task, set) in data.sorted(by: { $0.key < $1.key })
    where origin.data[task]?.digest != set.digest {
      throw RunError(
        path,
        "was started with other data for '\(task)' than '\(set.folder)'",
        hint: "choose another --output"
      )
    }
    if held != study { try AtomicFile.write(study.encoded(), to: self.study) }
    // The same data may have moved.
    guard origin.data != data else { return }
    origin.data = data
    try AtomicFile.write(JSON.encode(origin, pretty: true) + [10], to: self.origin)
  }

  /// Puts failed runs back on the list.
  ///
  /// - Returns: how many.
  /// - Throws: ``RunError``, ``FileError``.
  public func retryFailed() throws -> Int {
    try locked {
      let failed = try files(.failed)
      for file in failed {
        guard var run = try Self.readRun(queue(.failed) + "/" + file) else { continue }
        run.failure = nil
        try AtomicFile.write(
          JSON.encode(run, pretty: true) + [10],
          to: queue(.waiting) + "/" + file
        )
        try FileManager.default.removeItem(atPath: queue(.failed) + "/" + file)
      }
      return failed.count
    }
  }

  private static func wholePath(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }
}

extension Study {
  /// The study without what only people read, which makes no difference to any run.
  fileprivate var withoutWords: Study {
    var study = self
    (study.title, study.source, study.question, study.notes) = ("", nil, nil, nil)
    for index in study.tasks.indices { study.tasks[index].description = nil }
    return study
  }
}
