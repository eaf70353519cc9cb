import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct ReportTests {
  /// The numbers that cells of the comparison have, in their order.
  private func numbers(_ page: String) -> [String] {
    page.split(separator: "<data value=\"").dropFirst().map { part in
      String(part.prefix { $0 != "\"" })
    }
  }

  @Test func `a study's page has its numbers, words and runs`() throws {
    let harness = try ReportHarness()
    try harness.write(scratch: [0.5, 0.7], tuned: [0.8, 0.9], p: 0.2)
    let page = try harness.page([harness.study])
    #expect(numbers(page) == [[0.5, 0.7], [0.8, 0.9]].map { "\($0.mean)" })
    for text in [
      "At most 9 steps.", "Which is better?", "lra-train compare a.json", "9.9.9", "0123abcd",
      "a.tar.gz, SHA-256 ffee", "60.0", " ± 14.1", "+25.0", "p\u{A0}=\u{A0}0.20", "runs/tuned-2",
      "trained on 11 of 22", "late", "not finite &lt;here&gt;", "2 seeds per setting",
      "The only comparison is not significant",
    ] { #expect(page.contains(text), "\(text)") }
    for section in ["comparison", "curves", "reconstructions", "runs", "configurations"] {
      #expect(page.contains("<section id=\"\(section)\""))
    }
    #expect(!page.contains("id=\"kernels\"") && !page.contains("id=\"fractions\""))
    #expect(!page.contains("http"))
    #expect(!page.contains("<script"))
  }

  @Test func `a page tells what its numbers are worth`() throws {
    let harness = try ReportHarness()
    try harness.write(scratch: [0.5, 0.7], tuned: [0.8, 0.9], p: 0.2)
    try AtomicFile.write(StudyHarness.study().encoded(), to: harness.study + "/study.json")
    let page = try harness.page([harness.study])
    let counts = try #require(harness.harness.dataSet.manifest.splits["test"]?.labelCounts)
    let chance = NumberText.fixed(100 * Double(counts.max() ?? 0) / 9, 1)
    for text in [
      // Chance, sampling and tuning.
      "chance: most frequent class", ">\(chance)<div class=\"difference\">of the test split",
      "s.e.\u{A0}", "by the binomial formula; runs of a task are scored on the same samples",
      "in 1 of 1 settings the best were equal on validation", ">equal</td>",
      "<strong>0.01 × 4: 50.0 %</strong>".replacing(" ", with: "\u{A0}"),
      // Budgets.
      "There is no control that was trained from scratch with as many samples",
      "under whatever load the machine had",
      "image, pretraining: steps 5 (presets: ",
      // Data, machine, repeating.
      "whether a text begins with four: 2 classes", "lra-prep build tiny-text --output data",
      "1 thread", "The inputs were made by hand.", "id=\"study-file\"", "href=\"#study-file\"",
    ] { #expect(page.contains(text), "\(text)") }
    for word in [" a cell", "rounds of layers", "shift + 1"] { #expect(!page.contains(word)) }
  }

  @Test func `accuracy of a random class stands for classes that were not counted`() throws {
    let manifest = try TrainingHarness(.tokens).dataSet.manifest
    var description = TaskDescription(manifest, folder: "data")
    let task = ReportHarness.result([]).tasks[0]
    #expect(ChanceLevel(description, task, split: "test")?.name == "most frequent class")
    description.classCounts = [:]
    let level = try #require(ChanceLevel(description, task, split: "test"))
    #expect(level.accuracy == 0.5 && level.basis == "1 of 2 classes")
    description.classes = nil
    #expect(ChanceLevel(description, task, split: "test") == nil)
    #expect(ChanceLevel(nil, task, split: "test") == nil)
  }

  @Test func `samples of plain runs are those used of those there are`() throws {
    let harness = try TrainingHarness(.tokens)
    let configuration = try harness.configuration {
      ($0.trainingSamples, $0.validation.samples) = (11, 5)
    }
    _ = try harness.start(configuration, "part").run()
    let report = try Report(
      of: [harness.path("part")],
      version: "1",
      pool: WorkerPool(threads: 1)
    )
    let page = report.html()
    #expect(page.contains(">11 of 22</td>") && page.contains(">5 of 7</td>"))
    #expect(page.contains(">– of 9</td>"))
  }

  @Test func `equal folders give equal bytes, whatever the threads`() throws {
    let harness = try ReportHarness()
    try harness.write(scratch: [0.5, 0.7], tuned: [0.8, 0.9], p: nil)
    let page = try harness.page([harness.study])
    #expect(try harness.page([harness.study], threads: 3) == page)
  }

  @Test func `what comes from files cannot become markup`() throws {
    let harness = try ReportHarness()
    try harness.write(scratch: [0.5], tuned: [0.8], p: nil, title: "</title><script>x</script>")
    let page = try harness.page([harness.study])
    #expect(!page.contains("<script"))
    #expect(page.contains("<title>&lt;/title&gt;&lt;script&gt;x&lt;/script&gt;</title>"))
    #expect(page.contains("With a single seed there is no telling what is chance."))
  }

  @Test func `runs without a study are put side by side`() throws {
    let harness = try ReportHarness(.pixels)
    let names = ["pretrain-1", "pretrain-2", "scratch-1", "scratch-2", "tuned-1", "tuned-2"]
    let page = try harness.page(names.map(harness.run))
    let values = try ["scratch", "tuned"].map { kind in
      try ReportHarness.seeds.map { seed in
        try #require(try RunSummary(of: RunFolder(harness.run("\(kind)-\(seed)"))).bestMetric)
      }.mean
    }
    #expect(numbers(page) == values.map { "\($0)" })
    #expect(page.contains("on the validation split, which also chose the weights"))
    #expect(!page.contains("are scored on the same samples"))
    #expect(page.contains("data:image/png;base64,"))
    #expect(page.contains("masked pretraining"))
  }

  @Test func `state-space runs show their kernels`() throws {
    var network = TrainingHarness.network()
    network.layers = [.stateSpace(model: StateSpace(.dlr(states: 4, version: .complex)))]
    let harness = try ReportHarness(network: network)
    let page = try harness.page([harness.run("scratch-1")])
    #expect(page.contains("id=\"kernels\"") && page.contains("layer 1, positions after"))
  }

  @Test func `kernels are compared like with like`() throws {
    var network = TrainingHarness.network()
    network.layers = [.stateSpace(model: StateSpace(.dlr(states: 4, version: .complex)))]
    let harness = try ReportHarness(network: network)
    try harness.write(scratch: [0.5, 0.7], tuned: [0.8, 0.9], p: 0.2)
    let page = try harness.page([harness.study])
    #expect(page.contains("tiny, S4: after masked pretraining, before finetuning"))
    #expect(page.contains("tiny, S4: after finetuning, with masked pretraining and from scratch"))
    #expect(page.contains("of 9, against its initialization; sequences of"))
    #expect(page.contains("of 9, against runs/scratch-1 at step"))
    #expect(!page.contains("tiny, S4: trained from scratch"))
  }

  @Test func `what is missing is said, not shown`() throws {
    let harness = try ReportHarness()
    try harness.write(scratch: [0.5, 0.7], tuned: [0.8, 0.9], p: 0.2)
    try harness.harness.folder.remove("data")
    try harness.harness.folder.remove("study/runs/tuned-2")
    let page = try harness.page([harness.study])
    #expect(page.contains("Reconstructions of runs/pretrain-1 are not shown"))
    #expect(page.contains("1 run folders that the results name are not there"))
    #expect(numbers(page).count == 2)
  }

  @Test func `other folders are refused in a sentence`() throws {
    let harness = try ReportHarness()
    func message(_ places: [String]) -> String {
      do {
        _ = try harness.page(places)
        return ""
      } catch { return "\(error)" }
    }
    #expect(message([harness.harness.path("data")]).contains("neither a run nor a study"))
    try harness.write(scratch: [0.5], tuned: [0.8], p: nil)
    #expect(message([harness.study, harness.run("tuned-1")]).contains("a study is reported alone"))
    try AtomicFile.write(Array("{\"title\": 3}".utf8), to: harness.study + "/results.json")
    #expect(message([harness.study]).contains("not the results of a study: 'title'"))
    try AtomicFile.write(Array("{}".utf8), to: harness.run("tuned-1") + "/config.json")
    #expect(message([harness.run("tuned-1")]).contains("config.json"))
  }
}
