import DataKit
import Testing

@testable import Trainer

@Suite struct ChoiceTableTests {
  private func table(_ candidates: [StudyResult.Candidate]) -> ChoiceTable {
    var cell = ReportHarness.cell(.scratch, [0.5], runs: ["runs/a"])
    cell.candidates = candidates
    return ChoiceTable(
      ReportContent(
        ReportHarness.result([cell]),
        isStudy: true,
        split: "test",
        runs: [],
        faults: []
      )
    )
  }

  private func candidate(
    _ run: String,
    _ validation: Double?,
    _ state: StudyFolder.State?
  ) -> StudyResult.Candidate {
    StudyResult.Candidate(
      run: "runs/" + run,
      learningRate: 0.01,
      batchSize: 4,
      monitor: "accuracy",
      validation: validation,
      state: state
    )
  }

  @Test func `a choice is provisional while a candidate may become the best`() throws {
    let table = table([
      candidate("a", 0.5, .finished), candidate("b", nil, .waiting), candidate("c", nil, .failed),
    ])
    let page = try #require(table.markup()).source.replacing("\u{A0}", with: " ")
    #expect(page.contains("0.01 × 4: 50.0 %</strong>"))
    #expect(page.contains("0.01 × 4: not finished</span>"))
    #expect(page.contains("0.01 × 4: failed</span>"))
    #expect(page.contains(">provisional</td>") && page.contains("another may be the best"))
    #expect(
      table.sentence.hasSuffix(
        "provisional in 1 of 1 settings, where not all combinations "
          + "are finished"
      )
    )
  }

  @Test func `only what is finished can be equal`() {
    let candidates = [
      candidate("a", 0.5, .finished), candidate("b", 0.5, .running), candidate("c", 0.5, .failed),
    ]
    #expect(ChoiceTable.tied(candidates).map(\.run) == ["runs/a"])
  }

  @Test func `older results tell what is finished by the validation alone`() throws {
    let json = #"{"run": "a", "learningRate": 0.1, "batchSize": 1, "monitor": "loss""#
    func read(_ rest: String) throws -> StudyResult.Candidate {
      try JSON.decode(StudyResult.Candidate.self, from: Array((json + rest).utf8))
    }
    #expect(try read(#", "validation": 0.5}"#).progress == .finished)
    #expect(try read("}").progress == .failed)
    #expect(try read(#", "state": "waiting"}"#).isOpen)
  }
}
