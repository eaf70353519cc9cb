extension CollectedTask {
  /// Notes splits without samples.
  ///
  /// - Throws: ``ArchiveError`` when that is the training split: nothing can be learned then.
  func withCheckedSplits(in context: CollectorContext) throws -> CollectedTask {
    var task = self
    for (split, samples) in splits where samples.isEmpty {
      guard split != .train else {
        throw context.error("the train split would be empty: there is no sample for it")
      }
      task.notes.append("the \(split.rawValue) split is empty")
    }
    return task
  }
}
