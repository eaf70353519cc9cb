import Testing

@testable import DataKit

/// Rows of Pathfinder's metadata, whatever parts their columns.
struct PathfinderRowTests {
  private func rows(_ text: String) throws -> [PathfinderRow] {
    try PathfinderRow.parse(Array(text.utf8), file: 3) { line, reason in
      ArchiveError(archive: "archive", member: "3.npy", line: line, reason: reason)
    } reject: { error, _ in
      throw error
    }
  }

  /// The label is column 3; columns 2 and 4 are the other class, so that a shift is seen.
  @Test(arguments: [
    (" ", " ", " ", " "), ("  ", " ", " ", " "), (" ", "  ", " ", " "), (" ", " ", "  ", " "),
    (" ", " ", " ", "  "), ("   ", "  ", "    ", "  "), ("\t", " ", "\t", " "),
    (" ", " \t ", " ", "\t"),
  ])
  func `runs of blanks do not shift the label`(_ gaps: (String, String, String, String)) throws {
    for label in [0, 1] {
      let other = 1 - label
      let line =
        "imgs/7\(gaps.0)sample_12.png\(gaps.1)\(other)\(gaps.2)\(label)\(gaps.3)\(other) 14 4 2 0.5"
      for text in [line, line + "\r\n", "\n  \n" + line + "\n"] {
        let found = try rows(text)
        #expect(found.map(\.label) == [UInt8(label)], "\(text)")
        #expect(found.map(\.image) == [PathfinderImage(folder: 7, number: 12)])
        #expect(found.map(\.file) == [3])
      }
    }
  }
}
