internal import ArgumentParser
internal import DataKit
internal import ToolSupport

/// `lra-prep tasks`: what can be prepared.
struct TasksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tasks",
    abstract: "Lists the tasks, what each needs and where it is published.",
    discussion: """
      Examples:
        lra-prep tasks                    # all, in a line each
        lra-prep tasks pathx              # one in full
        lra-prep tasks --json | jq -r '.[].source'
      """
  )

  @Argument(
    help: "Names or aliases of tasks to show in full (default: a list of all).",
    completion: .list(TaskNames.all)
  )
  var tasks: [String] = []
  @Flag(name: .shortAndLong, help: "Show all tasks in full.")
  var long = false
  @Flag(help: "Write a JSON array with an object for each task.")
  var json = false

  func validate() throws {
    if let unknown = tasks.first(where: { TaskDefinition.named($0) == nil }) {
      throw ValidationError(TaskNames.unknown(unknown))
    }
  }

  func run() throws {
    let chosen =
      tasks.isEmpty ? TaskDefinition.all() : tasks.compactMap { TaskDefinition.named($0) }
    if json { return print(try JSONText.line(chosen.map { TaskRecord($0) })) }
    guard long || !tasks.isEmpty else {
      for task in chosen { Self.list(task) }
      return print("\n'lra-prep tasks NAME' tells what a task needs and where it is published.")
    }
    for (index, task) in chosen.enumerated() {
      if index > 0 { print() }
      Self.describe(task)
    }
  }

  /// A task's names, and beside them, or below long ones, its summary, wrapped.
  private static func list(_ task: TaskDefinition) {
    let indent = 25
    var names = TaskNames.names(of: task)
    if names.count >= indent {
      print(names)
      names = ""
    }
    for line in wrapped(task.summary, to: outputColumns() - indent) {
      print(names + String(repeating: " ", count: indent - names.count) + line)
      names = ""
    }
  }

  private static func describe(_ task: TaskDefinition) {
    print(TaskNames.names(of: task))
    for line in wrapped(task.summary, to: outputColumns() - 2) { print("  \(line)") }
    if let publication = task.publication {
      let size = publication.byteCount.map { ", \(grouped($0)) bytes" } ?? ""
      print("  archive    \(publication.archive)\(size)")
    }
    print("  members    \(task.expectedMembers)")
    print("  from       \(task.source)")
    guard let publication = task.publication else { return }
    let samples = Split.allCases.compactMap { split in
      publication.samples[split].map { "\(grouped($0)) \(split.rawValue)" }
    }
    print("  samples    \(samples.joined(separator: ", "))")
    print("  length     \(publication.length)")
    print("  labels     \(publication.classes.map { "\($0) classes" } ?? "a value to predict")")
  }
}

/// The names that tasks have on the command line.
enum TaskNames {
  /// Every name and alias.
  static let all = TaskDefinition.all().flatMap { [$0.name] + $0.aliases }

  /// A task's name and aliases.
  static func names(of task: TaskDefinition) -> String {
    ([task.name] + task.aliases).joined(separator: ", ")
  }

  /// What to say about a name that no task has.
  static func unknown(_ name: String) -> String {
    "'\(name)' is not a task; 'lra-prep tasks' lists them"
  }
}

/// A task as a script reads it.
private struct TaskRecord: Encodable {
  var name: String
  var aliases: [String]
  var summary: String
  var members: String
  var source: String
  var archive: String?
  var bytes: Int?
  var samples: [String: Int]?
  var classes: Int?
  var length: String?

  init(_ task: TaskDefinition) {
    name = task.name
    aliases = task.aliases
    summary = task.summary
    members = task.expectedMembers
    source = task.source
    guard let publication = task.publication else { return }
    archive = publication.archive
    bytes = publication.byteCount
    samples = Dictionary(
      uniqueKeysWithValues: publication.samples.map { ($0.key.rawValue, $0.value) }
    )
    classes = publication.classes
    length = publication.length
  }
}
