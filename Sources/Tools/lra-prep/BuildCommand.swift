internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport

/// `lra-prep build`: archive in, data sets out.
struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Prepares a task, or all, from one pass over an archive.",
    discussion: """
      Examples:
        lra-prep build listops -i lra_release.gz -o data/listops --mask token:0.5
        lra-prep build all --input - --output data < lra_release.gz

      'build all' prepares every task it finds, each into OUTPUT/<task>/. The
      manifest is written last: a folder without one is no data set, and the same
      command again starts over.
      """
  )

  @Argument(help: "The task, or 'all'; 'lra-prep tasks' lists them.")
  var task: String
  @Option(name: .shortAndLong, help: "The archive, or - for standard input.")
  var input: String
  @Option(name: .shortAndLong, help: "The folder to write to.")
  var output: String
  @Option(
    help: """
      A mask set to store: token:RATIO, span:RATIO:length=N or causal, with :seed=N and \
      :variants=N. Can be given several times.
      """
  )
  var mask: [String] = []
  @Option(help: "Take members only from this folder inside the archive.")
  var prefix: String?
  @Option(help: "The level of Pathfinder, in paddles of a target snake.")
  var contourLength = 14
  @Option(help: "The most mebibytes of values in a shard.")
  var shardSize = BuildPlan.defaultShardByteCount >> 20
  @Option(help: "Threads that read, decode and tokenize.")
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @Flag(help: "Replace a finished data set.")
  var force = false
  @Flag(name: .shortAndLong, help: "No progress, no summary.")
  var quiet = false
  @Flag(help: "Write one JSON object per finished task to standard output.")
  var json = false

  func validate() throws {
    guard task == "all" || TaskDefinition.named(task) != nil else {
      throw ValidationError("'\(task)' is not a task; 'lra-prep tasks' lists them")
    }
    guard (1...100).contains(contourLength) else {
      throw ValidationError("--contour-length must be 1 to 100")
    }
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads must be 1 to 1024")
    }
    guard !output.isEmpty, !input.isEmpty else {
      throw ValidationError("--input and --output must not be empty")
    }
    guard (1...4096).contains(shardSize) else {
      throw ValidationError("--shard-size must be 1 to 4096 MiB")
    }
    _ = try masks()
  }

  private func masks() throws -> [MaskSet] {
    let sets: [MaskSet]
    do {
      sets = try mask.map { try MaskSet(parsing: $0) }
    } catch {
      throw ValidationError("\(error)")
    }
    guard Set(sets.map(\.name)).count == sets.count else {
      throw ValidationError("the same mask set is asked for twice")
    }
    return sets
  }

  func run() throws {
    let tasks =
      TaskDefinition.named(task, contourLength: contourLength).map { [$0] }
      ?? TaskDefinition.all(contourLength: contourLength)
    let isAll = task == "all"
    let plan = BuildPlan(
      input: ArchiveInput(input),
      tasks: tasks,
      folders: tasks.map { isAll ? "\(output)/\($0.name)" : output },
      skipsAbsentTasks: isAll,
      masks: try masks(),
      shardByteCount: shardSize << 20,
      threads: threads,
      prefix: prefix,
      replacesExisting: force
    )
    let progress = BuildProgressLines(quiet: quiet)
    let results = try Build(plan, report: progress.update).run()
    progress.finish()
    for result in results {
      if !quiet { summarize(result) }
      if json, let manifest = result.manifest {
        print(try BuildEvent(result.folder, manifest).line)
      }
    }
  }

  private func summarize(_ result: BuildResult) {
    guard let manifest = result.manifest else {
      return printError("\(result.task): not in this archive")
    }
    let splits = Split.allCases.compactMap { split in
      manifest.splits[split.rawValue].map { "\($0.samples) \(split.rawValue)" }
    }
    printError("\(result.task): \(splits.joined(separator: ", ")) -> \(result.folder)")
    printError("  read \(manifest.provenance.membersRead) members")
    for (reason, count) in manifest.provenance.skipped.sorted(by: { $0.key < $1.key }) {
      printError("  skipped \(count): \(reason)")
    }
    for note in result.notes { printError("  note: \(note)") }
  }
}

/// Turns a build's progress into lines: first the archive, then each task's shards.
private final class BuildProgressLines {
  private let quiet: Bool
  private var stage: BuildProgress.Stage?
  private var reporter: ProgressReporter?

  init(quiet: Bool) { self.quiet = quiet }

  func update(_ progress: BuildProgress) {
    if progress.stage != stage {
      finish()
      stage = progress.stage
      switch progress.stage {
      case .reading:
        reporter = ProgressReporter(
          label: "read",
          total: progress.totalBytes.map { $0 >> 20 },
          unit: "MiB",
          secondaryRate: "samples",
          quiet: quiet
        )
      case .writing(let task):
        reporter = ProgressReporter(
          label: "write \(task)",
          total: progress.totalSamples,
          unit: "samples",
          quiet: quiet
        )
      }
    }
    switch progress.stage {
    case .reading:
      reporter?.update(completed: progress.bytesRead >> 20, secondary: Double(progress.samples))
    case .writing: reporter?.update(completed: progress.samples)
    }
  }

  func finish() {
    reporter?.finish()
    reporter = nil
  }
}

/// A finished task as a script reads it.
private struct BuildEvent: Encodable {
  var event = "built"
  var folder: String
  var task: String
  var splits: [String: Int]
  var skipped: [String: Int]

  init(_ folder: String, _ manifest: Manifest) {
    self.folder = folder
    task = manifest.task
    splits = manifest.splits.mapValues(\.samples)
    skipped = manifest.provenance.skipped
  }

  var line: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
