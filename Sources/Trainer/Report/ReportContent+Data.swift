internal import DataKit

extension ReportContent {
  /// The data set that a run was trained on, where the run or the study says that it is.
  ///
  /// - Throws: when it is at neither place, or another one is there.
  func dataSet(of configuration: RunConfiguration) throws -> DataSet {
    let digest = configuration.dataDigest ?? ""
    // A folder as it was given is found from where the study was started only.
    for place in [configuration.data, dataFolders[digest]].compactMap({ $0 }) {
      if let found = try? DataSet(opening: place), found.digest == digest { return found }
    }
    _ = try DataSet(opening: configuration.data)
    throw RunError(configuration.data, "it is not the data set that the run was trained on")
  }

  /// What the samples of a task are: as the results have it, else as the data set has it.
  func description(of task: StudyResult.Task) -> TaskDescription? {
    if let known = task.description { return known }
    let words = file?.study.tasks.first { $0.name == task.name }?.description
    for place in [task.data, dataFolders[task.digest]].compactMap({ $0 }) {
      guard let found = try? DataSet(opening: place), found.digest == task.digest else { continue }
      return TaskDescription(found.manifest, words: words, folder: task.data)
    }
    return nil
  }
}
