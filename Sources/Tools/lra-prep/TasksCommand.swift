internal import ArgumentParser
internal import DataKit

/// `lra-prep tasks`: what can be prepared.
struct TasksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tasks",
    abstract: "Lists the tasks and the archives they need."
  )

  func run() {
    for task in TaskDefinition.all() {
      let names = ([task.name] + task.aliases).joined(separator: ", ")
      print(names + String(repeating: " ", count: max(1, 26 - names.count)) + task.summary)
    }
  }
}
