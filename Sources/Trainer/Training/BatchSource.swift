internal import DataKit

/// Makes batches and targets of samples by their positions in a split.
///
/// Sequences of different lengths are padded on the right with the padding token up to the
/// longest of the batch. Padding is never a target.
struct BatchSource {
  let split: DataSplit
  private let objective: Objective
  private let masks: DataSplit.MaskReader?
  private let vocabulary: VocabularyDescription?
  private let pixels: PixelTable?

  /// A source for one split of a data set.
  ///
  /// - Throws: ``DataSetError`` when the objective does not fit the data set's input.
  init(_ split: DataSplit, of dataSet: DataSet, _ objective: Objective, masks: MaskSet?) throws {
    let manifest = dataSet.manifest
    func refuse(_ reason: String) -> DataSetError {
      DataSetError(path: dataSet.folder, reason: reason)
    }
    guard manifest.sequences == 1, manifest.channels == 1, manifest.target.kind == .class,
      manifest.input == .tokens || manifest.input == .pixels
    else {
      throw refuse("training on pairs, colour, sound or time series is not there yet")
    }
    if manifest.input == .tokens {
      guard objective.kind != .masked || manifest.vocabulary?.maskID != nil else {
        throw refuse("the vocabulary has no <mask>, which masked pretraining needs")
      }
      guard manifest.vocabulary != nil else { throw refuse("the manifest has no vocabulary") }
      guard objective.loss == .crossEntropy else {
        throw refuse("the l1 loss needs pixels, the data set holds tokens")
      }
    } else if manifest.normalization == nil {
      throw refuse("the manifest has no normalization of the pixels")
    }
    self.split = split
    self.objective = objective
    self.masks = objective.kind == .masked ? masks.map { split.maskReader($0) } : nil
    vocabulary = manifest.vocabulary
    pixels = manifest.input == .pixels ? manifest.normalization.map { PixelTable($0) } : nil
  }

  /// The batch of the given samples; `variant` picks the masks.
  func batch(_ samples: [Int], variant: Int) throws -> (batch: Batch, target: Target) {
    let lengths = samples.map { split.length(at: $0) }
    let length = lengths.max() ?? 0
    if let pixels {
      precondition(lengths.allSatisfy { $0 == length }, "BatchSource: images of unlike sizes")
      return try pixelBatch(samples, length, variant, pixels)
    }
    return try tokenBatch(samples, lengths, length, variant)
  }

  private func labels(_ samples: [Int]) -> Target {
    .classes(samples.map { Int32(truncatingIfNeeded: split.label(at: $0)) })
  }

  private func tokenBatch(
    _ samples: [Int],
    _ lengths: [Int],
    _ length: Int,
    _ variant: Int
  ) throws -> (batch: Batch, target: Target) {
    let padding = Int32(vocabulary?.padID ?? 1)
    let maskID = Int32(vocabulary?.maskID ?? 0)
    var inputs = try [Int32](
      unsafeUninitializedCapacity: samples.count * length
    ) { buffer, filled in
      let rows = UnsafeMutableBufferPointer(rebasing: buffer[..<(samples.count * length)])
      try split.copyBatch(samples, into: rows, rowLength: length, padding: padding)
      filled = rows.count
    }
    var targets: [Int32] = []
    if objective.kind != .classification {
      targets = [Int32](repeating: ignoredClassTarget, count: inputs.count)
      for (row, sample) in samples.enumerated() {
        let range = row * length..<row * length + lengths[row]
        let tokens = Array(inputs[range])
        if objective.kind == .causal {
          let target = Denoising.nextTargets(tokens, ignored: ignoredClassTarget)
          targets.replaceSubrange(range, with: target)
        } else {
          let mask = mask(of: sample, count: lengths[row], variant)
          let (input, target) = Denoising.maskTokens(tokens, mask, maskID: maskID)
          inputs.replaceSubrange(range, with: input)
          targets.replaceSubrange(range, with: target)
        }
      }
    }
    let batch = Batch(
      rows: samples.count,
      length: length,
      input: .tokens(inputs),
      lengths: lengths.map { Int32($0) }
    )
    return (batch, objective.kind == .classification ? labels(samples) : .classes(targets))
  }

  private func pixelBatch(
    _ samples: [Int],
    _ length: Int,
    _ variant: Int,
    _ table: PixelTable
  ) throws -> (batch: Batch, target: Target) {
    var inputs: [Float] = []
    var levels: [Int32] = []
    var values: [Float] = []
    for sample in samples {
      let bytes = try elements(of: sample, count: length)
      let normalized = bytes.map { table.values[Int($0) & 255] }
      var mask: [UInt8]?
      if objective.kind == .masked { mask = self.mask(of: sample, count: length, variant) }
      inputs += mask.map { Denoising.maskValues(normalized, $0) } ?? normalized
      switch (objective.kind, objective.loss) {
      case (.classification, _): break
      case (_, .crossEntropy): levels += targets(bytes, mask, ignored: ignoredClassTarget)
      case (_, .absolute): values += targets(normalized, mask, ignored: ignoredValueTarget)
      }
    }
    let batch = Batch(rows: samples.count, length: length, input: .values(inputs))
    if objective.kind == .classification { return (batch, labels(samples)) }
    return (batch, objective.loss == .absolute ? .values(values) : .classes(levels))
  }

  private func targets<Element>(
    _ elements: [Element],
    _ mask: [UInt8]?,
    ignored: Element
  ) -> [Element] {
    mask.map { Denoising.maskedTargets(elements, $0, ignored: ignored) }
      ?? Denoising.nextTargets(elements, ignored: ignored)
  }

  private func elements(of sample: Int, count: Int) throws -> [Int32] {
    try [Int32](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = try split.copyValues(at: sample, into: buffer)
    }
  }

  private func mask(of sample: Int, count: Int, _ variant: Int) -> [UInt8] {
    guard let masks else { preconditionFailure("BatchSource: there are no masks") }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      masks.copyMask(
        at: sample,
        variant: variant,
        into: UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      )
      filled = count
    }
  }
}
