import Foundation
import TestSupport
import Testing

/// What the programs do when a standard stream is closed, full or without an end.
struct StandardStreamTests {
  private let folder = TemporaryFolder()

  init() throws {
    try TinyDataSet.write(.pixels, to: folder.file("data"))
    let table = "text\tlabel\n" + (0..<200).map { "row \($0)\t\($0 % 2)\n" }.joined()
    try Data(table.utf8).write(to: URL(filePath: folder.file("table.tsv")))
  }

  private func shell(_ line: String) throws -> Program.Result {
    try Program.shell(line, in: folder.path)
  }

  /// Commands that write to both streams, and what is left to compare of a build.
  private static let commands = [
    "prep build tsv -i table.tsv -o out --json --force", "prep show data --sample 1",
    "prep stats data", "prep send data",
  ]

  @Test(arguments: commands)
  func `a closed stream is as good as one that nobody reads`(command: String) throws {
    let whole = try shell("\(command) > output 2> errors; echo $?; ls out 2> /dev/null")
    #expect(whole.output.hasPrefix("0\n"), "\(whole.output)")
    for stream in ["<", "2>"] {
      let closed = try shell(
        "\(command) \(stream)&- > closed; echo $?; cmp output closed && echo same"
      )
      #expect(closed.output == "0\nsame\n", "\(stream) \(closed.output) \(closed.errors)")
    }
    let closed = try shell("\(command) >&-; echo $?; ls out 2> /dev/null")
    // What a program says must not end in a file that took the stream's number.
    #expect(closed.output == whole.output, "\(closed.errors)")
    #expect(try shell("prep verify data -q").output == "data: 6 files are sound\n")
    if command.contains("build") {
      #expect(try shell("\(command) <&- >&- 2>&-; echo $?").output == "0\n")
      #expect(try shell("prep verify out -q").exitCode == 0)
    }
  }

  @Test(arguments: commands)
  func `a full standard output is one sentence and exit code 1`(command: String) throws {
    let full = try shell("\(command) > /dev/full")
    #expect(full.exitCode == 1)
    let errors = full.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    #expect(errors.count == 1, "\(full.errors)")
    #expect(errors.first?.contains("standard output") == true, "\(full.errors)")
  }

  @Test(arguments: ["listops", "tsv"])
  func `zeros without an end are no archive`(task: String) throws {
    // Not quite without an end, so that a fault does not keep the test for ever.
    let result = try shell(
      "prep build \(task) -i - -o out -q < <(head -c 3G /dev/zero 2> /dev/null)"
    )
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("bytes of padding follow the last member, or come before the"))
  }

  @Test func `the last line of reading tells all that was read`() throws {
    let result = try shell("prep build tsv -i table.tsv -o out --progress json")
    #expect(result.exitCode == 0, "\(result.errors)")
    let size = try Data(contentsOf: URL(filePath: folder.file("table.tsv"))).count
    let line = try #require(
      result.errors.split(separator: "\n").first {
        $0.contains(#""event":"done""#) && $0.contains(#""stage":"read""#)
      }
    )
    #expect(line.contains(#""bytes":\#(size),"done":200,"#), "\(line)")
  }
}
