internal import ArgumentParser

struct GenerateListOpsCommand: ParsableCommand {
}
