import DataKit
import Foundation
import TestSupport
import Testing

/// Two processes, or two builds, and one folder.
struct SharedFolderTests {
  private let folder = TemporaryFolder()

  private func shell(_ line: String) throws -> Program.Result {
    try Program.shell(line, in: folder.path)
  }

  /// A table of so many rows with one faulty row among them.
  private func writeTable(rows: Int = 100_000) throws {
    var bytes = Array("text\tlabel\n".utf8)
    for row in 0..<rows {
      bytes += row == 7 ? [0xFF] : []
      bytes += Array("row \(row)\t\(row % 2)\n".utf8)
    }
    try Data(bytes).write(to: URL(filePath: folder.file("table.tsv")))
  }

  /// Runs `line` while a build, given `options`, has read half of the table and waits for the rest.
  private func during(_ options: String, _ line: String) throws -> Program.Result {
    try shell(
      """
      mkfifo pipe
      prep build tsv -i - -o out --on-error quarantine --quiet \(options) < pipe 2> first &
      exec 3> pipe
      head -c 800000 table.tsv >&3
      for i in {1..2000}; do [ -e out/quarantine/quarantine.jsonl ] && break; sleep 0.01; done
      \(line)
      tail -c +800001 table.tsv >&3
      exec 3>&-
      wait $! || { cat first; exit 9; }
      """
    )
  }

  @Test func `a transfer is refused while a build writes to the folder`() throws {
    try writeTable()
    let made = try shell("prep build tsv -i table.tsv -o other -q --on-error skip")
    #expect(made.exitCode == 0, "\(made.errors)")
    let received = try during(
      "",
      "prep send other -q 2> /dev/null | prep receive out --force -q; echo \"status $?\""
    )
    #expect(received.output == "status 1\n")
    #expect(received.errors.contains("another process is writing this data set"))
    // The build went on and finished.
    #expect(try shell("prep verify out -q").exitCode == 0)
  }

  @Test func `a second build is refused before it reads, and touches nothing of the first`() throws
  {
    try writeTable()
    // Whoever reads the input finds it empty.
    let second = try during(
      "",
      """
      for force in '' --force; do
        prep build tsv -i - -o out $force -q < /dev/null
        echo "status $?"
      done
      """
    )
    #expect(second.exitCode == 0, "\(second.output)")
    #expect(second.output == "status 1\nstatus 1\n")
    #expect(
      second.errors.components(
        separatedBy: "error: out: another process is writing this data set, or this part of it\n"
      ).count == 3,
      "\(second.errors)"
    )
    #expect(try shell("wc -l < out/quarantine/quarantine.jsonl").output == "1\n")
    #expect(try shell("prep verify out -q").exitCode == 0)
    #expect(!FileManager.default.fileExists(atPath: folder.file("out/journal.jsonl")))
  }

  @Test func `a running part is in the way of a whole build, even with force`() throws {
    try writeTable()
    let second = try during("--part 0/2", "prep build tsv -i table.tsv -o out --force -q; echo $?")
    #expect(second.output == "1\n", "\(second.errors)")
    #expect(second.errors.contains("another process is writing this data set"))
    #expect(try fileNames(in: folder.file("out")).contains("part-0-of-2.json"))
  }

  @Test func `finished parts are in the way of a whole build, unless forced`() throws {
    try writeTable(rows: 100)
    let build = "prep build tsv -i table.tsv -o out --on-error skip --quiet"
    #expect(try shell("\(build) --part 1/2").exitCode == 0)
    let before = try folderContents(folder.file("out"))
    let refused = try shell(build)
    #expect(refused.exitCode == 1)
    #expect(refused.errors.hasPrefix("error: out: holds parts of a build in 2 parts"))
    #expect(try folderContents(folder.file("out")) == before)
    #expect(try shell(build + " --force").exitCode == 0)
    #expect(try !fileNames(in: folder.file("out")).contains { $0.hasPrefix("part-") })
  }

  @Test func `of masks made at the same time none is lost`() throws {
    try TinyDataSet.write(.pixels, to: folder.file("data"), masks: nil)
    let result = try shell(
      """
      for seed in {1..12}; do
        { prep mask data --mask token:0.5:seed=$seed:variants=20 -q 2> errors-$seed; echo $seed $?; } &
      done | sort -n
      wait
      """
    )
    let outcomes = result.output.split(separator: "\n").map { $0.split(separator: " ") }
    try #require(outcomes.count == 12)
    let done = Set(outcomes.filter { $0[1] == "0" }.compactMap { UInt64($0[0]) })
    #expect(!done.isEmpty)
    let masks = try DataSet(opening: folder.file("data")).manifest.masks
    #expect(Set(masks.map(\.seed)) == done)
    for outcome in outcomes where outcome[1] != "0" {
      let text = try String(contentsOfFile: folder.file("errors-\(outcome[0])"), encoding: .utf8)
      #expect(text.contains("another process is writing this data set"), "\(text)")
    }
    #expect(try shell("prep verify data -q").exitCode == 0)
  }

  @Test func `the same build again is finished already; another one is refused`() throws {
    try writeTable(rows: 5000)
    let build = "prep build tsv -i table.tsv -o out --on-error skip --mask token:0.5 --threads 2"
    let first = try shell(build)
    #expect(first.exitCode == 0 && !first.errors.contains("already finished"))
    let before = try folderContents(folder.file("out"))
    let numbers = try shell("ls -i out").output
    let again = try shell(build)
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(again.errors.contains("already finished: every file is there and sound"))
    #expect(try shell("ls -i out").output == numbers)
    for options in ["--shard-size 1", "--mask causal", "--fractions 0.5", "--min-frequency 2"] {
      let other = try shell("\(build) \(options)")
      #expect(other.exitCode == 1)
      #expect(other.errors.contains("error: out: holds a finished data set of another build"))
    }
    #expect(try folderContents(folder.file("out")) == before)
    // A damaged file is mended, and force writes all again.
    let damage = "printf x | dd of=out/test-00000-of-00001.safetensors conv=notrunc seek=900 bs=1"
    let mended = try shell("\(damage) 2> dd; \(build)")
    #expect(mended.exitCode == 0 && !mended.errors.contains("already finished"))
    #expect(try folderContents(folder.file("out")) == before)
    #expect(try shell("\(build) --force").exitCode == 0)
    #expect(try folderContents(folder.file("out")) == before)
    #expect(try shell("ls -i out").output != numbers)
  }

  @Test func `a file that only has the journal's name is left alone`() throws {
    try writeTable(rows: 100)
    let notes = "my notes\n"
    let result = try shell(
      "mkdir out; echo my notes > out/journal.jsonl; "
        + "prep build tsv -i table.tsv -o out --on-error skip --force -q"
    )
    #expect(result.exitCode == 1)
    #expect(
      result.errors.hasPrefix("error: out/journal.jsonl: the file is not the journal of a build")
    )
    #expect(try String(contentsOfFile: folder.file("out/journal.jsonl"), encoding: .utf8) == notes)
  }
}
