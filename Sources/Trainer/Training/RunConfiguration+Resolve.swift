public import DataKit

extension DataShape {
  /// The shape of a data set.
  public init(_ manifest: Manifest) {
    self.init(
      vocabulary: manifest.input == .tokens ? manifest.vocabulary?.tokens.count ?? 0 : nil,
      channels: manifest.channels,
      sequences: manifest.sequences,
      classes: manifest.target.kind == .class ? manifest.classes : nil,
      maximumLength: manifest.fixedLength ?? manifest.maximumLength
    )
  }
}

extension RunConfiguration {
  /// The configuration with encoder, head and causality as a data set of this shape needs them.
  public func fitted(to shape: DataShape) -> RunConfiguration {
    var fitted = self
    fitted.objective = objective.fitted(hasClasses: shape.classes != nil)
    if fitted.objective.loss != .crossEntropy { fitted.validation.monitor = .loss }
    fitted.network = network.fitted(to: shape, fitted.objective)
    return fitted
  }

  /// The configuration for a data set: network fitted, mask set named, digest noted, checked.
  ///
  /// - Throws: ``RunError`` when a value makes no sense, ``DataSetError`` when the data set lacks
  ///   what the objective needs.
  public func resolved(for dataSet: DataSet) throws -> RunConfiguration {
    var resolved = fitted(to: DataShape(dataSet.manifest))
    resolved.dataDigest = dataSet.digest
    if objective.kind == .masked, objective.mask?.contains(":") != true {
      resolved.objective.mask = try dataSet.maskSet(named: objective.mask).name
    }
    if resolved.objective.kind == .regression, resolved.objective.labels == nil {
      let split = try dataSet.split(.train)
      resolved.objective.labels = try LabelRange(of: split, in: dataSet.folder)
    }
    try resolved.check()
    return resolved
  }

  /// The samples of the largest batch, in training or in validation.
  var largestBatch: Int { max(batchSize, validation.batchSize ?? 0) }

  /// What the largest batches of a data set are: samples, and positions of a sequence.
  ///
  /// Of `ranks` processes each takes its share of a batch in training, a whole one in validation.
  public func largestBatch(
    of dataSet: DataSet,
    ranks: Int = 1
  ) throws -> (samples: Int, length: Int) {
    let validation = min(
      self.validation.batchSize ?? batchSize,
      try dataSet.split(.validation).count
    )
    let share = (batchSize + ranks - 1) / ranks
    return (max(share, validation), try dataSet.longestSequence())
  }

  /// The masks of a masked objective, nil for the others.
  func maskSet(of dataSet: DataSet) throws -> MaskSet? {
    guard objective.kind == .masked else { return nil }
    let set: MaskSet
    if let text = objective.mask, text.contains(":") {
      set = try MaskSet(parsing: text)
    } else {
      set = try dataSet.maskSet(named: objective.mask)
    }
    guard set.policy != .causal else {
      throw RunError("mask '\(set.name)'", "the masked objective needs a token or span mask")
    }
    return set
  }

  /// Refuses values that make no sense.
  ///
  /// - Throws: ``RunError`` with the first such value and what was expected.
  public func check() throws {
    func refuse(_ name: String, _ value: some Any, _ expected: String) -> RunError {
      RunError("configuration", "\(name) is \(value), expected \(expected)")
    }
    let positives = [
      ("batchSize", batchSize), ("reportSteps", reportSteps), ("epochs", epochs ?? 1),
      ("steps", steps ?? 1), ("checkpointSteps", checkpointSteps ?? 1),
      ("schedule.totalSteps", schedule.totalSteps ?? 1),
      ("validation.everySteps", validation.everySteps ?? 1),
      ("validation.batchSize", validation.batchSize ?? 1),
      ("validation.samples", validation.samples ?? 1), ("trainingSamples", trainingSamples ?? 1),
      ("network.width", network.width),
      ("network.depth", network.depth),
    ]
    for (name, value) in positives where value < 1 { throw refuse(name, value, "at least 1") }
    let sizes = [
      ("network.width", network.width, 1 << 16), ("network.depth", network.depth, 1 << 10),
      ("network.maximumLength", network.maximumLength, 1 << 24),
    ]
    for (name, value, limit) in sizes where value > limit {
      throw refuse(name, value, "at most \(limit)")
    }
    guard batchSize <= 1 << 20, validation.batchSize ?? 1 <= 1 << 20 else {
      throw refuse("batchSize", max(batchSize, validation.batchSize ?? 1), "at most \(1 << 20)")
    }
    guard epochs != nil || steps != nil else {
      throw RunError("configuration", "neither epochs nor steps says when the run ends")
    }
    guard optimizer.learningRate >= 0, optimizer.learningRate.isFinite else {
      throw refuse("optimizer.learningRate", optimizer.learningRate, "0 or more")
    }
    let betas = [("optimizer.beta1", optimizer.beta1), ("optimizer.beta2", optimizer.beta2)]
    for (name, value) in betas where !(0..<1).contains(value) {
      throw refuse(name, value, "at least 0 and under 1")
    }
    guard optimizer.epsilon > 0, optimizer.epsilon.isFinite else {
      throw refuse("optimizer.epsilon", optimizer.epsilon, "more than 0")
    }
    let rates = [
      ("step", optimizer.stateSpace?.step), ("state", optimizer.stateSpace?.state),
      ("input", optimizer.stateSpace?.input), ("weight", optimizer.stateSpace?.weight),
    ]
    for (name, rate) in rates {
      guard let rate, !(rate >= 0 && rate.isFinite) else { continue }
      throw refuse("optimizer.stateSpace.\(name)", rate, "0 or more")
    }
    if let clipNorm = optimizer.clipNorm, !(clipNorm > 0 && clipNorm.isFinite) {
      throw refuse("optimizer.clipNorm", clipNorm, "more than 0")
    }
    guard optimizer.weightDecay >= 0, optimizer.weightDecay.isFinite else {
      throw refuse("optimizer.weightDecay", optimizer.weightDecay, "0 or more")
    }
    guard schedule.warmUpSteps >= 0 else {
      throw refuse("schedule.warmUpSteps", schedule.warmUpSteps, "0 or more")
    }
    guard validation.monitor == .loss || objective.loss == .crossEntropy else {
      throw refuse(
        "validation.monitor",
        "accuracy",
        "loss, as the \(objective.loss.rawValue) loss has no classes"
      )
    }
    do {
      try network.validate()
      try network.checkActivations(samples: largestBatch)
    } catch {
      throw RunError("configuration", "network: \(error)")
    }
    try checkHead()
  }

