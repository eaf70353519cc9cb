import DataKit
import Foundation
import TestSupport
import Testing

/// What `lra-prep` tells people and scripts: tasks, statistics, pictures, progress, completions.
@Suite struct ReadingToolTests {
  private let folder = TemporaryFolder()
  private let program = Program("lra-prep")

  private func run(_ line: String) throws -> Program.Result {
    try program.run(line.split(separator: " ").map(String.init), in: folder.path)
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func `every task says what it needs and where that is`() throws {
    let result = try run("tasks --json")
    #expect(result.exitCode == 0)
    let tasks = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
    )
    #expect(tasks.compactMap { $0["name"] as? String } == TaskDefinition.all().map(\.name))
    for task in tasks {
      let name = task["name"] as? String ?? ""
      #expect((task["source"] as? String)?.isEmpty == false, "\(name)")
      #expect((task["members"] as? String)?.isEmpty == false, "\(name)")
    }
    let one = try run("tasks pathx")
    #expect(one.output.hasPrefix("pathfinder128, pathx\n"))
    #expect(one.output.contains("160,000 train, 20,000 validation, 20,000 test"))
    #expect(try run("tasks nothing").exitCode == 64)
  }

  @Test func `stats draws bars as wide as asked for`() throws {
    try TinyDataSet.write(.tokens, to: folder.file("set"))
    let result = try run("stats set --split train --top 2 --quiet")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.errors.isEmpty)
    #expect(result.output.hasPrefix("train: 22 samples, "))
    #expect(result.output.contains("lengths  3 shortest"))
    #expect(result.output.contains("and 3 more; --top lists them"))
    #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(result.output.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" })
    #expect(try run("stats set --split some").exitCode == 64)
    #expect(try run("stats nowhere").exitCode == 1)
  }

  @Test func `stats as JSON agree with the manifest, and the picture is one`() throws {
    try TinyDataSet.write(.pixels, to: folder.file("set"))
    let result = try run("stats set --json --png sheet.png --progress none")
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.errors.isEmpty)
    let splits = try #require(try json(result.output)["splits"] as? [String: [String: Any]])
    let manifest = try Manifest.read(from: folder.file("set"))
    for (name, description) in manifest.splits {
      #expect(splits[name]?["samples"] as? Int == description.samples)
      #expect(splits[name]?["classCounts"] as? [Int] == description.labelCounts)
      let values = try #require(splits[name]?["values"] as? [[String: [String: Any]]])
      let counts = values[0]["histogram"]?["counts"] as? [Int]
      #expect(counts?.count == 256)
      #expect(counts?.reduce(0, +) == description.elements)
    }
    let png = try Data(contentsOf: URL(filePath: folder.file("sheet.png")))
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  @Test(arguments: [
    "verify set", "mask set --mask token:0.3", "stats set --json",
    "generate listops --samples 3 --minimum-length 3 --maximum-length 20 -o some.tar.gz",
  ])
  func `progress is one JSON object a line`(line: String) throws {
    try TinyDataSet.write(.tokens, to: folder.file("set"))
    let result = try run(line + " --progress json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let reports = try result.errors.split(separator: "\n").map { try json(String($0)) }
    #expect(reports.count >= 2)
    for report in reports {
      #expect(report["stage"] as? String == line.split(separator: " ").first.map(Self.stage))
      #expect(["progress", "done"].contains(report["event"] as? String))
      #expect(report["rate"] as? Double != nil)
      #expect(report["done"] as? Int ?? .max <= report["total"] as? Int ?? .max)
    }
    let last = try #require(reports.last)
    #expect(last["event"] as? String == "done")
    #expect(last["done"] as? Int == last["total"] as? Int)
    #expect(last["secondsLeft"] as? Double == 0)
    #expect(try run("verify set --progress none").errors.isEmpty)
    #expect(try run("verify set --progress loud").exitCode == 64)
  }

  private static func stage(_ command: Substring) -> String {
    command == "stats" ? "count" : String(command)
  }

  @Test func `a build reports reading and writing`() throws {
    let made = try run(
      "generate listops --samples 30 --minimum-length 3 --maximum-length 40 -o a.tar.gz -q"
    )
    #expect(made.exitCode == 0, "\(made.errors)")
    let result = try run("build listops -i a.tar.gz -o set --progress json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let done = try result.errors.split(separator: "\n").map { try json(String($0)) }
      .filter { $0["event"] as? String == "done" }
    try #require(done.map { $0["stage"] as? String } == ["read", "write"])
    #expect(done[0]["bytes"] as? Int == done[0]["totalBytes"] as? Int)
    #expect(done[1]["subject"] as? String == "listops")
    #expect(done[1]["done"] as? Int == 32)
  }

  @Test func `show draws colour, sound and series, and prints both texts of a pair`() throws {
    var images = HandMadeDataSet(.pixels, labels: [1, 0], classes: 2)
    images.channels = 3
    try images.write(
      [0, 100].map { first in (0..<27).map { UInt8(first + $0) } },
      to: folder.file("colour")
    )
    try HandMadeDataSet(.audio, labels: [1], classes: 2)
      .write([(0..<400).map { Int16($0 * 50) }], to: folder.file("audio"))
    var series = HandMadeDataSet(.series, labels: [71.5])
    series.channels = 2
    try series.write([[0.5, 1, .nan, -1, 2, 3]] as [[Float]], to: folder.file("series"))
    for set in ["colour", "audio", "series"] {
      let result = try run("show \(set) -o \(set).png")
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(result.output == "\(set).png\n")
      let png = try Data(contentsOf: URL(filePath: folder.file("\(set).png")))
      #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
    var pairs = HandMadeDataSet(.tokens, labels: [1], classes: 2)
    pairs.tokens = ["<mask>", "<pad>", "<unk>", "<eos>", "a", "b"]
    try pairs.write([[4, 5, 3]] as [[UInt8]], pairs: [[5, 3]], to: folder.file("pairs"))
    let result = try run("show pairs")
    #expect(result.output == "ab<eos>\nb<eos>\n")
    #expect(result.errors.contains("3 and 2 tokens"))
  }

  @Test(arguments: ["bash", "zsh", "fish"], ["lra-prep", "lra-train"])
  func `completion scripts are made`(shell: String, name: String) throws {
    let result = try Program(name).run(["--generate-completion-script", shell], in: folder.path)
    #expect(result.exitCode == 0)
    #expect(result.output.contains(name))
    if name == "lra-prep" { #expect(result.output.contains("pathx256")) }
  }

  /// The help of every command fits a terminal of 80 columns.
  @Test func `help fits 80 columns`() throws {
    let dump = try json(try run("--experimental-dump-help").output)
    let root = try #require(dump["command"] as? [String: Any])
    func check(_ command: [String: Any], _ path: [String]) throws {
      let help = try program.run(path + ["--help"], in: folder.path).output
      for line in help.split(separator: "\n") where line.count > 80 {
        Issue.record("\(path.joined(separator: " ")): \(line)")
      }
      for inner in command["subcommands"] as? [[String: Any]] ?? [] {
        guard let name = inner["commandName"] as? String, name != "help" else { continue }
        try check(inner, path + [name])
      }
    }
    try check(root, [])
  }
}
