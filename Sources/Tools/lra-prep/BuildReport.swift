internal import DataKit
internal import ToolSupport

/// Turns a build's progress into lines: first the archive, then each task's shards.
final class BuildProgressLines {
  private let options: ProgressOptions
  private var stage: BuildProgress.Stage?
  private var reporter: ProgressReporter?

  init(_ options: ProgressOptions) { self.options = options }

  func update(_ progress: BuildProgress) {
    if progress.stage != stage {
      finish()
      stage = progress.stage
      switch progress.stage {
      case .reading:
        reporter = options.reporter("read", unit: "samples", totalBytes: progress.totalBytes)
      case .writing(let task):
        reporter = options.reporter(
          "write",
          of: task,
          unit: "samples",
          total: progress.totalSamples
        )
      }
    }
    let bytes = progress.stage == .reading ? progress.bytesRead : nil
    reporter?.update(done: progress.samples, bytes: bytes)
  }

  func finish() {
    reporter?.finish()
    reporter = nil
  }
}

/// A finished task as a script reads it.
struct BuildEvent: Encodable {
  var event = "built"
  var folder: String
  var task: String
  var splits: [String: Int]
  var skipped: [String: Int]

  init(_ folder: String, _ manifest: Manifest) {
    self.folder = folder
    task = manifest.task
    splits = manifest.splits.mapValues(\.samples)
    skipped = manifest.provenance.skipped
  }
}
