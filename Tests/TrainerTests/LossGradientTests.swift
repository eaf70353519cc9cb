import Testing

@testable import Trainer

@Suite struct LossGradientTests {
  let pool = WorkerPool(threads: 2)

  @Test func `softmax and cross entropy agree with central differences`() {
    let targets: [Int32] = [2, -100, 0, 4, 4, -100, 1, 3, 0, 2]
    let run: ([Float], Bool) -> (LossResult, [Float]) = { [pool] values, computesGradient in
      let logits = Values(values, rows: 10, columns: 5)
      let result = softmaxCrossEntropy(
        logits.matrix,
        targets: targets,
        computesGradient: computesGradient,
        pool
      )
      return (result, logits.array)
    }
    KernelPair(
      inputs: ["x": drawn(50, seed: 51, scale: 2)],
      forward: { [Float(run($0["x"] ?? [], false).0.loss)] },
      backward: { values, dy in ["x": run(values["x"] ?? [], true).1.map { $0 * dy[0] }] }
    ).check()
  }

  @Test(arguments: [ValueLoss.absolute, .squared])
  func `the masked error agrees with central differences`(kind: ValueLoss) {
    let targets: [Float] = [0.5, -10_000, -1, 2, -10_000, 0, 0.25]
    let run: ([Float], Bool) -> (LossResult, [Float]) = { [pool] values, computesGradient in
      let outputs = Values(values, rows: 1, columns: 7)
      let result = maskedError(
        outputs.buffer.values,
        targets: targets,
        kind,
        computesGradient: computesGradient,
        pool
      )
      return (result, outputs.array)
    }
    KernelPair(
      inputs: ["x": [0.1, 3, -0.2, 2.4, 1, -0.7, 0.9]],
      forward: { [Float(run($0["x"] ?? [], false).0.loss)] },
      backward: { values, dy in ["x": run(values["x"] ?? [], true).1.map { $0 * dy[0] }] }
    ).check()
  }

  @Test func `huge logits neither overflow nor lose the loss`() {
    let logits = Values([1e30, -1e30, 0, 300, 301, 299], rows: 2, columns: 3)
    let result = softmaxCrossEntropy(
      logits.matrix,
      targets: [0, 0],
      computesGradient: true,
      pool
    )
    // log(1) for the first row, log(e^-1 + 1 + e^-2) + 1 for the second
    #expect(abs(result.lossSum - 1.407_606) < 1e-5)
    #expect(result.correct == 1)
    #expect(logits.array.allSatisfy { $0.isFinite })
  }

  @Test func `a logit that is not a number makes the loss not a number`() {
    let logits = Values([0, .nan, 1], rows: 1, columns: 3)
    let result = softmaxCrossEntropy(
      logits.matrix,
      targets: [0],
      computesGradient: false,
      pool
    )
    #expect(result.loss.isNaN)
  }
}
