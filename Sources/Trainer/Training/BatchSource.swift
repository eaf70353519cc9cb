internal import DataKit

/// Makes batches and targets of samples by their positions in a split.
///
/// Sequences of different lengths are padded on the right up to the longest of the batch: tokens with
/// the padding token, values with 0. Padding is never a target. Of pairs, the rows are all first
/// sequences, then all second ones; in pretraining each is a sequence of its own.
struct BatchSource {
  let split: DataSplit
  let objective: Objective
  let channels: Int
  private let sequences: Int
  private let masks: DataSplit.MaskReader?
  private let vocabulary: VocabularyDescription?
  let scale: InputScale

  /// One sequence of a sample.
  struct Row {
    var sample: Int
    var sequence: Int
    var length: Int
  }

  /// A source for one split of a data set.
  ///
  /// - Throws: ``DataSetError`` when the objective does not fit the data set.
  init(
    _ split: DataSplit,
    of dataSet: DataSet,
    _ objective: Objective,
    masks: MaskSet?,
    normalization: String? = nil
  ) throws {
    self.split = split
    self.objective = objective
    self.masks = objective.kind == .masked ? masks.map { split.maskReader($0) } : nil
    let manifest = dataSet.manifest
    (channels, sequences) = (manifest.channels, manifest.sequences)
    vocabulary = manifest.input == .tokens ? manifest.vocabulary : nil
    scale = try InputScale(dataSet, way: normalization)
    try check(dataSet)
  }

  private func check(_ dataSet: DataSet) throws {
    let manifest = dataSet.manifest
    func refuse(_ reason: String) -> DataSetError {
      DataSetError(path: dataSet.folder, reason: reason)
    }
    if manifest.input == .tokens {
      guard let vocabulary else { throw refuse("the manifest has no vocabulary") }
      guard channels == 1 else { throw refuse("tokens have one channel, not \(channels)") }
      guard objective.kind != .masked || vocabulary.maskID != nil else {
        throw refuse("the vocabulary has no <mask>, which masked pretraining needs")
      }
      guard !objective.isPretraining || objective.loss == .crossEntropy else {
        throw refuse("the \(objective.loss.rawValue) loss needs values, the data set holds tokens")
      }
    } else if objective.isPretraining, objective.loss == .crossEntropy {
      guard manifest.input == .pixels, channels == 1 else {
        throw refuse("cross-entropy needs grey levels as classes; use '--loss l1'")
      }
    }
    switch (objective.kind, manifest.target.kind) {
    case (.classification, .value): throw refuse("the labels are values, which need regression")
    case (.regression, .class): throw refuse("the labels are classes, which need classification")
    default: break
    }
    guard manifest.input != .pixels || manifest.normalization != nil else {
      throw refuse("the manifest has no normalization of the pixels")
    }
  }

  /// The longest sequence of the given samples.
  func longest(_ samples: [Int]) -> Int {
    samples.reduce(0) { longest, sample in
      (0..<sequences).reduce(longest) { max($0, split.length(at: sample, sequence: $1)) }
    }
  }

  /// The batch of the given samples; `variant` picks the masks, and sequences are padded to `length`,
  /// or to the longest of them.
  ///
  /// - Throws: ``DataSetError`` when the bytes of a sample do not have their checksum.
  func batch(
    _ samples: [Int],
    variant: Int,
    length: Int? = nil
  ) throws -> (batch: Batch, target: Target) {
    let rows = (0..<sequences).flatMap { sequence in
      samples.map { sample in
        Row(
          sample: sample,
          sequence: sequence,
          length: split.length(at: sample, sequence: sequence)
        )
      }
    }
    let length = length ?? rows.map(\.length).max() ?? 0
    let (input, target) =
      try vocabulary.map { try tokens(rows, length, variant, $0) }
      ?? values(rows, length, variant)
    let isRagged = rows.contains { $0.length != length }
    let batch = Batch(
      rows: rows.count,
      length: length,
      input: input,
      lengths: vocabulary != nil || isRagged ? rows.map { Int32($0.length) } : nil
    )
    return (batch, target ?? labels(samples))
  }

