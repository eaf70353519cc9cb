public import DataKit

/// Finds the data set that a run was trained on.
///
/// A configuration has the folder as it was given, which is found from where the run was started only. The
/// runs of a study find it by the whole path in the study's `origin.json`, too.
public struct RunData {
  private let configuration: RunConfiguration
  /// Where the study of the run had the data set; nil for a run of no study.
  private let origin: String?

  /// That of a run.
  ///
  /// - Parameters:
  ///   - configuration: of the run.
  ///   - place: the run's folder, or a checkpoint in it.
  public init(of configuration: RunConfiguration, at place: String) {
    self.configuration = configuration
    var folder = place
    if place.hasSuffix(".safetensors") {
      let parts = place.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      folder = parts.isEmpty ? "." : parts.joined(separator: "/")
    }
    // Runs are two folders below their study.
    let study = try? StudyFolder(folder + "/../..").readOrigin()
    let sets = study?.data.sorted { $0.key < $1.key }.map { $0.value } ?? []
    let path = sets.first { $0.digest == configuration.dataDigest }?.path
    origin = path == configuration.data ? nil : path
  }

  /// Opens it.
  ///
  /// - Parameter allowingOther: whether another data set will do that is in the folder as it was given.
  /// - Returns: the data set, as the study had it where there is a choice.
  /// - Throws: ``RunError`` with the places tried, or ``DataSetError``, when it is at none of them.
  public func open(allowingOther: Bool = false) throws -> DataSet {
    let given = Result { try DataSet(opening: configuration.data) }
    if let found = try? given.get(), isRight(found) { return found }
    if let origin, let found = try? DataSet(opening: origin), isRight(found) { return found }
    // Where there is only one place, what is wrong there is told.
    guard let found = try? given.get() else {
      guard let origin else { return try given.get() }
      throw RunError(
        configuration.data,
        "the run's data set is neither in this folder nor in '\(origin)', where its study had it"
      )
    }
    if allowingOther { return found }
    throw RunError(
      configuration.data,
      "it is not the data set that the run was trained on"
        + (origin.map { ", which is not in '\($0)' either, where its study had it" } ?? "")
    )
  }

  private func isRight(_ dataSet: DataSet) -> Bool {
    configuration.dataDigest.map { $0 == dataSet.digest } ?? true
  }
}
