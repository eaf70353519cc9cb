import DataKit
import Foundation

extension FuzzTarget {
  /// Whole builds from whole archives.
  static let builds: [FuzzTarget] = [
    build("listops", weight: 8, [Seeds.listOps]),
    build("text", weight: 6, [Seeds.text]),
    build("pathfinder32", weight: 8, [Seeds.pathfinder]),
    build("image", weight: 4, [Seeds.cifar, Seeds.pickledCIFAR]),
    build("retrieval", weight: 6, [Seeds.retrieval]),
    build("speech", weight: 4, [Seeds.speech]),
    build("bidmc-hr", weight: 2, [Seeds.bidmc]),
    build("tsv", weight: 6, [Seeds.table, Seeds.tables]),
    build("images", weight: 4, [Seeds.ownImages]),
  ]

  private static func build(_ task: String, weight: Int, _ seeds: [FuzzSeed]) -> FuzzTarget {
    FuzzTarget(name: "build-\(task)", weight: weight, seeds: seeds) { input in
      var input = input
      let archive = input.folder + "/archive.tar.gz"
      let output = input.folder + "/output"
      try Data(input.bytes).write(to: URL(filePath: archive))
      guard let definition = TaskDefinition.named(task) else {
        throw PropertyViolation("there is no task \(task)")
      }
      let plan = BuildPlan(
        inputs: [.file(archive)],
        tasks: [definition],
        folders: [output],
        shardByteCount: [256, 1 << 20][input.random.next(below: 2)],
        threads: 1 + input.random.next(below: 2),
        errorPolicy: ErrorPolicy.allCases[input.random.next(below: 3)]
      )
      defer { try? FileManager.default.removeItem(atPath: output) }
      do {
        _ = try Build(plan).run()
      } catch {
        try checkUnfinished(output, after: error)
        throw error
      }
      try checkFinished(output)
      try expectOnly(["archive.tar.gz", "output"], in: input.folder)
    }
  }

  /// A build that failed must not look finished, and must have failed for the input's sake.
  private static func checkUnfinished(_ output: String, after error: any Error) throws {
    guard error is ArchiveError else {
      throw PropertyViolation("the build failed by \(type(of: error)): \(error)")
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: output)) ?? []
    if names.contains(Manifest.fileName) {
      throw PropertyViolation("a manifest stands although the build failed: \(error)")
    }
    if let partial = names.first(where: { $0.hasSuffix(".partial") }) {
      throw PropertyViolation("\(partial) is left by a failed build: \(error)")
    }
  }

  /// A build that succeeded must hold what it says.
  static func checkFinished(_ output: String, but allowed: String? = nil) throws {
    do {
      let faults = try Verification(folder: output).run().faults.filter { fault in
        allowed.map { !fault.description.contains($0) } ?? true
      }
      guard faults.isEmpty else {
        throw PropertyViolation("a finished build does not verify: \(faults[0])")
      }
      try readAll(of: output)
    } catch let error where !(error is PropertyViolation) {
      throw PropertyViolation("a finished build cannot be read: \(error)")
    }
  }

  static func expectOnly(_ names: Set<String>, in folder: String) throws {
    let found = try FileManager.default.contentsOfDirectory(atPath: folder)
    if let stray = found.first(where: { !names.contains($0) }) {
      throw PropertyViolation("\(stray) was written outside the output folder")
    }
  }
}
