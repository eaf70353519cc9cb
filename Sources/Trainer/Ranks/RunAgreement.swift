internal import DataKit

/// What all ranks of a run must have in common.
struct RunAgreement: Codable {
  /// What tells one build of the program from another.
  var program: String
  var configuration: RunConfiguration
  var isResuming: Bool
  var recomputes: Bool

  /// Compares this rank with the first one.
  ///
  /// - Throws: ``RankError`` on all ranks, with the lowest rank that differs and in what.
  func check(_ ranks: any RankGroup) throws {
    try ranks.compare(JSON.encode(self)) { bytes in
      let first = try JSON.decode(RunAgreement.self, from: bytes)
      guard let (what, mine, theirs) = try firstDifference(from: first) else { return }
      throw RunError(
        "ranks disagree",
        "\(what) is \(mine), on rank 0 it is \(theirs)",
        hint: "start all ranks with the same program, options and data set"
      )
    }
  }

  /// The first thing that differs, here and on the first rank; the data may lie elsewhere.
  private func firstDifference(
    from first: RunAgreement
  ) throws -> (what: String, here: String, there: String)? {
    func digest(_ text: String?) -> String { String((text ?? "none").prefix(12)) }
    if program != first.program {
      return ("the program", digest(program), digest(first.program))
    }
    if configuration.dataDigest != first.configuration.dataDigest {
      let (mine, theirs) = (configuration.dataDigest, first.configuration.dataDigest)
      return ("the digest of the data set", digest(mine), digest(theirs))
    }
    let lengths = [
      ("steps", configuration.steps, first.configuration.steps),
      ("epochs", configuration.epochs, first.configuration.epochs),
    ]
    for (name, mine, theirs) in lengths where mine != theirs {
      func text(_ count: Int?) -> String { count.map(String.init) ?? "not given" }
      return (name, text(mine), text(theirs))
    }
    if let other = try configuration.firstDifference(from: first.configuration) {
      return (other.path, other.here, other.there)
    }
    let flags = [
      ("--resume", isResuming, first.isResuming), ("--recompute", recomputes, first.recomputes),
    ]
    for (name, mine, theirs) in flags where mine != theirs {
      return (name, mine ? "given" : "not given", theirs ? "given" : "not given")
    }
    return nil
  }
}

extension RunConfiguration {
  /// Refuses batches that cannot be split over so many ranks.
  ///
  /// - Throws: ``RunError``.
  func checkSplit(samples: Int, over ranks: Int) throws {
    guard batchSize >= ranks else {
      throw RunError(
        "configuration",
        "batches of \(batchSize) samples cannot be split over \(ranks) ranks",
        hint: "start at most \(batchSize) ranks, or take a larger --batch-size"
      )
    }
    let last = samples % batchSize
    guard network.usesBatchNorm, batchNorm != .local, !dropsLastBatch, last > 0, last < ranks else {
      return
    }
    throw RunError(
      "configuration",
      "the last batch of an epoch has \(last) of \(ranks) samples that synchronised batch norm needs, "
        + "one on every rank",
      hint: "set dropsLastBatch, take --batch-norm local, or start at most \(last) ranks"
    )
  }
}

extension NetworkConfiguration {
  /// Whether training takes statistics over the batch.
  var usesBatchNorm: Bool {
    NetworkStructure(self).bufferLayout.names.contains { $0.contains(".bn.running_") }
  }
}