  private func checkHead() throws {
    guard network.head != .identity || network.width >= network.outputs else {
      throw RunError(
        "configuration",
        "the identity head has \(network.width) outputs, the objective needs \(network.outputs)"
      )
    }
    guard network.pooling != .first || !network.isCausal else {
      throw RunError(
        "configuration",
        "network: pooling is first, but nothing lets the first position see the others; expected a "
          + "layer that is not causal, or pooling last"
      )
    }
    guard objective.kind != .causal || network.isCausal else {
      throw RunError(
        "configuration",
        "a layer sees the elements that the causal objective is to predict",
        hint: "Mega's attention is never causal; use the masked objective"
      )
    }
    guard stage == .pretrain || !objective.isPretraining else {
      throw RunError("configuration", "finetuning needs the classification or regression objective")
    }
    guard objective.kind != .regression || objective.loss != .crossEntropy else {
      throw RunError("configuration", "regression needs the mse or the l1 loss")
    }
    if let labels = objective.labels, !(labels.minimum < labels.maximum) {
      throw RunError("configuration", "objective.labels: minimum is not below maximum")
    }
  }

  /// The configuration with the fields of a JSON text over it.
  ///
  /// - Parameters:
  ///   - json: an object with any of the fields of `config.json`.
  ///   - place: the name for errors, such as the file's path.
  /// - Returns: the configuration with the changes.
  /// - Throws: ``RunError`` when the text is no JSON object or has an unknown or unusable field.
  public func merged(withJSON json: [UInt8], from place: String) throws -> RunConfiguration {
    do {
      let changes = try JSON.decode(JSONValue.self, from: json)
      let merged = try JSON.decode(JSONValue.self, from: JSON.encode(self)).merged(with: changes)
      let result = try JSON.decode(RunConfiguration.self, from: JSON.encode(merged))
      // What a configuration has no place for is lost in reading it.
      let known = try JSON.decode(JSONValue.self, from: JSON.encode(result))
      if let unknown = changes.firstField(missingIn: known) {
        throw RunError(place, "'\(unknown)' is not a field of a run's configuration")
      }
      return result
    } catch let error as RunError {
      throw error
    } catch {
      throw RunError(place, "not a configuration: \(JSON.explanation(of: error))")
    }
  }

  /// The first setting in which two configurations differ, besides how long they run and where
  /// the data lies: its path and both values as JSON.
  public func firstDifference(
    from other: RunConfiguration
  ) throws -> (path: String, here: String, there: String)? {
    func comparable(_ configuration: RunConfiguration) throws -> JSONValue {
      var copy = configuration
      (copy.data, copy.epochs, copy.steps) = ("", nil, nil)
      return try JSON.decode(JSONValue.self, from: JSON.encode(copy))
    }
    return try comparable(self).firstDifference(from: comparable(other)).map {
      ($0.path, $0.here.text, $0.there.text)
    }
  }

  /// The configuration as indented JSON with sorted keys.
  public func encoded() throws -> [UInt8] { try JSON.encode(self, pretty: true) + [10] }

  /// Reads a configuration from JSON.
  ///
  /// - Throws: ``RunError`` when it is damaged.
  public init(decoding json: [UInt8], from place: String) throws {
    do {
      self = try JSON.decode(RunConfiguration.self, from: json)
    } catch {
      throw RunError(place, "not a configuration: \(JSON.explanation(of: error))")
    }
  }
}
