internal import ArgumentParser
internal import ToolSupport

@main
struct Prep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lra-prep",
    abstract: "Prepares Long Range Arena archives into checksummed, memory-mapped shards.",
    discussion: """
      Examples:
        lra-prep tasks
        lra-prep build all --input lra_release.gz --output data --mask token:0.5
        curl -s URL | lra-prep build text --input - --output data/text
        lra-prep mask data/listops --mask span:0.5:length=8:variants=4
        lra-prep inspect data/listops
        lra-prep stats data/listops
        lra-prep verify data/listops
        lra-prep show data/listops --sample 3 --mask token-0.50-seed-0
        lra-prep send data/listops | ssh host lra-prep receive data/listops

      Data goes to standard output, messages to standard error.
      Exit codes: 0 done, 1 failed, 64 wrong usage.

      'lra-prep --generate-completion-script bash' (or zsh, fish) prints completions.
      """,
    version: "0.2.0",
    subcommands: [
      BuildCommand.self, MergeCommand.self, MaskCommand.self, InspectCommand.self,
      VerifyCommand.self, ShowCommand.self, StatsCommand.self, SendCommand.self,
      ReceiveCommand.self, GenerateCommand.self, TasksCommand.self,
    ]
  )

  static func main() { runTool() }
}
