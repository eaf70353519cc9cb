internal import DataKit
internal import Foundation
internal import Tokenizers

/// Measures the loops that every sample goes through, one at a time on one thread.
///
/// Each is checked against a plain computation first; a line is its name, the amount of work in a
/// second of processor time (best of five rounds), and the processor time of a unit.
@main
struct Bench {
  static func main() {
    let folder = FileManager.default.temporaryDirectory.path + "/lra-bench-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try measureMasks("token masks", MaskSet(policy: .token(ratio: 0.5)))
      try measureMasks("span masks", MaskSet(policy: .span(ratio: 0.5, length: 8)))
      try measureListOps()
      try measureCharacters()
      try measureReading(folder)
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      try? FileManager.default.removeItem(atPath: folder)
      exit(1)
    }
  }

  /// What goes wrong when a result is not the expected one.
  struct Mismatch: Error, CustomStringConvertible {
    let description: String
  }

  static func require(_ condition: Bool, _ what: String) throws {
    guard condition else { throw Mismatch(description: "\(what): the result is wrong") }
  }

  /// Prints how many units a second of processor time does.
  static func report(_ name: String, _ unit: String, count: Int, _ body: () throws -> Void) throws {
    var best = Double.infinity
    for _ in 0..<5 {
      let start = clock()
      try body()
      best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC))
    }
    let name = name.padding(toLength: 22, withPad: " ", startingAt: 0)
    print(
      name,
      String(
        format: "%10.3f M %@/s   %9.3f ns each   checked",
        Double(count) / best / 1e6,
        unit,
        best / Double(count) * 1e9
      )
    )
  }
}
