public import DataKit
internal import FoundationEssentials

extension StudyFolder {
  /// Writes the run list of a study, or checks that the folder has the same study already.
  ///
  /// - Parameters:
  ///   - plan: every run.
  ///   - dataSets: the data set of every task.
  ///   - command: what repeats the study.
  ///   - version: that of the program.
  /// - Throws: ``RunError`` when the folder holds another study, ``FileError``.
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
      let digits = String(plan.runs.count).count
      let listed = Set(try State.allCases.flatMap(files))
      for (index, run) in plan.runs.enumerated() {
        let number = String(index + 1)
        let padding = String(repeating: "0", count: digits - number.count)
        let file = padding + number + "-" + run.name + ".json"
        guard !listed.contains(file) else { continue }
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
    guard try readStudy() == study else {
      throw RunError(path, "holds another study", hint: "choose another --output")
    }
    let origin = try readOrigin()
    for (task, set) in data.sorted(by: { $0.key < $1.key })
    where origin.data[task]?.digest != set.digest {
      throw RunError(
        path,
        "was started with other data for '\(task)' than '\(set.folder)'",
        hint: "choose another --output"
      )
    }
  }

  private static func wholePath(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }
}
