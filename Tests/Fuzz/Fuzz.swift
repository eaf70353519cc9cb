import ArgumentParser
import Foundation
import TestSupport
import ToolSupport

@main
struct Fuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lra-fuzz",
    abstract: "Feeds damaged inputs to everything that reads untrusted bytes.",
    discussion: """
      Every case is named by its target, its number and the seed, and is the same whenever it is \
      run. Exits 0 when no case crashed, hung, took too much memory or broke a property.
      """,
    subcommands: [RunCommand.self, CaseCommand.self, WorkerCommand.self],
    defaultSubcommand: RunCommand.self
  )

  static func main() { runTool() }
}

/// The targets of the given names, or all.
private func targets(named names: [String]) throws -> [FuzzTarget] {
  guard !names.isEmpty else { return FuzzTarget.all }
  return try names.map { name in
    guard let target = (FuzzTarget.all + FuzzTarget.faulty).first(where: { $0.name == name }) else {
      let known = FuzzTarget.all.map(\.name).joined(separator: ", ")
      throw ValidationError("'\(name)' is not a target; there are \(known)")
    }
    return target
  }
}

/// `lra-fuzz run`: many cases, each batch in a process of its own.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "run", abstract: "Runs cases.")

  @Argument(help: "The targets; all when none is named.")
  var names: [String] = []
  @Option(help: "How many cases, over all targets.")
  var cases = 200_000
  @Option(help: "The seed of all damage.")
  var seed: UInt64 = 1
  @Option(help: "How many processes at a time.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "The most mebibytes a process may use; 0 for no limit.")
  var memory = 256
  @Option(help: "The most seconds a case may take.")
  var caseSeconds = 30.0

  func validate() throws {
    _ = try targets(named: names)
    guard cases > 0, (1...256).contains(jobs), memory >= 0, caseSeconds > 0 else {
      throw ValidationError("--cases, --jobs and --case-seconds must be positive")
    }
  }

  func run() throws {
    let folder = workFolder()
    let targets = try targets(named: names)
    let program = Bundle.main.executableURL?.path ?? CommandLine.arguments[0]
    let options = FuzzRun.Options(
      seed: seed,
      cases: cases,
      jobs: jobs,
      memory: memory,
      caseSeconds: caseSeconds
    )
    let tallies = FuzzRun(options, program: program, folder: folder.path).run(targets)
    var total = FuzzRun.Tally()
    print(Self.line("target", "cases", "accepted", "refused", "faults"))
    for target in targets {
      let tally = tallies[target.name] ?? FuzzRun.Tally()
      total.add(tally)
      print(Self.line(target.name, tally))
    }
    print(Self.line("all", total))
    if !total.isSound { throw ExitCode(ExitStatus.failure) }
  }

  private static func line(_ name: String, _ tally: FuzzRun.Tally) -> String {
    line(
      name,
      "\(tally.cases)",
      "\(tally.accepted)",
      "\(tally.refused)",
      "\(tally.violations + tally.crashes + tally.hangs)"
    )
  }

  private static func line(_ name: String, _ numbers: String...) -> String {
    numbers.reduce(name + String(repeating: " ", count: max(0, 22 - name.count))) {
      $0 + String(repeating: " ", count: max(1, 10 - $1.count)) + $1
    }
  }

  /// A temporary folder in memory, where there is such a file system.
  private func workFolder() -> TemporaryFolder {
    TemporaryFolder(under: access("/dev/shm", W_OK) == 0 ? "/dev/shm" : nil)
  }
}

/// `lra-fuzz case`: one case, in this process.
struct CaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "case",
    abstract: "Runs one case in this process, or writes its input to a file."
  )

  @Argument(help: "The target.")
  var name: String
  @Argument(help: "The number of the case.")
  var number: Int
  @Option(help: "The seed of all damage.")
  var seed: UInt64 = 1
  @Option(help: "Write the input here instead of running it.")
  var write: String?

  func run() throws {
    let folder = TemporaryFolder()
    let target = try targets(named: [name])[0]
    let worker = try FuzzWorker(target: target, seed: seed, folder: folder.path)
    if let write {
      return try Data(worker.input(of: number).bytes).write(to: URL(filePath: write))
    }
    guard let board = CaseBoard(path: folder.file("board")) else { throw ExitCode.failure }
    try worker.run(number..<number + 1, board: board, memory: nil) { print($0) }
    print(board.violations > 0 ? "violation" : board.accepted > 0 ? "accepted" : "refused")
  }
}

/// `lra-fuzz worker`: a range of cases in this process, for `run`.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

  @Argument var name: String
  @Option var first: Int
  @Option var end: Int
  @Option var seed: UInt64
  @Option var memory: Int
  @Option var folder: String

  func run() throws {
    // A crash must not fill the disk, and neither may a case.
    Self.limit(Int32(RLIMIT_CORE.rawValue), to: 0)
    Self.limit(Int32(RLIMIT_FSIZE.rawValue), to: 1 << 30)
    // Address space is spent more freely than memory: threads reserve stacks and arenas.
    if memory > 0 { Self.limit(Int32(RLIMIT_AS.rawValue), to: UInt(memory) << 20 + 4 << 30) }
    guard let board = CaseBoard(path: folder + "/board") else { throw ExitCode.failure }
    let target = try targets(named: [name])[0]
    let worker = try FuzzWorker(target: target, seed: seed, folder: folder)
    try worker.run(first..<end, board: board, memory: memory > 0 ? memory << 20 : nil)
  }

  private static func limit(_ resource: Int32, to value: UInt) {
    var limit = rlimit(rlim_cur: value, rlim_max: value)
    setrlimit(__rlimit_resource_t(UInt32(resource)), &limit)
  }
}
