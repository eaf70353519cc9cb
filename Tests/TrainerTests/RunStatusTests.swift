import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct RunStatusTests {
  @Test func `a run under way has a place and a time left, a finished one its summary`() throws {
    let harness = try TrainingHarness(.pixels)
    let folder = RunFolder(harness.path("run"))
    #expect(throws: RunError.self) { try RunStatus(of: folder) }
    _ = try harness.start(harness.configuration(), "run").run()
    let ended = try RunStatus(of: folder)
    #expect((ended.step, ended.totalSteps) == (9, 9))
    #expect(ended.secondsLeft == nil && ended.summary?.status == "finished")

    try harness.folder.remove("run/summary.json")
    let text = try readFile(folder.metrics)
    let lines = text.split(separator: UInt8(ascii: "\n"))
    // The third line is only half written.
    let cut = lines[0] + [10] + lines[1] + [10] + lines[2].prefix(20)
    try AtomicFile.write(Array(cut), to: folder.metrics)
    let status = try RunStatus(of: folder)
    #expect(status.lines.count == 2 && status.step == 4)
    #expect(status.totalSteps == 9)
    #expect((status.secondsLeft ?? 0) > 0)
    #expect(status.curve("step") { $0.loss }.map(\.step) == [2, 4])
  }

  @Test func `epochs become steps by the data set, or nothing is claimed`() throws {
    let harness = try TrainingHarness(.pixels)
    let configuration = try harness.configuration(steps: nil) { $0.epochs = 2 }
    _ = try harness.start(configuration, "run").run()
    try harness.folder.remove("run/summary.json")
    #expect(try RunStatus(of: RunFolder(harness.path("run"))).totalSteps == 10)
    try harness.folder.remove("data")
    #expect(try RunStatus(of: RunFolder(harness.path("run"))).totalSteps == nil)
  }

  @Test func `metrics as a table have every line and all digits`() throws {
    let harness = try TrainingHarness(.pixels)
    _ = try harness.start(harness.configuration(), "run").run()
    let table = try RunFolder(harness.path("run")).metricsTable()
    let rows = table.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    let metrics = try harness.metrics("run")
    #expect(rows.count == metrics.count + 1)
    #expect(rows.allSatisfy { $0.count == 11 })
    for (row, line) in zip(rows.dropFirst(), metrics) {
      #expect(row[0] == line.event && Int(row[1]) == line.step)
      #expect(Double(row[3]) == line.loss && Double(row[6]) == line.learningRate)
    }
    #expect(throws: RunError.self) { try RunFolder(harness.path("none")).metricsTable() }
  }
}
