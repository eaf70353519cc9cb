internal import ToolSupport
internal import Trainer

/// The state of a study on standard error: a line for every run, below it the run's own progress.
final class StudyProgress {
  private let isQuiet: Bool
  private var training: TrainingProgress?

  init(quiet: Bool) { isQuiet = quiet }

  /// Shows what a worker tells.
  func show(_ event: StudyWorker.Event) {
    switch event {
    case .begins(let run, let number, let count):
      training = nil
      note("run \(number) of \(count): \(run.name)")
    case .training(let run, let event):
      if training == nil { training = TrainingProgress(run, quiet: isQuiet, validations: false) }
      training?.show(event)
    case .finished:
      training?.finish()
    case .failed(let run, let reason):
      training?.finish()
      // Not for quiet to hide: the table lacks the run.
      writeToStandardError("error: \(run.name): \(reason)\n")
    case .waits: note("waiting for runs that other workers have")
    }
  }

  private func note(_ text: String) {
    if !isQuiet { writeToStandardError(text + "\n") }
  }
}
