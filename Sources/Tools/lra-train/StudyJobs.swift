internal import ArgumentParser
internal import Foundation
internal import ToolSupport
internal import Trainer

/// Several workers on this machine, each a process of its own.
struct StudyJobs {
  private let folder: StudyFolder
  private let work: StudyWorkOptions
  private let memory: MemoryOptions
  private let output: OutputOptions

  init(
    _ folder: StudyFolder,
    _ work: StudyWorkOptions,
    _ memory: MemoryOptions,
    _ output: OutputOptions
  ) {
    (self.folder, self.work, self.memory, self.output) = (folder, work, memory, output)
  }

  func run() throws {
    let threads = max(1, output.pool.threads / work.jobs)
    var arguments = ["compare", folder.path, "--threads", "\(threads)", "--json"]
    if memory.recompute { arguments.append("--recompute") }
    if output.quiet { arguments.append("--quiet") }
    Interrupts.install()
    let workers = try (0..<work.jobs).map { _ in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments = arguments
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      return process
    }
    var isTold = false
    while workers.contains(where: \.isRunning) {
      // A terminal's Ctrl-C reaches the workers by itself; a signal to this process alone does not.
      if Interrupts.wasRequested, !isTold {
        for worker in workers { worker.terminate() }
        isTold = true
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
    if isTold || workers.contains(where: { $0.terminationStatus == ExitStatus.interrupted }) {
      output.note("interrupted; go on with 'lra-train compare \(folder.path)'")
      throw ExitCode(ExitStatus.interrupted)
    }
    let isOpen = try folder.count(.waiting) + folder.count(.running) > 0
    if isOpen, workers.contains(where: { $0.terminationReason == .uncaughtSignal }) {
      throw RunError(
        folder.path,
        "a worker was killed before every run had ended",
        hint: "go on with 'lra-train compare \(folder.path)'"
      )
    }
    // The worker has said why.
    if isOpen { throw ExitCode(ExitStatus.failure) }
    try StudyTable(folder.writeResults()).show(json: output.json)
  }
}
