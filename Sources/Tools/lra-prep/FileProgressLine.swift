internal import DataKit
internal import ToolSupport

extension ProgressReporter {
  /// Notes how far work that goes file by file has come.
  func update(_ progress: FileProgress) {
    update(
      done: progress.files,
      of: progress.totalFiles,
      bytes: progress.bytes,
      ofBytes: progress.totalBytes
    )
  }
}
