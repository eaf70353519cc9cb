import DataKit
import Foundation
import TestSupport
import Testing

@Suite struct PrepToolTests {
  private let folder = TemporaryFolder()
  private let program = Program("lra-prep")

  private func run(_ line: String) throws -> Program.Result {
    try program.run(line.split(separator: " ").map(String.init), in: folder.path)
  }

  private func generate() throws {
    let lists = try run(
      "generate listops --samples 40 --validation-samples 8 --test-samples 8 --minimum-length 10 "
        + "--maximum-length 60 --seed 5 --output listops.tar.gz --quiet"
    )
    #expect(lists.exitCode == 0, "\(lists.errors)")
  }

  @Test func `generate, build, verify, inspect and show work in a row`() throws {
    try generate()
    let build = try run(
      "build all --input listops.tar.gz --output data --mask token:0.5:variants=2 --json"
    )
    #expect(build.exitCode == 0, "\(build.errors)")
    #expect(build.output.contains(#""splits":{"test":8,"train":40,"validation":8}"#))
    #expect(build.errors.contains("text: not in this archive"))
    let mask = try run("mask data/listops --mask span:0.5:length=4 --mask causal")
    #expect(mask.exitCode == 0, "\(mask.errors)")
    let verify = try run("verify data/listops")
    #expect(verify.exitCode == 0)
    #expect(verify.output == "data/listops: 9 files are sound\n")
    let inspect = try run("inspect data/listops --json")
    let manifest = try JSONDecoder().decode(Manifest.self, from: Data(inspect.output.utf8))
    #expect(manifest.masks.map(\.policy) == ["token", "span", "causal"])
    let show = try run("show data/listops --sample 3 --mask token-0.50-seed-0")
    #expect(show.exitCode == 0)
    #expect(show.output.contains("⟦"))
    #expect(try run("inspect data/listops").output.contains("vocabulary   19 ids, listops"))
  }

  @Test func `a pipe gives the shards of the file`() throws {
    try generate()
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.currentDirectoryURL = URL(filePath: folder.path)
    shell.arguments = ["-c", "'\(program.path)' build listops -i - -o piped -q < listops.tar.gz"]
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    #expect(try run("build listops -i listops.tar.gz -o whole -q").exitCode == 0)
    for split in ["train", "validation", "test"] {
      let name = "\(split)-00000-of-00001.safetensors"
      #expect(
        try Data(contentsOf: URL(filePath: folder.file("piped/\(name)")))
          == Data(contentsOf: URL(filePath: folder.file("whole/\(name)")))
      )
    }
  }

  @Test(arguments: [
    ("build listops -i nowhere.gz -o out", "error: nowhere.gz: cannot open: No such file"),
    ("build text -i listops.tar.gz -o out", "no member belongs to a task asked for: text"),
    ("inspect .", "not a data set: there is no readable manifest.json"),
    ("verify nowhere", "not a data set"),
  ])
  func `faults are one sentence and exit with 1`(line: String, sentence: String) throws {
    try generate()
    let result = try run(line + (line.hasPrefix("build") ? " --quiet" : ""))
    #expect(result.exitCode == 1)
    #expect(result.output.isEmpty)
    #expect(result.errors.hasPrefix("error: "))
    #expect(result.errors.contains(sentence), "\(result.errors)")
  }

  @Test(arguments: [
    "build nothing -i a -o b", "build listops -i a -o b --mask token:2", "build listops -i a",
    "show . --split all", "mask . --mask half",
  ])
  func `wrong usage exits with 64`(line: String) throws {
    #expect(try run(line).exitCode == 64)
  }

  @Test func `a flipped bit is found by verify`() throws {
    try generate()
    #expect(try run("build listops -i listops.tar.gz -o out -q").exitCode == 0)
    let dataSet = try DataSet(opening: folder.file("out"))
    let place = try dataSet.split(.test).location(at: 5)
    var bytes = try Data(contentsOf: URL(filePath: place.file))
    bytes[place.bytes.lowerBound] ^= 1
    try bytes.write(to: URL(filePath: place.file))
    let result = try run("verify out --quiet")
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("test-00000-of-00001.safetensors: sample 5 (id 53) at bytes"))
  }
}
