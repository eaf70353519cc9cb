import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct ReconstructionTests {
  private func reconstructor(
    _ harness: TrainingHarness,
    _ objective: Objective
  ) throws -> (Reconstructor, TrainingRun) {
    let run = try harness.start(harness.configuration(.pretrain, objective), "run")
    _ = try run.run()
    let source = try BatchSource(
      harness.dataSet.split(.validation),
      of: harness.dataSet,
      run.configuration.objective,
      masks: run.configuration.maskSet(of: harness.dataSet)
    )
    return (try #require(Reconstructor(source, of: harness.dataSet)), run)
  }

  @Test func `tokens are restored as often as the validation counts`() throws {
    let harness = try TrainingHarness(.tokens)
    let (reconstructor, run) = try reconstructor(harness, Objective(.masked))
    let summary = try RunSummary(of: run.folder)
    // In the batches of the validation, as attention sees padding.
    let samples = try [0..<4, 4..<7].flatMap { try reconstructor.restore($0, by: run.network) }
    let hits = samples.compactMap(\.hits)
    let score = try #require(summary.lastValidation)
    #expect(hits.map(\.of).reduce(0, +) == score.targets)
    let accuracy = Double(hits.map(\.count).reduce(0, +)) / Double(score.targets)
    #expect(abs(accuracy - (score.accuracy ?? -1)) < 1e-12)
  }

  @Test(arguments: [Objective.Loss.crossEntropy, .absolute])
  func `images keep what was not masked`(loss: Objective.Loss) throws {
    let harness = try TrainingHarness(.pixels)
    let (reconstructor, run) = try reconstructor(harness, Objective(.masked, loss: loss))
    let samples = try reconstructor.restore(0..<3, by: run.network)
    let split = try harness.dataSet.split(.validation)
    for sample in samples {
      guard case .image(let image) = sample.content else {
        Issue.record("not an image")
        continue
      }
      #expect((image.width, image.height, image.channels) == (4, 4, 1))
      #expect(image.mask.contains(1) && image.mask.contains(0))
      var pixels = [Int32](repeating: 0, count: 16)
      try pixels.withUnsafeMutableBufferPointer {
        _ = try split.copyValues(at: sample.sample, into: $0)
      }
      #expect(image.original.map { Int32($0) } == pixels)
      for place in 0..<16 {
        if image.mask[place] == 0 { #expect(image.restored[place] == image.original[place]) }
        #expect(image.masked[place] == (image.mask[place] == 0 ? image.original[place] : 128))
      }
      #expect(image.strip.width == 14 && image.strip.pixels.count == 14 * 4)
    }
    #expect(
      samples.contains { sample in
        guard case .image(let image) = sample.content else { return false }
        return image.restored != image.original
      }
    )
  }

  @Test func `causal objectives have no masks`() throws {
    let harness = try TrainingHarness(.tokens)
    let source = try BatchSource(
      harness.dataSet.split(.validation),
      of: harness.dataSet,
      Objective(.causal),
      masks: nil
    )
    #expect(Reconstructor(source, of: harness.dataSet) == nil)
  }
}
