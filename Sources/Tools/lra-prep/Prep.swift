internal import ArgumentParser

@main
struct Prep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lra-prep",
    subcommands: [GenerateCommand.self]
  )
}
