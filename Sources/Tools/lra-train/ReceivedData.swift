internal import ArgumentParser
internal import DataKit
internal import ToolSupport
internal import Trainer

/// Refuses '-' for commands that have no run's folder to keep a data set in.
func refuseStandardInput(_ data: String?) throws {
  guard data == "-" else { return }
  throw ValidationError(
    "'--data -' is for pretrain and finetune; receive the data set with 'lra-prep receive' first"
  )
}

extension TrainingSession {
  /// The data set's folder, or nil when none was named.
  ///
  /// For '-' the data set is first received from standard input into `data` in the run's folder,
  /// where it stays, so that resuming and evaluating find it.
  func dataFolder() throws -> String? {
    guard data == "-" else { return data }
    guard let name = options.run else {
      throw ValidationError("'--data -' needs '--run', as the data set is kept in the run's folder")
    }
    let run = RunFolder(runPath(name))
    if !options.resume, !options.force { try run.checkVacant() }
    let folder = run.path + "/data"
    options.output.note("receiving the data set into '\(folder)'")
    let receiver = try DataSetReceiver(folder: folder, replacing: options.force)
    _ = try receiver.receiveWithProgress(options.output.quiet ? .none : .text)
    return folder
  }
}
