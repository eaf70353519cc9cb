import DataKit
import Foundation
import TestSupport
import Testing

@testable import Trainer

/// Studies as a user runs them.
struct CompareToolTests {
  private let folder = TemporaryFolder()
  private let program = Program("lra-train")

  init() throws {
    try TinyDataSet.write(.pixels, to: folder.file("data/image"))
    let study = """
      {"title": "tiny", "tasks": [{"name": "image"}], "starts": ["scratch", "masked"], "seeds": [1, 2],
       "architectures": [{"name": "S4", "presets": {"image": "s4-image"}}],
       "scale": {"batchSize": 4, "width": 8, "depth": 1, "pretrainSteps": 40, "finetuneSteps": 40}}
      """
    try study.write(toFile: folder.file("s.json"), atomically: true, encoding: .utf8)
  }

  private func run(_ line: String) throws -> Program.Result {
    try program.run(line.split(separator: " ").map(String.init), in: folder.path)
  }

  /// The results of a study without what depends on the machine or the folder's name.
  private func results(_ study: String) throws -> String {
    let text = try String(contentsOfFile: folder.file(study + "/results.json"), encoding: .utf8)
    return text.split(separator: "\n").filter {
      !$0.contains("\"seconds\"") && !$0.contains("\"command\"")
    }.joined(separator: "\n")
  }

  @Test func `a study that is killed again and again ends with the same table`() throws {
    let whole = try run("compare s.json --data data -o whole")
    #expect(whole.exitCode == 0, "\(whole.errors)")
    #expect(whole.output.contains("\nimage  S4            scratch"))
    #expect(try run("compare s.json --data data -o parts --prepare").exitCode == 0)
    var kills = 0
    for delay in 1... {
      let process = Process()
      process.executableURL = URL(filePath: program.path)
      process.arguments = ["compare", "parts", "--quiet"]
      process.currentDirectoryURL = URL(filePath: folder.path)
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      Thread.sleep(forTimeInterval: 0.02 + 0.01 * Double(delay))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .exit { break }
      kills += 1
    }
    #expect(kills > 0)
    #expect(try results("parts") == results("whole"))
    #expect(try fileNames(in: folder.file("parts/queue/finished")).count == 6)
  }

  @Test func `a study goes on from another folder, and its files name none of this machine`() throws
  {
    let other = folder.file("other")
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    #expect(try run("compare s.json --data data -o here").exitCode == 0)
    #expect(try run("compare s.json --data data -o there --prepare").exitCode == 0)
    let line = ["compare", "../there"]
    #expect(try program.run(line, in: other).exitCode == 0)
    #expect(try results("there") == results("here"))
    for run in try fileNames(in: folder.file("there/runs")) {
      for file in ["config.json", "summary.json"] {
        let text = try String(
          contentsOfFile: folder.file("there/runs/\(run)/\(file)"),
          encoding: .utf8
        )
        #expect(text.contains(#""data" : "data/image""#), "\(run)")
        #expect(!text.contains(folder.path), "\(run)")
      }
    }
    let report = ["report", "../there", "-o", "page.html"]
    #expect(try program.run(report, in: other).exitCode == 0)
    let page = try String(contentsOfFile: other + "/page.html", encoding: .utf8)
    #expect(page.contains("id=\"reconstructions\"") && !page.contains(folder.path))
  }

  @Test func `jobs and queues do every run once`() throws {
    #expect(try run("compare s.json --data data -o a").exitCode == 0)
    let jobs = try run("compare s.json --data data -o b --jobs 3 --json")
    #expect(jobs.exitCode == 0, "\(jobs.errors)")
    #expect(try JSONSerialization.jsonObject(with: Data(jobs.output.utf8)) is [String: Any])
    let queue = try Program.shell(
      """
      train compare s.json --data data -o c --prepare --quiet
      for task in 1 2 3 4 5 6 7 8; do train compare c --next --threads 1 --quiet & done; wait
      """,
      in: folder.path
    )
    #expect(queue.exitCode == 0, "\(queue.errors)")
    #expect(try results("b") == results("a"))
    #expect(try results("c") == results("a"))
  }

  @Test func `a dry run says what it would take and leaves nothing`() throws {
    let dry = try run("compare s.json --data data --dry-run")
    #expect(dry.exitCode == 0, "\(dry.errors)")
    #expect(dry.output.contains("image-s4-masked-pretrain-seed-2"))
    #expect(dry.output.contains("\nreduced scale: 6 runs, "))
    #expect(dry.output.contains("\nfull scale: 6 runs, "))
    #expect(try fileNames(in: folder.path).sorted() == [".stderr", ".stdout", "data", "s.json"])
    #expect(try run("compare s.json --data data -o p --prepare").exitCode == 0)
    let script = try run("compare p --launcher slurm --dry-run --threads 2 --sbatch --time=1:00:00")
    #expect(script.output.hasPrefix("#!/bin/bash\n"))
    #expect(script.output.contains("\n#SBATCH --array=1-6\n#SBATCH --cpus-per-task=2\n"))
    #expect(script.output.contains("\n#SBATCH --time=1:00:00\n"))
    #expect(script.output.contains("/p --next"))
  }

  @Test func `faults are one sentence`() throws {
    let missing = try run("compare s.json --data nowhere -o x")
    #expect(missing.exitCode == 1)
    #expect(
      missing.errors.hasPrefix("error: task 'image': there is no data set in 'nowhere/image'")
    )
    let unknown = try run("compare s.json --data data --tasks text -o x")
    #expect(unknown.exitCode == 1 && unknown.errors.contains("it has no task 'text'"))
    #expect(try run("compare").exitCode == 64)
    #expect(try run("compare s.json --scale huge -o x").errors.contains("'huge' is neither"))
  }
}
