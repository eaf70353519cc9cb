import Foundation
import TestSupport
import Testing

/// Builds that are killed, and run again, end with the bytes of an undisturbed one.
struct KillTests {
  private let folder = TemporaryFolder()
  private let program = Program("lra-prep")
  private let output = "out"

  /// When to kill.
  private enum Moment {
    /// So many seconds after the start.
    case time(Double)
    /// As soon as so many files are finished, and a few seconds later.
    case files(Int, later: Double)
  }

  /// SplitMix64, so that every run kills at the same shares of a build.
  private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  /// Two archives, whose tasks give nine shards with masks.
  private func generate() throws {
    for line in [
      "generate listops --samples 3000 --seed 3 --output listops.tar.gz --quiet",
      "generate pathfinder --resolution 32 --samples 2000 --seed 3 --output images.tar.gz --quiet",
    ] {
      let result = try program.run(line.split(separator: " ").map(String.init), in: folder.path)
      #expect(result.exitCode == 0, "\(result.errors)")
    }
  }

  private func arguments(_ output: String) -> [String] {
    [
      "build", "all", "--input", "listops.tar.gz", "--input", "images.tar.gz", "--output", output,
      "--shard-size", "1", "--mask", "token:0.5", "--fractions", "0.1,0.5", "--quiet",
    ]
  }

  private func finish(_ output: String) throws {
    let result = try program.run(arguments(output), in: folder.path)
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  /// Starts a build and kills it; false when it was finished before.
  private func kill(at moment: Moment) throws -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: program.path)
    process.arguments = arguments(output)
    process.currentDirectoryURL = URL(filePath: folder.path)
    try process.run()
    switch moment {
    case .time(let seconds): Thread.sleep(forTimeInterval: seconds)
    case .files(let count, let later):
      while process.isRunning, finishedFiles(output).count < count {
        Thread.sleep(forTimeInterval: 0.0005)
      }
      Thread.sleep(forTimeInterval: later)
    }
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }

  /// The inodes of the finished tensor files: a file that is written again gets another.
  private func finishedFiles(_ output: String) -> [String: Int] {
    let root = folder.file(output)
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? []
    return names.filter { $0.hasSuffix(".safetensors") }.reduce(into: [:]) { inodes, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: root + "/" + name)
      inodes[name] = attributes?[.systemFileNumber] as? Int
    }
  }

  @Test func `a build killed at 50 moments ends with the bytes of an undisturbed one`() throws {
    try generate()
    let started = Date()
    try finish("whole")
    let duration = Date().timeIntervalSince(started)
    let undisturbed = try folderContents(folder.file("whole"))
    let fileCount = finishedFiles("whole").count
    var random = SeededGenerator(state: 7)
    var (kills, resumed, attempts) = (0, 0, 0)
    while kills < 50, attempts < 150 {
      attempts += 1
      // By the clock over the whole build, or by what is written: both halves get their kills.
      let moment: Moment =
        kills.isMultiple(of: 2)
        ? .time(Double.random(in: 0..<duration, using: &random))
        : .files(
          Int.random(in: 1..<fileCount, using: &random),
          later: Double.random(in: 0..<0.005, using: &random)
        )
      guard try kill(at: moment) else {
        // It ended on its own, or had nothing left to do: never with something else in the folder.
        #expect(try folderContents(folder.file(output)) == undisturbed)
        try FileManager.default.removeItem(atPath: folder.file(output))
        continue
      }
      kills += 1
      // Some builds are killed more than once before they may finish.
      if kills < 50, Int.random(in: 0..<3, using: &random) == 0 { continue }
      let standing = finishedFiles(output)
      // A kill between the last step and the exit leaves nothing to do.
      if (try? folderContents(folder.file(output))) != undisturbed { try finish(output) }
      let files = finishedFiles(output)
      if standing.contains(where: { files[$0.key] == $0.value }) { resumed += 1 }
      let contents = try folderContents(folder.file(output))
      #expect(contents.keys.sorted() == undisturbed.keys.sorted())
      for (name, bytes) in undisturbed { #expect(contents[name] == bytes, "\(name)") }
      try FileManager.default.removeItem(atPath: folder.file(output))
    }
    #expect(kills == 50)
    #expect(resumed >= 5, "only \(resumed) builds kept finished shards")
  }
}
