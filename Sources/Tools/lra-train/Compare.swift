internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport
internal import Trainer

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares architectures, each from scratch and self-pretrained, on the same data.",
    discussion: """
      A study file says what is compared; 'studies' has one for each table of the paper. Every \
      run is made once: the same command again goes on where it stopped, and a pretraining \
      is shared by all finetunings that start from it. Learning rate and batch size are \
      chosen on validation, the table is of the test split. --scale makes a study small: \
      tiny, small, or numbers such as samples=2000,steps=500,width=64,depth=2,seeds=3.

      Any number of machines may work on one study over a shared folder: each takes the next \
      run by renaming its file. --next takes a single run and is for queues.

      Examples:
        lra-train compare studies/table-1.json --data data --scale small --dry-run
        lra-train compare studies/table-1.json --data data --scale small -o table-1
        lra-train compare --architectures transformer,s4 --tasks listops --data data \
          --seeds 3 --budget 2000 -o mine
        lra-train compare table-1
        lra-train compare table-1 --launcher slurm --dry-run
        seq 100 | parallel -j 4 -N 0 lra-train compare table-1 --next --threads 1
      """
  )

  @Argument(help: "A study file, or the folder of a study that was started.")
  var study: String?

  @OptionGroup(title: "Study") var choice: StudyOptions
  @OptionGroup(title: "Work") var work: StudyWorkOptions
  @OptionGroup var memory: MemoryOptions
  @OptionGroup var output: OutputOptions

  mutating func validate() throws {
    if study == nil, choice.architectures == nil || choice.tasks == nil {
      throw ValidationError("name a study file, or both '--architectures' and '--tasks'")
    }
    if work.jobs > 1, work.next { throw ValidationError("'--next' takes one run, not '--jobs'") }
    if work.launcher == .slurm, work.next || work.jobs > 1 {
      throw ValidationError("'--launcher slurm' has no '--next' and no '--jobs'")
    }
  }

  func run() throws {
    try Processor.check()
    if let study, StudyFolder(study).holdsStudy {
      guard !choice.isGiven else {
        throw ValidationError("a study that was started keeps its options: leave them out")
      }
      return try goOn(StudyFolder(study))
    }
    let plan = try choice.plan(study)
    try plan.runs.check(on: plan.dataSets)
    if work.dryRun, work.launcher == .local {
      return try StudyListing(output).show(plan)
    }
    guard let folder = choice.output.map({ StudyFolder($0) }) else {
      throw ValidationError("Missing expected argument '--output <output>'")
    }
    if work.dryRun {
      let script = SlurmArray(folder, work, output).script(tasks: plan.runs.runs.count)
      return print(script, terminator: "")
    }
    try create(folder, plan)
    try goOn(folder)
  }

  private func create(_ folder: StudyFolder, _ plan: StudyOptions.Plan) throws {
    if let missing = plan.study.tasks.first(where: { plan.dataSets[$0.name] == nil }) {
      throw RunError(
        "task '\(missing.name)'",
        "there is no data set in '\(plan.folders[missing.name] ?? missing.name)'",
        hint: "prepare it with lra-prep, or name the folder of all data sets with --data"
      )
    }
    try folder.create(
      plan.runs,
      dataSets: plan.dataSets,
      command: choice.command(study),
      version: Train.version
    )
    output.note("study: \(folder.path), \(plan.runs.runs.count) runs")
  }

  /// Works on a study that is in its folder.
  private func goOn(_ folder: StudyFolder) throws {
    if work.dryRun {
      guard work.launcher == .slurm else { return try StudyListing(output).show(openIn: folder) }
      let open = try folder.count(.waiting) + folder.count(.running)
      return print(SlurmArray(folder, work, output).script(tasks: open), terminator: "")
    }
    if work.retry { output.note("runs to be tried again: \(try folder.retryFailed())") }
    if work.prepare { return }
    switch work.launcher {
    case .slurm: try SlurmArray(folder, work, output).submit()
    case .local where work.jobs > 1: try StudyJobs(folder, work, memory, output).run()
    case .local: try workHere(folder)
    }
  }

  private func workHere(_ folder: StudyFolder) throws {
    Interrupts.install()
    let progress = StudyProgress(quiet: output.quiet)
    let worker = StudyWorker(folder, recomputing: memory.recompute, pool: output.pool)
    let outcome = try worker.work(
      limit: work.next ? 1 : nil,
      shouldStop: { Interrupts.wasRequested },
      observer: { progress.show($0) }
    )
    guard outcome == .done else {
      output.note("interrupted; go on with 'lra-train compare \(folder.path)'")
      throw ExitCode(ExitStatus.interrupted)
    }
    // Data that has gone since does not take the table with it.
    let result = try (try? folder.writeResults()) ?? folder.readResults()
    if !work.next { try StudyTable(result).show(json: output.json) }
  }
}
