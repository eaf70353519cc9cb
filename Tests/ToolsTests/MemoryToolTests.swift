import Foundation
import TestSupport
import Testing

/// `--memory` bounds the index of samples too.
struct MemoryToolTests {
  private let folder = TemporaryFolder()

  private func build(memory: Int, _ options: String = "") throws -> Program.Result {
    try Program.shell(
      "prep build tsv -i table.tsv -o out --threads 2 --force --memory \(memory) \(options)",
      in: folder.path
    )
  }

  /// The number of MiB that a text names before or after some words.
  private func number(in text: String, _ pattern: Regex<(Substring, Substring)>) throws -> Int {
    try #require(text.firstMatch(of: pattern).flatMap { Int($0.1) }, "\(text)")
  }

  @Test func `a million and a half rows of one letter stay below the limit, or are refused`() throws
  {
    let rows = (0..<26).map { "\(UnicodeScalar(UInt8(97 + $0)))\t\($0 % 2)\n" }.joined()
    let table = "text\tlabel\n" + String(repeating: rows, count: 60_000)
    try Data(table.utf8).write(to: URL(filePath: folder.file("table.tsv")))
    let refused = try build(memory: 96, "--quiet")
    #expect(refused.exitCode == 1)
    #expect(refused.errors.hasPrefix("error: table.tsv: the index of its samples outgrows"))
    let memory = try number(in: refused.errors, /--memory (\d+) is enough/)
    #expect(memory > 96 && memory <= 512)
    for options in ["", "--shard-size 1", "--fractions 0.1,0.5"] {
      let built = try build(memory: memory, options)
      #expect(built.exitCode == 0, "\(built.errors)")
      #expect(try number(in: built.errors, /peak memory (\d+) MiB/) <= memory)
    }
    #expect(try Program.shell("prep verify out -q", in: folder.path).exitCode == 0)
  }
}
