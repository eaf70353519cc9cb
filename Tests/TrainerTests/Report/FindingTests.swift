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
    let gain = "A on t, masked pretraining: +11.0\u{A0}±\u{A0}12.7\u{A0}points"
    let loss = "A on t, causal pretraining: −9.0\u{A0}±\u{A0}12.7\u{A0}points"
    #expect(
      found.headline
        == "2 of 2 tested differences to training from scratch are significant over the seeds "
        + "(p\u{A0}<\u{A0}0.05 after "
        + "Holm's correction): \(gain), p\u{A0}=\u{A0}0.010, corrected\u{A0}0.020; \(loss), "
        + "p\u{A0}=\u{A0}0.040, corrected\u{A0}0.040."
    )
    #expect(
      found.details.contains(
        "By the sign of the difference alone, self-pretraining is ahead in 1, behind in 1 and equal in "
          + "1 of 3 comparisons."
      )
    )
    #expect(
      found.details.contains(
        "1 comparison could not be tested, for want of a second seed or of any spread."
      )
    )
    #expect(
      found.details.contains(
        "p itself is not corrected for 2 comparisons: 2 of 2 are under 0.05 without correction, 2 with "
          + "Holm's."
      )
    )
  }

  @Test func `what several tests would give by chance is not called significant`() {
    let found = finding([
      cell(.scratch, [0.5, 0.6], "A", "t", "accuracy", nil, [], []),
      cell(.masked, [0.6, 0.62], "A", "t", "accuracy", 0.03, [], []),
      cell(.causal, [0.4, 0.42], "A", "t", "accuracy", 0.4, [], []),
    ])
    #expect(
      found.headline
        == "No difference between self-pretraining and training from scratch is significant over the "
        + "seeds: none of 2 "
        + "reaches p\u{A0}<\u{A0}0.05 after Holm's correction."
    )
    #expect(
      found.details.hasPrefix("Largest gain in accuracy that is not significant: A on t, masked")
    )
    #expect(
      found.details.contains("Largest setback in accuracy that is not significant: A on t, causal")
    )
    #expect(found.details.contains("1 of 2 is under 0.05 without correction, 0 with Holm's."))
  }

  @Test func `metrics are not ranked against each other, and what was not tested not at all`() {
    let found = finding([
      cell(.scratch, [0.5, 0.6], "A", "t", "accuracy", nil, [], []),
      cell(.masked, [0.56, 0.62], "A", "t", "accuracy", 0.001, [], []),
      cell(.scratch, [0.5, 0.9], "A", "u", "R2", nil, [], []),
      cell(.masked, [0.9, 1.3], "A", "u", "R2", 0.002, [], []),
      cell(.causal, [0.8, 0.9], "A", "u", "R2", 0.5, [], []),
      cell(.scratch, [0.1], "B", "t", "accuracy", nil, [], []),
      cell(.masked, [0.9], "B", "t", "accuracy", nil, [], []),
    ])
    #expect(found.headline.hasPrefix("2 of 3 tested differences"))
    // The smaller number stands first: its p is smaller.
    let places = ["A on t, masked", "A on u, masked"].map {
      found.headline.split(separator: $0)[0].count
    }
    #expect(places[0] < places[1])
    #expect(found.details.contains("Largest gain in R2 that is not significant: A on u, causal"))
    #expect(!found.details.contains("B on t"))
    #expect(found.details.contains("1 comparison could not be tested"))
  }

  @Test func `a smaller loss is the better one`() {
    let cells = [
      cell(.scratch, [0.5, 0.6], "A", "t", "loss", nil, [], []),
      cell(.masked, [0.4, 0.5], "A", "t", "loss", 0.3, [], []),
    ]
    let content = ReportContent(
      ReportHarness.result(cells),
      isStudy: true,
      split: "test",
      runs: [],
      faults: []
    )
    #expect(content.contrasts.map(\.gain).allSatisfy { $0 > 0 })
    let found = Finding(content)
    #expect(
      found.headline.hasPrefix(
        "The only comparison is not significant over the seeds: A on t, masked"
      )
    )
    #expect(found.headline.contains("−0.100\u{A0}±\u{A0}0.304\u{A0}loss, p\u{A0}=\u{A0}0.30"))
  }

  @Test func `a single seed is no test`() {
    let found = finding([
      cell(.scratch, [0.5], "A", "t", "accuracy", nil, [], []),
      cell(.masked, [0.6], "A", "t", "accuracy", nil, [], []),
    ])
    #expect(found.headline.hasPrefix("With a single seed there is no telling what is chance."))
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
