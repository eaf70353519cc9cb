import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct SampleOrderTests {
  @Test(arguments: [0, 1, 2, 3, 4, 5, 7, 16, 17, 63, 64, 65, 100, 1000, 4097])
  func `every sample comes once`(count: Int) {
    for epoch in [0, 1, 5] {
      let order = SampleOrder(count: count, seed: 9, epoch: epoch)
      #expect((0..<count).map { order[$0] }.sorted() == Array(0..<count))
    }
  }

  @Test func `seeds and epochs give orders of their own, and the same again`() {
    func order(_ seed: UInt64, _ epoch: Int) -> [Int] {
      let order = SampleOrder(count: 50, seed: seed, epoch: epoch)
      return (0..<50).map { order[$0] }
    }
    #expect(order(1, 0) == order(1, 0))
    #expect(order(1, 0) != order(1, 1))
    #expect(order(1, 0) != order(2, 0))
    #expect(order(1, 0) != Array(0..<50))
  }

  @Test func `every sample comes first about equally often`() {
    var counts = [Int](repeating: 0, count: 10)
    for epoch in 0..<5000 { counts[SampleOrder(count: 10, seed: 4, epoch: epoch)[0]] += 1 }
    // 500 each, deviation 21.
    #expect(counts.allSatisfy { abs($0 - 500) < 110 })
  }

  @Test func `large counts need no memory`() {
    let order = SampleOrder(count: 1 << 40, seed: 0, epoch: 0)
    #expect(order[0] < 1 << 40)
    #expect(order[(1 << 40) - 1] != order[0])
  }
}

@Suite struct DenoisingTests {
  private let file: SafetensorsFile

  init() throws {
    file = try SafetensorsFile(path: Fixtures.path("golden/data_masks.safetensors"))
  }

  @Test(arguments: [("p15", Float(0.15)), ("p50", Float(0.5))])
  func `masked inputs and targets are those of the reference`(tag: String, ratio: Float) throws {
    let uniform: [Float] = try file.elements(of: tag + ".uniform")
    let mask: [UInt8] = uniform.map { $0 < ratio ? 1 : 0 }
    let tokens = Denoising.maskTokens(try file.elements(of: tag + ".ids"), mask, maskID: 0)
    #expect(try tokens.input == file.elements(of: tag + ".token_input"))
    #expect(try tokens.target == file.elements(of: tag + ".token_target"))
    let values: [Float] = try file.elements(of: tag + ".values")
    #expect(try Denoising.maskValues(values, mask) == file.elements(of: tag + ".value_input"))
    #expect(
      try Denoising.maskedTargets(values, mask, ignored: ignoredValueTarget)
        == file.elements(of: tag + ".value_target_l1")
    )
    let bytes: [Int32] = try file.elements(of: tag + ".bytes")
    #expect(
      try Denoising.maskedTargets(bytes, mask, ignored: ignoredClassTarget)
        == file.elements(of: tag + ".value_target_ce")
    )
  }

  @Test func `causal targets are those of the reference`() throws {
    let ids: [Int32] = try file.elements(of: "causal.ids")
    #expect(
      try Denoising.nextTargets(ids, ignored: ignoredClassTarget)
        == file.elements(of: "causal.token_target")
    )
    let values: [Float] = try file.elements(of: "causal.values")
    #expect(
      try Denoising.nextTargets(values, ignored: ignoredValueTarget)
        == file.elements(of: "causal.value_target_l1")
    )
  }

  @Test func `pixels are normalized with every step rounded`() {
    let table = PixelTable(Normalization(divisor: 255, mean: [0.5], standardDeviation: [0.5]))
    #expect(table.values.count == 256)
    #expect(table.values[0] == -1 && table.values[255] == 1)
    #expect(table.values[51] == (Float(51) / 255 - 0.5) / 0.5)
  }
}
