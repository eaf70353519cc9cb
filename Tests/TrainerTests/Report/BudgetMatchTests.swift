import Testing

@testable import Trainer

@Suite struct BudgetMatchTests {
  private func kind(_ pretraining: Int, _ finetuning: Int, _ scratch: Int) -> BudgetMatch.Kind {
    BudgetMatch.Kind(pretraining: pretraining, finetuning: finetuning, scratch: scratch)
  }

  @Test func `a short pretraining on top of equal finetuning is no matched budget`() {
    #expect(kind(100, 5000, 5000) == .finetuningOnly)
    #expect(kind(4000, 3000, 3000) == .finetuningOnly)
  }

  @Test func `finetunings of other batch sizes are equally long, but for the last batch`() {
    #expect(kind(45_000, 45_000, 45_024) == .finetuningOnly)
    #expect(kind(100, 45_000, 45_024) == .finetuningOnly)
  }

  @Test func `a shared budget may differ by what rounding leaves, to both sides`() {
    #expect(kind(400, 600, 1000) == .both)
    #expect(kind(401, 600, 1000) == .both)
    #expect(kind(400, 600, 1020) == .both)
    #expect(kind(400, 600, 2000) == .longer)
    #expect(kind(400, 600, 900) == .unlike)
  }

  @Test func `a sentence says of what all comparisons are, and of samples, not of compute`() {
    let sentences: [(BudgetMatch.Kind, String)] = [
      (.finetuningOnly, "Only finetuning is matched"), (.both, "Samples are matched"),
      (.longer, "sees more samples than both"), (.unlike, "Budgets are not the same"),
    ]
    for (kind, start) in sentences {
      let sentence = BudgetMatch([kind]).sentence ?? ""
      #expect(sentence.contains(start) && !sentence.lowercased().contains("compute"))
    }
    #expect(BudgetMatch([.both, .finetuningOnly]).sentence?.hasPrefix("Budgets are not") == true)
    #expect(BudgetMatch(Set<BudgetMatch.Kind>()).sentence == nil)
  }
}
