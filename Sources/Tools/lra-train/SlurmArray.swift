internal import Foundation
internal import ToolSupport
internal import Trainer

/// A study as a job array of Slurm: every task takes one run from the list.
struct SlurmArray {
  private let folder: StudyFolder
  private let work: StudyWorkOptions
  private let output: OutputOptions

  init(_ folder: StudyFolder, _ work: StudyWorkOptions, _ output: OutputOptions) {
    (self.folder, self.work, self.output) = (folder, work, output)
  }

  /// Submits a task for every open run.
  func submit() throws {
    let open = try folder.count(.waiting) + folder.count(.running)
    guard open > 0 else {
      output.note("every run has ended")
      return try StudyTable(folder.writeResults()).show(json: output.json)
    }
    let script = script(tasks: open)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sbatch"]
    let input = Pipe()
    process.standardInput = input
    process.standardOutput = FileHandle.standardError
    try process.run()
    input.fileHandleForWriting.write(Data(script.utf8))
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw RunError(
        "sbatch",
        "did not take the script (exit code \(process.terminationStatus))",
        hint: "--dry-run prints the script"
      )
    }
  }

  /// The program and the folder are named in full, as tasks start elsewhere.
  func script(tasks: Int) -> String {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    let study = URL(fileURLWithPath: folder.path).standardizedFileURL.path
    let threads = output.threads.map(String.init) ?? "1"
    let extra = work.sbatch.map { "#SBATCH \($0)\n" }.joined()
    let name = URL(fileURLWithPath: study).lastPathComponent
    return """
      #!/bin/bash
      #SBATCH --job-name=\(shellQuoted(name))
      #SBATCH --array=1-\(tasks)
      #SBATCH --cpus-per-task=\(threads)
      #SBATCH --output=\(shellQuoted(study))/slurm-%a.log
      \(extra)\
      exec \(shellQuoted(program)) compare \(shellQuoted(study)) --next \\
        --threads "$SLURM_CPUS_PER_TASK"

      """
  }
}
