/// The accuracy of an answer that looks at no sample.
struct ChanceLevel {
  /// The share that is right.
  let accuracy: Double
  /// What is answered: "most frequent class", or "random class" where classes were not counted.
  let name: String
  /// What it was counted on.
  let basis: String

  /// That of a task on a split; nil where labels are values or nothing is known of them.
  init?(_ description: TaskDescription?, _ task: StudyResult.Task, split: String) {
    guard let description, let classes = description.classes, classes > 0 else { return nil }
    // Where a data set has no validation split, another one stands for it.
    let own = split == "validation" ? task.validation : split
    let counts = description.classCounts[own] ?? []
    guard let most = counts.max(), most > 0 else {
      accuracy = 1 / Double(classes)
      name = "random class"
      basis = "1 of \(classes) classes"
      return
    }
    accuracy = Double(most) / Double(counts.reduce(0, +))
    name = "most frequent class"
    let isWhole = task.used[split] == nil || task.used[split] == task.samples[own]
    basis = isWhole ? "of the \(split) split" : "of the whole \(split) split"
  }
}
