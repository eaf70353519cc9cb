internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport

/// `lra-prep build`: archive in, data sets out.
struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Prepares a task, or all, from one pass over an archive.",
    usage: "lra-prep build <task> --input <file> ... --output <folder> [<options>]",
    discussion: """
      Examples:
        lra-prep build listops -i lra_release.gz -o data/listops --mask token:0.5
        lra-prep build all --input - --output data < lra_release.gz
        lra-prep build pathx -i lra_release.gz -o data/pathx --part 0/4
        lra-prep build text -i aclImdb_v1.tar.gz -o - | lra-train pretrain \\
          --data - --preset transformer-text --run text
        lra-prep build image -i cifar-10-binary.tar.gz -o data/image \\
          --fractions 0.01,0.1,0.5

      'build all' prepares every task it finds, each into OUTPUT/<task>/. The
      manifest is written last: a folder without one is no data set. A build that
      was interrupted goes on with the same command: finished shards are kept.

      A mask set is token:RATIO, span:RATIO:length=N or causal; :seed=N (0) and
      :variants=N (1) may follow. RATIO is the share of masked positions, over 0
      and at most 1; a pretraining takes variant k in epoch k.
      """
  )

  @Argument(
    help: "The task, or 'all'; 'lra-prep tasks' lists them.",
    completion: .list(["all"] + TaskNames.all)
  )
  var task: String
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The archive, or - for standard input; several times for tasks of several files.",
      valueName: "file"
    ),
    completion: .file()
  )
  var input: [String]
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The folder to write to, or - for a stream that 'receive' and 'lra-train' read.",
      valueName: "folder"
    ),
    completion: .directory
  )
  var output: String
  @Option(
    help: "A mask set to store, such as token:0.5:variants=4; can be given several times."
  )
  var mask: [String] = []
  @Option(
    help: ArgumentHelp(
      "Take members only from this folder inside the archive.",
      valueName: "folder"
    )
  )
  var prefix: String?
  @OptionGroup(title: "Options of tasks")
  var taskOptions: TaskOptionArguments
  @Option(
    help: ArgumentHelp(
      "The most values in a shard, and the most of what comes with each sample, 1 to 4096.",
      valueName: "MiB"
    )
  )
  var shardSize = BuildPlan.defaultShardByteCount >> 20
  @Option(
    help: ArgumentHelp(
      "Nested subsets of the training split, such as 0.01,0.1,0.5; stored as indices.",
      valueName: "shares"
    )
  )
  var fractions: String?
  @Option(help: ArgumentHelp("The seed that chooses the subsets.", valueName: "seed"))
  var fractionsSeed: UInt32 = 0
  @Option(
    help: ArgumentHelp(
      "Write only a share of the shards: INDEX/COUNT with INDEX from 0, or auto to take both "
        + "from Slurm's or Open MPI's environment. 'lra-prep merge' joins the parts.",
      valueName: "index/count"
    )
  )
  var part: String?
  @Option(
    help: ArgumentHelp("What to do about faulty members, rows and images.", valueName: "policy")
  )
  var onError = ErrorPolicy.fail
  @Option(
    help: ArgumentHelp(
      "The most memory for samples and their index (default: the shard size and 128 per thread).",
      valueName: "MiB"
    )
  )
  var memory: Int?
  @Option(
    help: ArgumentHelp(
      "Threads that read, decode and tokenize; files do not depend on it.",
      valueName: "count"
    )
  )
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @Flag(help: "Replace a finished data set.")
  var force = false
  @OptionGroup(title: "Limits of archives") var archive: LimitOptions
  @OptionGroup var progress: ProgressOptions
  @Flag(help: "Write one JSON object for each finished task to standard output.")
  var json = false

  func validate() throws {
    guard task == "all" || TaskDefinition.named(task) != nil else {
      throw ValidationError("'\(task)' is not a task; 'lra-prep tasks' lists them")
    }
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads must be 1 to 1024")
    }
    guard !output.isEmpty, !input.isEmpty, input.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("--input and --output must not be empty")
    }
    if output == "-" {
      guard task != "all", part == nil, !json else {
        throw ValidationError("--output - carries one whole task, without --part and --json")
      }
      guard onError != .quarantine else {
        throw ValidationError("--output - has no folder for a quarantine: use --on-error skip")
      }
      guard isatty(STDOUT_FILENO) == 0 else {
        throw ValidationError("a data set is not written to a terminal; pipe it into something")
      }
    }
    guard taskOptions.labels != "" else { throw ValidationError("--labels must not be empty") }
    guard (taskOptions.labelInputs + input).filter({ $0 == "-" }).count <= 1 else {
      throw ValidationError("standard input can be read only once")
    }
    guard (1...4096).contains(shardSize) else {
      throw ValidationError("--shard-size must be 1 to 4096 MiB")
    }
    if let memory, memory < BuildPlan.minimumMemory >> 20 {
      throw ValidationError(
        "--memory must be at least \(BuildPlan.minimumMemory >> 20)"
      )
    }
    _ = try tasks()
    _ = try masks()
    _ = try fractionRequest()
    _ = try part.map { try BuildPart(argument: $0) }
  }

  private func fractionRequest() throws -> FractionRequest? {
    guard let fractions else { return nil }
    let shares = try fractions.split(separator: ",", omittingEmptySubsequences: false).map { text in
      guard let share = Double(text), share > 0, share <= 1 else {
        throw ValidationError("--fractions: '\(text)' is not a number over 0 and at most 1")
      }
      return share
    }
    guard Set(shares).count == shares.count else {
      throw ValidationError("--fractions names a number twice")
    }
    return FractionRequest(fractions: shares, seed: fractionsSeed)
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
    if taskOptions.specialTokens == .noMask, let set = sets.first(where: { $0.policy != .causal }) {
      throw ValidationError(
        "--special-tokens no-mask leaves out <mask>, without which --mask \(set.name) cannot be used"
      )
    }
    return sets
  }

  /// What is asked for, with options that belong to it.
  private func tasks() throws -> [TaskDefinition] {
    let options = try taskOptions.options()
    do {
      if let task = TaskDefinition.named(task, options: options) {
        guard taskOptions.labels == nil || task.name == "images" else {
          throw ValidationError("--labels is no option of the task \(task.name)")
        }
        try task.check(options)
        return [task]
      }
      guard taskOptions.labels == nil else {
        throw ValidationError("--labels is no option of these tasks")
      }
      let tasks = TaskDefinition.suite(options: options)
      try TaskDefinition.check(options, of: tasks)
      return tasks
    } catch let error as TaskOptionError {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    let tasks = try tasks()
    let isAll = task == "all"
    let isStream = output == "-"
    let workFolder = isStream ? try WorkFolder() : nil
    let plan = BuildPlan(
      inputs: (taskOptions.labelInputs + input).map { ArchiveInput($0) },
      tasks: tasks,
      folders: tasks.map { isAll ? "\(output)/\($0.name)" : workFolder?.path ?? output },
      skipsAbsentTasks: isAll,
      masks: try masks(),
      shardByteCount: shardSize << 20,
      threads: threads,
      memoryByteCount: memory.map { $0 << 20 },
      fractions: try fractionRequest(),
      errorPolicy: onError,
      limits: archive.limits,
      part: try part.map { try BuildPart(argument: $0) },
      prefix: prefix,
      replacesExisting: force
    )
    let lines = BuildProgressLines(progress)
    // A receiver that goes away is an error with a sentence, not a silent end.
    if isStream { signal(SIGPIPE, SIG_IGN) }
    let stream = isStream ? try DataSetStream() : nil
    let results = try Build(plan, to: stream, report: lines.update).run()
    workFolder?.remove()
    lines.finish()
    if progress.showsSummary { printError("peak memory \(Self.peakMemory >> 20) MiB") }
    for result in results {
      if progress.showsSummary { summarize(result) }
      if json, let manifest = result.manifest {
        print(try JSONText.line(BuildEvent(result.folder, manifest)))
      }
    }
  }

  /// The most memory this process has held so far, in bytes.
  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss << 10
  }

  private func summarize(_ result: BuildResult) {
    guard let manifest = result.manifest else {
      return printError("\(result.task): not in this archive")
    }
    let splits = Split.allCases.compactMap { split in
      manifest.splits[split.rawValue].map { "\($0.samples) \(split.rawValue)" }
    }
    let place = output == "-" ? "standard output" : result.folder
    printError("\(result.task): \(splits.joined(separator: ", ")) -> \(place)")
    if result.wasFinished {
      return printError("  already finished: every file is there and sound, nothing was written")
    }
    printError("  read \(manifest.provenance.membersRead) members")
    for (reason, count) in manifest.provenance.skipped.sorted(by: { $0.key < $1.key }) {
      printError("  skipped \(count): \(reason)")
    }
    for note in result.notes { printError("  note: \(note)") }
  }
}
