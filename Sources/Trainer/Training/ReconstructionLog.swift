internal import DataKit

/// Images of masked samples and what the network makes of them, for TensorBoard.
///
/// They take at most a hundredth of a run's time: a validation that comes too soon after the last images
/// has none. Weights and metrics do not depend on them.
final class ReconstructionLog {
  private let reconstructor: Reconstructor
  private let samples: Range<Int>
  private var seconds = 0.0

  /// The share of a run's time that images may take.
  private static let share = 0.01

  /// A log of the first samples of a source; nil when the objective masks no images.
  ///
  /// - Parameters:
  ///   - source: what is validated on.
  ///   - dataSet: the data set of the source.
  ///   - rows: samples that the network's memory is planned for.
  init?(_ source: BatchSource, of dataSet: DataSet, rows: Int) {
    guard dataSet.manifest.input == .pixels,
      let reconstructor = Reconstructor(source, of: dataSet)
    else { return nil }
    self.reconstructor = reconstructor
    samples = 0..<min(4, rows, source.split.count)
  }

  /// Appends the images of a step, unless images have had their share of the run's time.
  func append(to log: RunLog, _ network: Network, step: Int, runSeconds: Double) throws {
    guard seconds <= Self.share * runSeconds else { return }
    let begin = ContinuousClock.now
    let images = try reconstructor.restore(samples, by: network).compactMap {
      sample -> (tag: String, value: EventFile.Value)? in
      guard case .image(let image) = sample.content else { return nil }
      let strip = image.strip
      let png = try encodePNG(
        strip.pixels,
        width: strip.width,
        height: image.height,
        channels: image.channels
      )
      return (
        tag: "reconstruction/\(sample.sample)",
        value: EventFile.Value.image(
          png: png,
          width: strip.width,
          height: image.height,
          channels: image.channels
        )
      )
    }
    try log.append(images, step: step)
    seconds += (ContinuousClock.now - begin).seconds
  }
}
