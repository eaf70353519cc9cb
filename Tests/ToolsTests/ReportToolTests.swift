import DataKit
import Foundation
import TestSupport
import Testing

@Suite struct ReportToolTests {
  private let folder: TemporaryFolder
  private let program = Program("lra-train")

  private static let tiny = """
    {"network": {"width": 8, "depth": 1, "layers": [{"stateSpace": {"model": {"bidirectional": true, \
    "family": {"dlr": {"states": 4, "version": "complex"}}, "gated": true, "smallestStep": 0.001, \
    "largestStep": 0.1}}}]}, "batchSize": 4, "reportSteps": 2, "schedule": {"warmUpSteps": 2}}
    """

  init() throws {
    folder = TemporaryFolder()
    try TinyDataSet.write(.pixels, to: folder.path + "/data")
    try Self.tiny.write(toFile: folder.file("tiny.json"), atomically: true, encoding: .utf8)
    let base = "--data data --preset transformer-image --config tiny.json --quiet"
    for line in [
      "pretrain \(base) --run a --steps 6", "finetune \(base) --run b --steps 6 --from a",
    ] {
      let result = try program.run(line.split(separator: " ").map(String.init), in: folder.path)
      try #require(result.exitCode == 0, "\(result.errors)")
    }
  }

  private func run(_ line: String) throws -> Program.Result {
    try program.run(line.split(separator: " ").map(String.init), in: folder.path)
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: folder.file(name), encoding: .utf8)
  }

  @Test func `a report of runs is one file, twice the same`() throws {
    let result = try run("report a b -o page.html")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output == "report page.html\nruns 2\n" && result.errors.isEmpty)
    let page = try text("page.html")
    #expect(page.hasPrefix("<!DOCTYPE html>\n") && page.hasSuffix("</html>\n"))
    let json = try run("report runs/a/ runs/b -o again.html --json --threads 1")
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(object?["runs"] as? Int == 2)
    #expect(object?["bytes"] as? Int == page.utf8.count)
    #expect(try text("again.html") == page)
    let none = try run("report data -o none.html")
    #expect(none.exitCode == 1)
    #expect(none.errors.hasPrefix("error: data: neither a run nor a study"))
    #expect(try run("report -o none.html").exitCode == 64)
  }

  @Test func `kernels are a table, JSON and a picture`() throws {
    let table = try run("kernels --run a --length 5 --plot k.svg")
    #expect(table.exitCode == 0, "\(table.errors)")
    let rows = table.output.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(rows[0] == ["layer", "direction", "shift", "trained", "initial"])
    #expect(rows.count == 1 + 2 * 5 && rows.allSatisfy { $0.count == 5 })
    #expect(rows[6].prefix(3) == ["1", "after", "1"])
    #expect(table.errors == "plot: k.svg\n")
    #expect(try text("k.svg").hasPrefix("<svg"))
    let json = try run("kernels --run b --from a --json")
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(object?["reference"] as? String == "runs/a/best.safetensors")
    #expect(object?["length"] as? Int == 16)
    #expect((object?["kernels"] as? [[String: Any]])?.count == 2)
    #expect(try run("kernels --run a --length 0").exitCode == 64)
    #expect(try run("kernels --run none").exitCode == 1)
  }

  @Test func `metrics are exported as a table`() throws {
    let result = try run("export --run b --format csv -o b.csv")
    #expect(result.exitCode == 0, "\(result.errors)")
    let lines = try text("b.csv").split(separator: "\n")
    #expect(lines[0].hasPrefix("event,step,epoch,loss,accuracy,"))
    #expect(result.output == "metrics b.csv\nlines \(lines.count - 1)\n")
    #expect(try text("runs/b/metrics.jsonl").split(separator: "\n").count == lines.count - 1)
    #expect(try run("export --run none --format csv -o c.csv").exitCode == 1)
  }

  @Test func `watching ends with the run, and by an interrupt`() throws {
    let ended = try run("watch b")
    #expect(ended.exitCode == 0)
    #expect(ended.output.contains("step 6/6: loss "))
    #expect(ended.output.contains("\nfinished after 6 steps in 0 s, best validation accuracy "))
    let once = try run("watch b --once")
    #expect(once.exitCode == 0 && once.output.contains("training loss\n"))
    #expect(once.output.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })

    try folder.remove("runs/b/summary.json")
    let open = try run("watch b --once")
    #expect(open.exitCode == 0 && open.output.contains("step 6/6"))
    var questions = 0
    let stopped = try program.run(["watch", "b"], in: folder.path) { _ in
      questions += 1
      return questions > 100
    }
    #expect(stopped.exitCode == 130)
    #expect(stopped.output.contains("step 6/6: loss ") && stopped.errors.isEmpty)
    #expect(try run("watch none").exitCode == 1)
  }
}
