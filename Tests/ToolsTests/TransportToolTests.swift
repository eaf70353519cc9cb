import Foundation
import TestSupport
import Testing

@Suite struct TransportToolTests {
  private let folder = TemporaryFolder()

  init() throws { try TinyDataSet.write(.pixels, to: folder.file("data")) }

  private func shell(_ line: String) throws -> Program.Result {
    try Program.shell(line, in: folder.path)
  }

  private func files(_ name: String) throws -> [String: Data] {
    let path = folder.file(name)
    return try Dictionary(
      uniqueKeysWithValues: fileNames(in: path).map {
        ($0, try Data(contentsOf: URL(filePath: path + "/" + $0)))
      }
    )
  }

  @Test func `send and receive work over a pipe, with tar and with zstd`() throws {
    let piped = try shell("prep send data | prep receive copy --json")
    #expect(piped.exitCode == 0, "\(piped.errors)")
    #expect(piped.output.contains(#""event":"received","files":6,"folder":"copy","held":0"#))
    #expect(try files("copy") == files("data"))
    let zstd = try shell("prep send data --zstd --json > s.zst; prep receive z --quiet < s.zst")
    #expect(zstd.exitCode == 0 && zstd.output.isEmpty)
    #expect(zstd.errors.contains(#""event":"sent","files":6,"folder":"data","skipped":0"#))
    #expect(try files("z") == files("data"))
    let tar = try shell("mkdir t; prep send data --quiet | tar x -C t && prep verify t --quiet")
    #expect(tar.exitCode == 0, "\(tar.errors)")
    #expect(tar.output == "t: 6 files are sound\n")
  }

  @Test func `a cut transfer goes on`() throws {
    let cut = try shell("prep send data --quiet > s; head -c 30000 s | prep receive copy --quiet")
    #expect(cut.exitCode == 1)
    #expect(cut.errors.hasPrefix("error: standard input: the stream is cut or damaged at byte"))
    #expect(cut.errors.contains("\nhint: 1 whole file is kept; send all again, or only the rest"))
    let rest = try shell(
      "prep receive copy --have > held && prep send data --skip held | prep receive copy"
    )
    #expect(rest.exitCode == 0, "\(rest.errors)")
    #expect(rest.errors.contains("copy: tiny-image, 5 files received, 1 were there already"))
    #expect(try files("copy") == files("data"))
    let nothing = try shell("prep receive copy --have | prep send data --skip - | wc -c")
    #expect(Int(nothing.output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 < 20_000)
  }

  @Test func `faults are one sentence and exit with 1`() throws {
    for (line, sentence) in [
      ("prep send nowhere > s", "error: nowhere: not a data set"),
      ("prep send data --skip nowhere > s", "error: nowhere: cannot read the file"),
      ("prep send data --quiet > /dev/full", "No space left on device"),
      ("prep receive copy < /dev/null", "error: standard input: the stream is empty"),
      ("prep receive data/manifest.json < /dev/null", "error: data/manifest.json"),
    ] {
      let result = try shell(line)
      #expect(result.exitCode == 1, "\(line)")
      #expect(result.errors.contains(sentence), "\(line): \(result.errors)")
    }
  }

  @Test func `a run trains on a data set from standard input and keeps it`() throws {
    try #"{"network": {"width": 8, "depth": 1}, "batchSize": 4}"#
      .write(toFile: folder.file("tiny.json"), atomically: true, encoding: .utf8)
    let options = "--data - --preset transformer-image --config tiny.json --steps 2"
    let first = try shell("prep send data | train pretrain \(options) --run a")
    #expect(first.exitCode == 0, "\(first.errors)")
    #expect(first.errors.contains("receiving the data set into 'runs/a/data'"))
    #expect(try files("runs/a/data") == files("data"))
    let resumed = try shell("train pretrain --run a --resume --steps 4")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    let again = try shell("prep send data | train pretrain \(options) --run a")
    #expect(again.exitCode == 1)
    #expect(again.errors.contains("there is a run in it already"))
    for line in ["pretrain \(options)", "evaluate --run a --data -", "plan --data -"] {
      #expect(try shell("train \(line) < /dev/null").exitCode == 64, "\(line)")
    }
    #expect(try shell("train evaluate --run a --split test --quiet").exitCode == 0)
  }
}
