internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import Trainer

/// What a study compares, and on what.
struct StudyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Architectures by the beginnings of presets' names, such as transformer,s4; with a study file, \
      which of its own.
      """,
      valueName: "names"
    )
  )
  var architectures: String?

  @Option(help: ArgumentHelp("Tasks, such as listops,image.", valueName: "names"))
  var tasks: String?

  @Option(
    help: ArgumentHelp(
      "How weights begin: scratch, masked, causal; scratch,masked by default.",
      valueName: "names"
    )
  )
  var starts: String?

  @Option(help: "How many seeds; 3 by default.")
  var seeds: Int?

  @Option(help: "The most optimizer steps of each stage.")
  var budget: Int?

  @Option(
    help: ArgumentHelp(
      """
      How the study is shrunk: tiny, small, or pairs of samples, evaluation, steps, pretrain-steps, \
      finetune-steps, batch, width, depth and seeds with numbers.
      """,
      valueName: "scale"
    )
  )
  var scale: String?

  @Option(help: "The folder below which every task has its data set; 'data' by default.")
  var data: String?

  @Option(name: .shortAndLong, help: "The study's folder.")
  var output: String?

  mutating func validate() throws {
    for (name, count) in [("--seeds", seeds), ("--budget", budget)] {
      if let count, !(1...1000_000_000).contains(count) {
        throw ValidationError("'\(name)' must be at least 1")
      }
    }
    if let seeds, seeds > 10_000 { throw ValidationError("'--seeds' must be at most 10000") }
    for name in Self.list(starts) ?? [] where Study.Start(rawValue: name) == nil {
      throw ValidationError("'--starts' knows scratch, masked and causal, not '\(name)'")
    }
  }

  /// Whether any option is given.
  var isGiven: Bool {
    [architectures, tasks, starts, scale, data, output].contains { $0 != nil }
      || seeds != nil || budget != nil
  }

  private static func list(_ text: String?) -> [String]? {
    text.map { $0.split(separator: ",").map(String.init) }
  }

  /// A study with its runs, and the data sets that are there.
  struct Plan {
    var runs: StudyPlan
    /// The runs without the study's scale; nil where it has none.
    var fullScale: StudyPlan?
    var dataSets: [String: DataSet]
    /// The folder where each task's data set is looked for.
    var folders: [String: String]
    var study: Study { runs.study }
  }

  /// Reads and restricts the study, opens the data and expands the runs; where there is no data, the
  /// sizes are those of the published one.
  func plan(_ file: String?) throws -> Plan {
    let study = try self.study(file)
    var plan = (sets: [String: DataSet](), folders: [String: String]())
    var shapes: [String: TaskShape] = [:]
    for task in study.tasks {
      let folder = task.data ?? (data ?? "data") + "/" + task.name
      plan.folders[task.name] = folder
      if FileManager.default.fileExists(atPath: folder + "/" + Manifest.fileName) {
        let dataSet = try DataSet(opening: folder)
        plan.sets[task.name] = dataSet
        shapes[task.name] = try TaskShape(dataSet)
      } else {
        shapes[task.name] = TaskShape.published(task.name)
      }
    }
    var full = study
    full.scale = nil
    return Plan(
      runs: try StudyPlan(study, shapes: shapes),
      fullScale: study.scale == nil ? nil : try? StudyPlan(full, shapes: shapes),
      dataSets: plan.sets,
      folders: plan.folders
    )
  }

  private func study(_ file: String?) throws -> Study {
    let (architectures, tasks) = (Self.list(architectures), Self.list(tasks))
    var study: Study
    if let file {
      study = try Study(decoding: readFile(file), from: file)
        .restricted(tasks: tasks, architectures: architectures)
      if let seeds { study.seeds = (1...UInt64(seeds)).map { $0 } }
    } else {
      study = try Study(
        architectures: architectures ?? [],
        tasks: tasks ?? [],
        starts: [.scratch, .masked],
        seeds: seeds ?? 3
      )
    }
    if let starts = Self.list(starts) {
      study.starts = starts.compactMap { Study.Start(rawValue: $0) }
    }
    if let scale { study.scale = try StudyScale(parsing: scale) }
    if seeds != nil { study.scale?.seeds = nil }
    if let budget {
      var scale = study.scale ?? StudyScale()
      (scale.pretrainSteps, scale.finetuneSteps, scale.name) = (budget, budget, nil)
      study.scale = scale
    }
    try study.check(file ?? "study")
    return study
  }

  /// The command that repeats the study.
  func command(_ file: String?) -> String {
    let options: [(String, String?)] = [
      ("--architectures", architectures), ("--tasks", tasks), ("--starts", starts),
      ("--seeds", seeds.map(String.init)), ("--budget", budget.map(String.init)),
      ("--scale", scale), ("--data", data), ("--output", output),
    ]
    let given = options.compactMap { name, value in value.map { name + " " + shellQuoted($0) } }
    return (["lra-train compare"] + (file.map { [shellQuoted($0)] } ?? []) + given)
      .joined(separator: " ")
  }
}

/// How a study is worked on.
struct StudyWorkOptions: ParsableArguments {
  /// Who starts the processes.
  enum Launcher: String, ExpressibleByArgument, CaseIterable {
    /// This program, on this machine.
    case local
    /// Slurm, by a job array with a task for every run.
    case slurm
  }

  @Flag(help: "Show the runs with their estimated time and memory, or the batch script, and stop.")
  var dryRun = false

  @Flag(help: "Write the run list and stop.")
  var prepare = false

  @Flag(help: "Try failed runs again.")
  var retry = false

  @Flag(help: "Take one run from the list, finish it and stop.")
  var next = false

  @Option(help: "Runs at the same time on this machine; they share the threads.")
  var jobs = 1

  @Option(help: "What starts the work.")
  var launcher: Launcher = .local

  @Option(
    parsing: .unconditionalSingleValue,
    help: "A line for the batch script, such as --time=4:00:00; may be repeated."
  )
  var sbatch: [String] = []

  mutating func validate() throws {
    guard (1...1024).contains(jobs) else { throw ValidationError("'--jobs' must be 1 to 1024") }
    if !sbatch.isEmpty, launcher != .slurm {
      throw ValidationError("'--sbatch' has a meaning for '--launcher slurm' only")
    }
  }
}

/// A word as a shell reads it back.
func shellQuoted(_ word: String) -> String {
  let isPlain =
    !word.isEmpty
    && word.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "._-/=,:+@%".contains($0))
    }
  return isPlain ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
}
