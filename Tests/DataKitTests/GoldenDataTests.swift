import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Whole builds from the published archives.
@Suite(
  .serialized,
  .enabled(if: Fixtures.archives != nil, "the published archives are not on this machine")
)
struct GoldenDataTests {
  @Test func `any number of threads writes the same bytes`() throws {
    let folder = TemporaryFolder()
    let archive = try #require(Fixtures.archives) + "/metadata-last/lra_release.gz"
    let tasks = TaskDefinition.suite()
    let masks = [MaskSet(policy: .token(ratio: 0.5), variants: 2)]
    for threads in [1, 2, 3] {
      let plan = BuildPlan(
        inputs: [.file(archive)],
        tasks: tasks,
        folders: tasks.map { folder.file("\(threads)/\($0.name)") },
        skipsAbsentTasks: true,
        masks: masks,
        threads: threads
      )
      _ = try Build(plan).run()
    }
    for threads in [2, 3] {
      let difference = Process()
      difference.executableURL = URL(filePath: "/usr/bin/diff")
      difference.arguments = ["-r", folder.file("1"), folder.file("\(threads)")]
      try difference.run()
      difference.waitUntilExit()
      #expect(difference.terminationStatus == 0)
    }
  }
}
