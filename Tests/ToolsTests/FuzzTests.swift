import Foundation
import TestSupport
import Testing

/// A few thousand damaged inputs of every kind; `make fuzz` runs many more.
@Suite("Fuzzing")
struct FuzzTests {
  private let folder = TemporaryFolder()

  private func fuzz(_ arguments: String...) throws -> Program.Result {
    try Program("lra-fuzz").run(arguments, in: folder.path)
  }

  @Test func `damaged inputs are taken or refused, and nothing else happens`() throws {
    let result = try fuzz("--cases", "4000", "--seed", "7", "--case-seconds", "120")
    #expect(result.exitCode == 0, "\(result.errors)\n\(result.output)")
    #expect(result.errors.isEmpty, "\(result.errors)")
    let total = result.output.split(separator: "\n").last?.split(separator: " ") ?? []
    #expect(total.count == 5 && total[0] == "all")
    // Damage must get both past the door and stopped at it, or the inputs are of no use.
    #expect(Int(total[2]) ?? 0 > 400 && Int(total[3]) ?? 0 > 400, "\(result.output)")
  }

  @Test(arguments: [
    ("faulty-trap", "crash: "), ("faulty-loop", "hang: "), ("faulty-memory", "violation: "),
    ("faulty-property", "this is wrong"),
  ])
  func `what must not happen is noticed, and named`(target: String, words: String) throws {
    // Only a hang is to run out of time, however busy the machine is.
    let seconds = words.hasPrefix("hang") ? "2" : "120"
    let result = try fuzz(target, "--cases", "4", "--case-seconds", seconds, "--seed", "3")
    #expect(result.exitCode == 1)
    #expect(result.errors.contains(words), "\(result.errors)")
    #expect(result.errors.contains("\(target) case "), "\(result.errors)")
  }

  @Test func `a case is the same whenever it is made`() throws {
    for (target, number) in [("png", "17"), ("build-listops", "4"), ("stream", "9")] {
      let inputs = try (0..<2).map { index in
        let file = folder.file("input-\(index)")
        #expect(try fuzz("case", target, number, "--write", file).exitCode == 0)
        return try Data(contentsOf: URL(filePath: file))
      }
      #expect(inputs[0] == inputs[1] && !inputs[0].isEmpty)
    }
  }
}
