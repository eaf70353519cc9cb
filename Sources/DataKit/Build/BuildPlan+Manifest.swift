internal import Glibc

extension BuildPlan {
  /// Whether a finished data set may be the one that this plan makes of a task, judged by what is known
  /// before the archive is read.
  func mayHaveMade(_ manifest: Manifest, task index: Int) -> Bool {
    manifest.tool == DataSetWriter.tool && manifest.task == tasks[index].name
      && manifest.withoutFiles.masks == masks.map { MaskSetDescription($0) }
      && manifest.options["shard_bytes"] == "\(shardByteCount)"
      && (fractions.map { $0.made(manifest.fractions) } ?? (manifest.fractions == nil))
      && manifest.provenance.inputs.count == inputs.count
      && zip(manifest.provenance.inputs, inputs).allSatisfy { $0.isLike($1) }
  }
}

extension FractionRequest {
  /// Whether stored subsets are those asked for.
  func made(_ set: FractionSet?) -> Bool {
    guard let set else { return false }
    return set.seed == UInt64(seed) && set.fractions.map(\.fraction) == fractions.sorted()
  }
}

extension Provenance.Input {
  /// Whether an archive has this name and, where it is a file, this size.
  fileprivate func isLike(_ input: ArchiveInput) -> Bool {
    guard name == input.baseName else { return false }
    guard case .file(let path) = input else { return true }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return true }
    return Int(status.st_size) == byteCount
  }
}
