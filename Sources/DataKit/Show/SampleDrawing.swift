/// Samples of a split as text or pictures.
public struct SampleDrawing {
  private let manifest: Manifest
  private let samples: DataSplit
  private let masks: DataSplit.MaskReader?
  private let variant: Int

  /// A drawing of samples of a data set.
  ///
  /// - Parameters:
  ///   - manifest: the data set's manifest.
  ///   - samples: the split.
  ///   - masks: the mask set to mark, or nil.
  ///   - variant: the variant of the mask set.
  public init(
    manifest: Manifest,
    samples: DataSplit,
    masks: DataSplit.MaskReader? = nil,
    variant: Int = 0
  ) {
    self.manifest = manifest
    self.samples = samples
    self.masks = masks
    self.variant = variant
  }

  /// "id 7, label 1 pos, 31 and 55 tokens".
  public func description(of index: Int) -> String {
    let lengths = (0..<manifest.sequences).map { "\(samples.length(at: index, sequence: $0))" }
    let unit = manifest.input == .tokens ? "tokens" : "positions"
    return "id \(samples.sampleID(at: index)), \(label(of: index)), "
      + "\(lengths.joined(separator: " and ")) \(unit)"
  }

  /// The text of a token sample, masked runs in ⟦ ⟧: one text, or two of a pair.
  ///
  /// - Throws: ``DataSetError`` when the sample is damaged or there is no vocabulary.
  public func texts(of index: Int) throws -> [String] {
    guard let vocabulary = manifest.vocabulary else {
      throw DataSetError(path: location(of: index), reason: "the data set has no vocabulary")
    }
    return try (0..<manifest.sequences).map { sequence in
      SampleText.decode(
        try values(index, sequence),
        vocabulary: vocabulary,
        mask: mask(index, sequence)
      )
    }
  }

  /// Images, grey or in colour, as a PNG; the images of a pair stand side by side.
  ///
  /// They are as wide as the data set's option `width` says, and square without it.
  ///
  /// - Throws: ``DataSetError`` when a sample is damaged or no image.
  public func contactSheet(of indices: Range<Int>) throws -> [UInt8] {
    let pixels = manifest.fixedLength ?? 0
    let side = Int(Double(pixels).squareRoot())
    let width = manifest.options["width"].map { Int($0) ?? 0 } ?? (side * side == pixels ? side : 0)
    guard width > 0, pixels > 0, pixels % width == 0, [1, 3].contains(manifest.channels) else {
      throw DataSetError(
        path: location(of: indices.lowerBound),
        reason: "samples of \(pixels) positions and \(manifest.channels) channels are no images, "
          + "grey or in colour"
      )
    }
    let tiles = try indices.flatMap { index in
      try (0..<manifest.sequences).map { sequence in
        ContactSheet.Tile(
          pixels: try values(index, sequence).map { UInt8(clamping: $0) },
          mask: mask(index, sequence) ?? [],
          caption: "\(index) \(className(of: index) ?? label(of: index))"
        )
      }
    }
    return try ContactSheet(width: width, height: pixels / width).png(tiles)
  }

  /// Sound or time series as line plots in a PNG, the channels of a plot in colours of their own.
  ///
  /// - Throws: ``DataSetError`` when a sample is damaged.
  public func plots(of indices: Range<Int>) throws -> [UInt8] {
    let panels = try indices.flatMap { index in
      try (0..<manifest.sequences).map { sequence in
        LinePlot.Panel(
          values: try floats(index, sequence),
          channels: manifest.channels,
          mask: mask(index, sequence) ?? [],
          caption: "\(index) \(description(of: index))"
        )
      }
    }
    return try LinePlot().png(panels)
  }

  /// The class, by its name where it has one, or the value.
  private func label(of index: Int) -> String {
    guard manifest.target.kind == .class else { return "label \(samples.value(at: index))" }
    return "label \(samples.label(at: index))" + (className(of: index).map { " \($0)" } ?? "")
  }

  private func className(of index: Int) -> String? {
    guard manifest.target.kind == .class, let names = manifest.target.names else { return nil }
    let number = Int(samples.label(at: index))
    return names.indices.contains(number) ? printable(names[number]) : nil
  }

  private func location(of index: Int) -> String { samples.location(at: index).file }

  private func values(_ index: Int, _ sequence: Int) throws -> [Int32] {
    guard manifest.elementType != .float32 else {
      throw DataSetError(path: location(of: index), reason: "values are F32, expected U8 or U16")
    }
    let room = samples.length(at: index, sequence: sequence) * manifest.channels
    return try [Int32](unsafeUninitializedCapacity: room) { buffer, count in
      count = try samples.copyValues(at: index, sequence: sequence, into: buffer)
    }
  }

  private func floats(_ index: Int, _ sequence: Int) throws -> [Float] {
    guard manifest.elementType != .uint16 else {
      return try values(index, sequence).map { Float($0) }
    }
    let room = samples.length(at: index, sequence: sequence) * manifest.channels
    return try [Float](unsafeUninitializedCapacity: room) { buffer, count in
      count = try samples.copyFloats(at: index, sequence: sequence, into: buffer)
    }
  }

  private func mask(_ index: Int, _ sequence: Int) -> [UInt8]? {
    masks.map { reader in
      var bytes = [UInt8](repeating: 0, count: samples.length(at: index, sequence: sequence))
      bytes.withUnsafeMutableBufferPointer {
        reader.copyMask(at: index, sequence: sequence, variant: variant, into: $0)
      }
      return bytes
    }
  }
}
