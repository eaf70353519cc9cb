internal import CPNG

/// Writes generated Pathfinder images in the layout of the Long Range Arena release.
///
/// `lra_release/lra_release/pathfinder<resolution>/<level>/` holds `metadata/<k>.npy` (text) and
/// `imgs/<k>/sample_<i>.png`. Each batch's metadata comes before its images.
public struct PathfinderArchive: Sendable {
  /// What shapes the images.
  public let model: PathfinderModel
  /// The user's seed.
  public let seed: UInt64
  /// How many images.
  public let sampleCount: Int
  /// Images in a folder, 1,000 in the release.
  public let batchSize: Int
  /// Threads that make images; the bytes do not depend on it.
  public let threads: Int

  /// How many images an archive may have.
  public static let sampleCounts = 1...Int(UInt32.max)
  /// How many images a folder may have.
  public static let batchSizes = 1...100_000

  /// A description of an archive to write.
  ///
  /// - Throws: ``GenerateError`` if a count is out of range.
  public init(
    model: PathfinderModel,
    seed: UInt64,
    sampleCount: Int,
    batchSize: Int = 1000,
    threads: Int = 1
  ) throws(GenerateError) {
    guard Self.sampleCounts.contains(sampleCount) else {
      throw GenerateError(reason: "sample count \(sampleCount) is not in 1..<2^32")
    }
    guard Self.batchSizes.contains(batchSize) else {
      throw GenerateError(reason: "batch size \(batchSize) is not in 1...100000")
    }
    guard threads >= 1 else {
      throw GenerateError(reason: "thread count \(threads) is not positive")
    }
    self.model = model
    self.seed = seed
    self.sampleCount = sampleCount
    self.batchSize = batchSize
    self.threads = threads
  }

  /// The folder of all members, with a trailing slash.
  public var folder: String {
    let parameters = model.parameters
    let level =
      parameters.contourLength == 6
      ? "curv_baseline" : "curv_contour_length_\(parameters.contourLength)"
    return "lra_release/lra_release/pathfinder\(parameters.resolution)/\(level)/"
  }

  /// Adds all members to an archive.
  ///
  /// - Parameters:
  ///   - writer: the archive, left open.
  ///   - progress: called with the number of images made so far.
  /// - Throws: ``ArchiveWriteError``, or what `progress` throws.
  public func write(
    to writer: ArchiveWriter,
    progress: @escaping (Int) throws -> Void = { _ in }
  ) throws {
    // A piece is small, for an even load, and ends where a batch ends.
    let pieceSize = min(batchSize, 32)
    let pieces = pieceRanges(pieceSize: pieceSize)
    var batch: [EncodedSample] = []
    let workers = OrderedWorkers(threads: threads)
    for piece in pieces {
      try workers.submit {
        var sampler = PathfinderSampler(model: model, seed: seed)
        return try piece.map { encode(try sampler.sample(at: $0)) }
      } deliver: { samples in
        batch += samples
        if piece.upperBound % batchSize == 0 || piece.upperBound == sampleCount {
          try writeBatch((piece.upperBound - 1) / batchSize, batch, to: writer)
          batch.removeAll(keepingCapacity: true)
        }
        try progress(piece.upperBound)
      }
    }
    try workers.finish()
  }

  private func pieceRanges(pieceSize: Int) -> [Range<Int>] {
    stride(from: 0, to: sampleCount, by: batchSize).flatMap { start in
      let end = min(start + batchSize, sampleCount)
      return stride(from: start, to: end, by: pieceSize).map { $0..<min($0 + pieceSize, end) }
    }
  }

  private struct EncodedSample: Sendable {
    var png: [UInt8]
    var label: Int
    var margin: Int
  }

  private func encode(_ sample: PathfinderSample) -> EncodedSample {
    EncodedSample(
      png: encodedPNG(sample.pixels, side: model.parameters.resolution),
      label: sample.label,
      margin: sample.margin
    )
  }

  private func writeBatch(
    _ number: Int,
    _ samples: [EncodedSample],
    to writer: ArchiveWriter
  ) throws(ArchiveWriteError) {
    let rows = samples.enumerated().map { metadataRow(batch: number, index: $0, $1) }
    try writer.addMember("\(folder)metadata/\(number).npy", Array(rows.joined().utf8))
    for (index, sample) in samples.enumerated() {
      try writer.addMember("\(folder)imgs/\(number)/sample_\(index).png", sample.png)
    }
  }

  /// The 11 columns of a sample: folder, file, number, label, continuity, contour length,
  /// distractor length, paddle length, thickness, margin, number of paddle contrasts.
  private func metadataRow(batch: Int, index: Int, _ sample: EncodedSample) -> String {
    let parameters = model.parameters
    let thickness = parameters.paddleThickness
    let thicknessText = thickness == thickness.rounded() ? "\(Int(thickness))" : "\(thickness)"
    return "imgs/\(batch) sample_\(index).png \(index) \(sample.label) \(parameters.continuity) "
      + "\(parameters.contourLength) \(parameters.distractorLength) \(parameters.paddleLength) "
      + "\(thicknessText) \(sample.margin) 1\n"
  }
}

/// A square grey picture as a PNG file.
private func encodedPNG(_ pixels: [UInt8], side: Int) -> [UInt8] {
  var count = 0
  guard let bytes = cpng_encode(pixels, UInt32(side), UInt32(side), 1, &count) else {
    preconditionFailure("a picture of \(side) x \(side) pixels cannot be encoded: out of memory")
  }
  defer { cpng_free(bytes) }
  return Array(UnsafeBufferPointer(start: bytes, count: count))
}
