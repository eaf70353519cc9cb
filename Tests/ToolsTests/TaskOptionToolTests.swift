import DataKit
import Foundation
import TestSupport
import Testing

/// Options that contradict each other or are out of range are told by their names.
@Suite struct TaskOptionToolTests {
  private let folder = TemporaryFolder()
  private let program = Program("lra-prep")

  private func run(_ line: String) throws -> Program.Result {
    try program.run(line.split(separator: " ").map(String.init), in: folder.path)
  }

  private func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(filePath: folder.file(name)))
  }

  private let table = "text\tlabel\n" + (0..<10).map { "a \($0)\t\($0 % 2)\n" }.joined()

  @Test(arguments: [
    ("generate listops --depth 1 -o x", "--depth 1 is not in 2...64"),
    ("generate listops --maximum-arguments 1 -o x", "--maximum-arguments 1 is not in"),
    ("generate listops --minimum-length 9 --maximum-length 9 -o x", "--minimum-length 9 and"),
    ("generate listops --value-probability 1.5 -o x", "--value-probability 1.5 is not between"),
    ("generate listops --samples 0 -o x", "--samples 0 is not in"),
    ("generate listops --test-samples -1 -o x", "--test-samples"),
    ("generate pathfinder --contour-length 65 -o x", "--contour-length 65 is not in 2...64"),
    ("generate pathfinder --batch-size 0 -o x", "--batch-size 0 is not in 1...100000"),
    ("generate pathfinder --samples 4294967296 -o x", "--samples 4294967296 is not in"),
    ("generate pathfinder --resolution 33 -o x", "--resolution 33 is unknown"),
    ("generate pathfinder --parameters p --resolution 32 -o x", "leave --resolution"),
    (
      "build tsv -i t.tsv -o x --special-tokens no-mask --mask token:0.5",
      "no-mask leaves out <mask>"
    ),
    ("build tsv -i t.tsv -o x --quoting both", "--quoting"),
    ("build tsv -i t.tsv -o x --text-column 1", "one of '1' and 'label' is a name"),
    ("build text -i t.tsv -o x --quoting none", "--quoting is no option of the task text"),
    ("build images -i - --labels - -o x", "standard input can be read only once"),
  ])
  func `wrong options are named`(line: String, words: String) throws {
    let result = try run(line)
    #expect(result.exitCode == 64)
    #expect(result.errors.contains(words), "\(result.errors)")
  }

  @Test func `parameters in a file are checked, and the file is named`() throws {
    let printed = try run("generate pathfinder --print-parameters")
    #expect(printed.output.contains("\"resolution\" : 32"))
    try write("p.json", printed.output.replacing("\"padding\" : 1", with: "\"padding\" : 0"))
    let result = try run("generate pathfinder --parameters p.json --samples 1 -o x")
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("p.json: seed distance 7 and padding 0"), "\(result.errors)")
  }

  @Test func `data without a mask token takes no masks, but causal ones`() throws {
    try write("t.tsv", table)
    let build = try run("build tsv -i t.tsv -o set --special-tokens no-mask --mask causal -q")
    #expect(build.exitCode == 0, "\(build.errors)")
    let mask = try run("mask set --mask token:0.5")
    #expect(mask.exitCode == 1)
    #expect(mask.errors.contains("the vocabulary has no <mask>"), "\(mask.errors)")
  }

  @Test func `show refuses a picture of text`() throws {
    try write("t.tsv", table)
    #expect(try run("build tsv -i t.tsv -o set -q").exitCode == 0)
    let result = try run("show set -o sheet.png")
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("--output is for pictures"), "\(result.errors)")
    #expect(result.output.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder.file("sheet.png")))
    #expect(try run("show set").exitCode == 0)
  }

  @Test func `a table goes in by a pipe`() throws {
    try write("t.tsv", table)
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.currentDirectoryURL = URL(filePath: folder.path)
    shell.arguments = ["-c", "'\(program.path)' build tsv -i - -o set -q < t.tsv"]
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    #expect(try DataSet(opening: folder.file("set")).split(.train).count == 8)
  }

  @Test func `a manifest knows the command that makes the data set again`() throws {
    try write("my table.tsv", table.replacing("text\tlabel", with: "words\tkind"))
    let options = [
      "--text-column", "words", "--label-column", "kind", "--tokenizer", "words", "--max-length",
      "9",
      "--min-frequency", "2", "--quoting", "none", "--split", "0.5,0.2,0.3", "--split-seed", "3",
      "--mask", "token:0.5:seed=4:variants=2", "--mask", "causal",
    ]
    let first = try program.run(
      ["build", "tsv", "-i", "my table.tsv", "-o", "one", "-q"] + options,
      in: folder.path
    )
    #expect(first.exitCode == 0, "\(first.errors)")
    let command = try Manifest.read(from: folder.file("one")).buildCommand(output: "two")
    #expect(command.hasPrefix("lra-prep build tsv --input 'my table.tsv' --output two "))
    let again = try Program.shell("lra-prep() { prep \"$@\"; }; \(command) -q", in: folder.path)
    #expect(again.exitCode == 0, "\(again.errors)")
    let manifests = try ["one", "two"].map { try Manifest.read(from: folder.file($0)) }
    #expect(manifests[0] == manifests[1])
  }

  @Test func `the command names the folder that was taken and leaves out what was faulty`() throws {
    try write("t.tsv", table)
    #expect(try run("build tsv -i t.tsv -o set -q").exitCode == 0)
    var manifest = try Manifest.read(from: folder.file("set"))
    #expect(!manifest.buildCommand(output: "x").contains("--on-error"))
    #expect(!manifest.buildCommand(output: "x").contains("--prefix"))
    manifest.provenance.prefix = "in here"
    manifest.provenance.rejected = try JSONDecoder().decode(
      [Provenance.Rejection].self,
      from: Data(#"[{"member": "t.tsv", "line": 3, "reason": "no label"}]"#.utf8)
    )
    #expect(
      manifest.buildCommand(output: "x").contains(
        " --output x --prefix 'in here' --on-error skip"
      )
    )
  }
}
