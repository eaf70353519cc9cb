import Testing

@testable import Trainer

@Suite struct FindingTests {
  private func finding(_ cells: [StudyResult.Cell]) -> Finding {
    Finding(
      ReportContent(
        ReportHarness.result(cells),
        isStudy: true,
        split: "test",
        runs: [],
        faults: []
      )
    )
  }

  private let cell = ReportHarness.cell

  @Test func `gains, losses and what is equal are all told`() {
    let found = finding([
      cell(.scratch, [0.5, 0.5], "A", "t", "accuracy", nil, [], []),
      cell(.masked, [0.6, 0.62], "A", "t", "accuracy", 0.01, [], []),
      cell(.causal, [0.4, 0.42], "A", "t", "accuracy", 0.04, [], []),
      cell(.scratch, [0.3, 0.3], "B", "t", "accuracy", nil, [], []),
      cell(.masked, [0.3, 0.3], "B", "t", "accuracy", nil, [], []),
    ])
    #expect(
      found.headline
        == "Self-pretraining is ahead of training from scratch in 1 of 3 comparisons, behind in 1 and "
        + "equal in 1."
    )
    #expect(
      found.details.contains(
        "Largest gain: A on t, masked pretraining: +11.0 points, p\u{A0}=\u{A0}0.010."
      )
    )
    #expect(
      found.details.contains(
        "Largest loss: A on t, causal pretraining: −9.0 points, p\u{A0}=\u{A0}0.040."
      )
    )
    #expect(
      found.details.hasSuffix(
        "1 difference in favour of pretraining and 1 against it reach p\u{A0}<\u{A0}0.05."
      )
    )
  }

  @Test func `a smaller loss is the better one`() {
    let found = finding([
      cell(.scratch, [0.5, 0.6], "A", "t", "loss", nil, [], []),
      cell(.masked, [0.4, 0.5], "A", "t", "loss", 0.3, [], []),
    ])
    #expect(found.headline.contains("is ahead of training from scratch in the only comparison"))
    #expect(found.details == "No difference reaches p\u{A0}<\u{A0}0.05.")
  }

  @Test func `nothing is claimed where nothing was compared`() {
    let found = finding([cell(.masked, [0.5], "A", "t", "accuracy", nil, [], [])])
    #expect(found.headline.contains("nothing is compared"))
    #expect(found.details.isEmpty)
  }

  @Test func `the main table is of all the data, or of the most there is`() {
    func content(_ cells: [StudyResult.Cell]) -> ReportContent {
      ReportContent(
        ReportHarness.result(cells),
        isStudy: true,
        split: "test",
        runs: [],
        faults: []
      )
    }
    var cells = [
      cell(.scratch, [0.5], "A", "t", "accuracy", nil, [], []),
      cell(.masked, [0.6], "A", "t", "accuracy", nil, [], []),
    ]
    #expect(content(cells).mainCells == cells)
    var shared = cells + cells
    for (index, share) in [0, 0.2, 0, 0.6].enumerated() { shared[index].pretrainingShare = share }
    #expect(content(shared).mainCells.map(\.pretrainingShare) == [0, 0, 0.6])
    for index in cells.indices { cells[index].fraction = 0.1 }
    #expect(content(cells).mainCells == cells)
    #expect(content(cells).scratch(of: cells[1]) == cells[0])
  }
}
