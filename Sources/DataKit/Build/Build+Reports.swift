/// What a build says of itself while it reads, and when it cannot go on.
extension Build {
  /// Tells now and then how far reading is.
  func progress() {
    calls += 1
    if calls % 64 == 1 { reportReading() }
  }

  func reportReading() {
    let samples = collectors.flatMap(\.values).map(\.context.samples).reduce(0, +)
    report(
      BuildProgress(
        stage: .reading,
        bytesRead: bytesRead,
        totalBytes: totalBytes,
        samples: samples,
        totalSamples: nil
      )
    )
  }

  private var bytesRead: Int { readers.reduce(0) { $0 + $1.bytesRead } }

  /// The size of all archives, where they are files.
  private var totalBytes: Int? {
    readers.reduce(0) { sum, reader in
      sum.flatMap { sum in reader.totalBytes.map { sum + $0 } }
    }
  }

  /// Says how much memory would do, as far as can be told: as much more as there is more to read, or twice where that is not
  /// known.
  func refusal(_ overflow: SampleSpool.IndexOverflow) -> ArchiveError {
    // Some of what is read is still on its way to the index.
    let indexed = max(bytesRead - plan.bytesUnderWay, bytesRead / 4, 1)
    let share = totalBytes.map { Double($0) / Double(indexed) } ?? 2
    // A little more than that, as samples are not equally long.
    let needed = plan.memory(forSamples: Int(1.25 * share * Double(overflow.byteCount)))
    let step = 64 << 20
    return ArchiveError(
      archive: archiveNames,
      reason: "the index of its samples outgrows the memory allowed: \(overflow.samples) samples "
        + "are read, whose index takes \(overflow.byteCount >> 20) MiB of "
        + "\(plan.memoryByteCount >> 20)",
      hint:
        "--memory \((needed / step + 1) * step >> 20) is enough, as far as can be told from what was read"
    )
  }

  func nothingFound() -> ArchiveError {
    let tasks = plan.tasks.map { "\($0.name) (\($0.expectedMembers))" }.joined(separator: ", ")
    return ArchiveError(
      archive: archiveNames,
      reason: "no member belongs to a task asked for: \(tasks)"
        + (firstUnused.map { "; there is '\($0)'" } ?? "")
    )
  }
}