  /// The targets of finetuning.
  func labels(_ samples: [Int]) -> Target {
    guard objective.kind == .regression else {
      return .classes(samples.map { Int32(truncatingIfNeeded: split.label(at: $0)) })
    }
    let values = samples.map { sample in
      let label = split.value(at: sample)
      return objective.labels?.scaled(label) ?? label
    }
    return .values(values, objective.loss == .absolute ? .absolute : .squared)
  }

  /// Tokens, and their targets in pretraining.
  private func tokens(
    _ rows: [Row],
    _ length: Int,
    _ variant: Int,
    _ vocabulary: VocabularyDescription
  ) throws -> (Batch.Input, Target?) {
    let padding = Int32(vocabulary.padID)
    var inputs = [Int32](repeating: padding, count: rows.count * length)
    var targets = [Int32](
      repeating: ignoredClassTarget,
      count: objective.isPretraining ? inputs.count : 0
    )
    for (index, row) in rows.enumerated() {
      let range = index * length..<index * length + row.length
      try inputs.withUnsafeMutableBufferPointer { buffer in
        _ = try split.copyValues(
          at: row.sample,
          sequence: row.sequence,
          into: UnsafeMutableBufferPointer(rebasing: buffer[range])
        )
      }
      guard objective.isPretraining else { continue }
      let tokens = Array(inputs[range])
      if objective.kind == .causal {
        let target = Denoising.nextTargets(tokens, ignored: ignoredClassTarget)
        targets.replaceSubrange(range, with: target)
      } else {
        let (input, target) = Denoising.maskTokens(
          tokens,
          mask(of: row, variant),
          maskID: Int32(vocabulary.maskID ?? 0)
        )
        inputs.replaceSubrange(range, with: input)
        targets.replaceSubrange(range, with: target)
      }
    }
    return (.tokens(inputs), objective.isPretraining ? .classes(targets) : nil)
  }

  /// Numbers, and their targets in pretraining: numbers again, or levels as classes.
  private func values(
    _ rows: [Row],
    _ length: Int,
    _ variant: Int
  ) throws -> (Batch.Input, Target?) {
    let inputChannels = channels + (objective.kind == .masked ? 1 : 0)
    var inputs: [Float] = []
    inputs.reserveCapacity(rows.count * length * inputChannels)
    var levels: [Int32] = []
    var values: [Float] = []
    for row in rows {
      let stored = try elements(of: row)
      var scaled = stored
      scale.apply(to: &scaled, channels: channels)
      let mask = objective.kind == .masked ? self.mask(of: row, variant) : nil
      inputs += mask.map { Denoising.maskValues(scaled, $0, channels: channels) } ?? scaled
      let missing = length - row.length
      inputs += repeatElement(0, count: missing * inputChannels)
      guard objective.isPretraining else { continue }
      if objective.loss == .crossEntropy {
        levels += targets(stored.map { Int32($0) }, mask, ignored: ignoredClassTarget)
        levels += repeatElement(ignoredClassTarget, count: missing)
      } else {
        values += targets(scaled, mask, ignored: ignoredValueTarget)
        values += repeatElement(ignoredValueTarget, count: missing * channels)
      }
    }
    guard objective.isPretraining else { return (.values(inputs), nil) }
    let target: Target =
      switch objective.loss {
      case .crossEntropy: .classes(levels)
      case .absolute: .values(values, .absolute)
      case .squared: .values(values, .squared)
      }
    return (.values(inputs), target)
  }

  private func targets<Element>(
    _ elements: [Element],
    _ mask: [UInt8]?,
    ignored: Element
  ) -> [Element] {
    mask.map {
      Denoising.maskedTargets(elements, $0, ignored: ignored, channels: channels)
    } ?? Denoising.nextTargets(elements, ignored: ignored, channels: channels)
  }

  private func elements(of row: Row) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: row.length * channels) { buffer, filled in
      filled = try split.copyFloats(at: row.sample, sequence: row.sequence, into: buffer)
    }
  }

  private func mask(of row: Row, _ variant: Int) -> [UInt8] {
    guard let masks else { preconditionFailure("BatchSource: there are no masks") }
    return [UInt8](unsafeUninitializedCapacity: row.length) { buffer, filled in
      masks.copyMask(
        at: row.sample,
        sequence: row.sequence,
        variant: variant,
        into: UnsafeMutableBufferPointer(rebasing: buffer[..<row.length])
      )
      filled = row.length
    }
  }
}
