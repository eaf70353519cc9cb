import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct BatchSourceTests {
  private let folder = TemporaryFolder()

  private func source(
    _ input: InputKind,
    _ objective: Objective,
    masks: MaskSet? = nil
  ) throws -> BatchSource {
    try TinyDataSet.write(input, to: folder.path)
    let dataSet = try DataSet(opening: folder.path)
    return try BatchSource(dataSet.split(.train), of: dataSet, objective, masks: masks)
  }

  @Test func `sequences are padded on the right`() throws {
    let source = try source(.tokens, Objective(.classification))
    let (batch, target) = try source.batch([0, 1, 2, 3], variant: 0)
    guard case .tokens(let tokens) = batch.input, case .classes(let classes) = target,
      let lengths = batch.lengths
    else {
      Issue.record("not a batch of tokens with classes")
      return
    }
    #expect(batch.length == Int(lengths.max() ?? 0))
    for (row, length) in lengths.enumerated() {
      let sequence = tokens[row * batch.length..<(row + 1) * batch.length]
      #expect(sequence.prefix(Int(length)).last == 3)
      #expect(sequence.dropFirst(Int(length)).allSatisfy { $0 == 1 })
      #expect(classes[row] == (sequence.first == 4 ? 1 : 0))
    }
  }

  @Test func `padding is never a target`() throws {
    for objective in [Objective(.causal), Objective(.masked)] {
      let masks = MaskSet(policy: .token(ratio: 1))
      let source = try source(.tokens, objective, masks: masks)
      let (batch, target) = try source.batch([0, 1, 2, 3, 4], variant: 0)
      guard case .classes(let classes) = target, let lengths = batch.lengths else {
        Issue.record("not a batch with classes")
        return
      }
      for (row, length) in lengths.enumerated() {
        let targets = classes[row * batch.length..<(row + 1) * batch.length]
        let counted = Int(length) - (objective.kind == .causal ? 1 : 0)
        #expect(targets.prefix(counted).allSatisfy { $0 >= 0 })
        #expect(targets.dropFirst(counted).allSatisfy { $0 == -100 })
      }
    }
  }

  @Test func `a mask variant is the same stored or computed`() throws {
    let stored = MaskSet(policy: .token(ratio: 0.5), seed: 3, variants: 2)
    let computed = MaskSet(policy: .token(ratio: 0.5), seed: 3, variants: 1)
    for variant in 0..<4 {
      let inputs = try [stored, computed].map { set in
        let source = try source(.pixels, Objective(.masked, loss: .absolute), masks: set)
        return try source.batch([3, 8], variant: variant)
      }
      guard case .values(let left) = inputs[0].batch.input,
        case .values(let right) = inputs[1].batch.input
      else {
        Issue.record("not a batch of values")
        return
      }
      #expect(left == right)
      #expect(left.count == 2 * 16 * 2)
    }
  }

  @Test func `the l1 loss refuses tokens`() throws {
    #expect {
      try source(.tokens, Objective(.causal, loss: .absolute))
    } throws: { error in
      "\(error)".hasSuffix("the l1 loss needs values, the data set holds tokens")
    }
  }
}
