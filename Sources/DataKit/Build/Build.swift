internal import Glibc

/// Prepares tasks from an archive in one pass.
public final class Build {
  /// The most copies of a data set, under different folders, that an archive may hold.
  private static let copyLimit = 16

  private let plan: BuildPlan
  private let report: (BuildProgress) -> Void
  private let reader: ArchiveReader
  private let workers: OrderedWorkers
  /// For each task the collectors by the prefix under which its members stand.
  private var collectors: [[String: (collector: any TaskCollector, context: CollectorContext)]]
  private var unused: [String: Int] = [:]

  /// Opens the archive and checks the output folders.
  ///
  /// - Parameters:
  ///   - plan: what to prepare.
  ///   - report: called often, on the calling thread.
  /// - Throws: ``ArchiveError`` and ``DataSetError``.
  public init(_ plan: BuildPlan, report: @escaping (BuildProgress) -> Void = { _ in }) throws {
    self.plan = plan
    self.report = report
    for folder in plan.folders where access(folder + "/" + Manifest.fileName, F_OK) == 0 {
      guard plan.replacesExisting else {
        throw DataSetError(
          path: folder,
          reason: "holds a finished data set already",
          hint: "choose another folder, or replace it with --force"
        )
      }
    }
    reader = try ArchiveReader(plan.input)
    workers = OrderedWorkers(threads: plan.threads)
    collectors = plan.tasks.map { _ in [:] }
  }

  /// Reads the archive once and writes every task's data set, its manifest last.
  ///
  /// - Throws: ``ArchiveError`` for faults of the archive, ``FileError`` for those of the disk.
  ///   No manifest stands for a task that did not finish.
  public func run() throws -> [BuildResult] {
    try readArchive()
    let found = plan.tasks.indices.filter { index in
      collectors[index].values.contains { $0.context.membersRead > 0 }
    }
    guard !found.isEmpty else { throw nothingFound() }
    if !plan.skipsAbsentTasks, let absent = plan.tasks.indices.first(where: { !found.contains($0) })
    {
      throw ArchiveError(
        archive: reader.name,
        reason: "there is nothing for the task \(plan.tasks[absent].name): expected "
          + plan.tasks[absent].expectedMembers
      )
    }
    var finished: [(index: Int, prefix: String, task: CollectedTask)] = []
    for index in found { finished.append(try collect(index)) }
    let archive = try reader.drain()
    if reader.hasTrailingBytes { unused["bytes after the archive's end", default: 0] += 1 }
    return try plan.tasks.indices.map { index in
      guard let done = finished.first(where: { $0.index == index }) else {
        return BuildResult(
          task: plan.tasks[index].name,
          folder: plan.folders[index],
          manifest: nil,
          notes: []
        )
      }
      return try write(done.task, index, prefix: done.prefix, archive)
    }
  }

  private func readArchive() throws {
    reader.progress = { [unowned self] in progress(.reading) }
    while let member = try reader.next() {
      progress(.reading)
      let parts = member.path.split(separator: "/").filter { $0 != "." }
      guard let name = parts.last, !parts.contains("..") else {
        unused["members with unsafe names", default: 0] += 1
        continue
      }
      guard !name.hasPrefix("._") else {
        unused["AppleDouble files (._*)", default: 0] += 1
        continue
      }
      try dispatch(member, parts)
    }
    if reader.otherMembers > 0 {
      unused["links, devices and other special members", default: 0] += reader.otherMembers
    }
    try workers.finish()
  }

  private func dispatch(_ member: ArchiveMember, _ parts: [Substring]) throws {
    for (index, task) in plan.tasks.enumerated() {
      guard let (prefix, tail) = task.locate(parts) else { continue }
      let name = printable(prefix.joined(separator: "/"))
      if let wanted = plan.prefix?.split(separator: "/").joined(separator: "/"), wanted != name {
        unused["members outside the prefix '\(wanted)'", default: 0] += 1
        return
      }
      if collectors[index][name] == nil {
        guard collectors[index].count < Self.copyLimit else {
          throw ArchiveError(
            archive: reader.name,
            member: member.path,
            reason: "the archive holds \(task.name) under more than \(Self.copyLimit) folders",
            hint: "choose one with --prefix"
          )
        }
        let folder = plan.folders[index]
        try makeFolder(folder)
        let context = CollectorContext(
          archive: reader.name,
          spool: try SampleSpool(in: folder),
          workers: workers
        )
        collectors[index][name] = (task.makeCollector(context), context)
      }
      try collectors[index][name]?.collector.read(member, at: tail, from: reader)
      return
    }
    unused["members of no task asked for", default: 0] += 1
  }

  /// Finishes a task's collectors; of several copies of a data set the deepest is taken.
  private func collect(_ index: Int) throws -> (index: Int, prefix: String, task: CollectedTask) {
    let used = collectors[index].filter { $0.value.context.membersRead > 0 }
    let prefixes = used.keys.sorted {
      (-$0.split(separator: "/").count, $0) < (-$1.split(separator: "/").count, $1)
    }
    guard let prefix = prefixes.first, let chosen = collectors[index][prefix] else {
      preconditionFailure("a task without collectors is not collected")
    }
    var task = try chosen.collector.finish()
    try chosen.context.spool.flush()
    for other in prefixes.dropFirst() {
      let count = collectors[index][other]?.context.membersRead ?? 0
      chosen.context.skipped["members of another copy under '\(other)'"] = count
      task.notes.append(
        "the archive holds the data set twice: taken from '\(prefix)', not from '\(other)' "
          + "(--prefix chooses)"
      )
    }
    collectors[index] = [prefix: chosen]
    return (index, prefix, task)
  }

  private func write(
    _ task: CollectedTask,
    _ index: Int,
    prefix: String,
    _ archive: (byteCount: Int, sha256: String)
  ) throws -> BuildResult {
    guard let context = collectors[index][prefix]?.context else {
      preconditionFailure("a task is collected before it is written")
    }
    let definition = plan.tasks[index]
    let provenance = Provenance(
      input: plan.input.baseName,
      byteCount: archive.byteCount,
      sha256: archive.sha256,
      prefix: prefix,
      membersRead: context.membersRead,
      skipped: context.skipped.merging(unused) { $0 + $1 }
    )
    var writer = try DataSetWriter(
      folder: plan.folders[index],
      task: definition.name,
      collected: task,
      shardByteCount: plan.shardByteCount
    )
    let total = task.splits.map(\.samples.count).reduce(0, +)
    let manifest = try writer.write(
      from: context.spool,
      masks: plan.masks,
      provenance: provenance
    ) { samples in
      report(
        BuildProgress(
          stage: .writing(task: definition.name),
          bytesRead: archive.byteCount,
          totalBytes: archive.byteCount,
          samples: samples,
          totalSamples: total
        )
      )
    }
    return BuildResult(
      task: definition.name,
      folder: plan.folders[index],
      manifest: manifest,
      notes: task.notes
    )
  }

  private func progress(_ stage: BuildProgress.Stage) {
    let samples = collectors.flatMap(\.values).map(\.context.samples).reduce(0, +)
    report(
      BuildProgress(
        stage: stage,
        bytesRead: reader.bytesRead,
        totalBytes: reader.totalBytes,
        samples: samples,
        totalSamples: nil
      )
    )
  }

  private func nothingFound() -> ArchiveError {
    let tasks = plan.tasks.map { "\($0.name) (\($0.expectedMembers))" }.joined(separator: ", ")
    return ArchiveError(
      archive: reader.name,
      reason: "no member belongs to a task asked for: \(tasks)"
    )
  }
}

/// Makes a folder and those above it.
func makeFolder(_ path: String) throws(FileError) {
  var built = path.hasPrefix("/") ? "/" : ""
  for part in path.split(separator: "/") {
    built += (built.isEmpty || built == "/" ? "" : "/") + part
    if mkdir(built, 0o755) != 0, errno != EEXIST {
      throw FileError(path: built, action: "make the folder for", code: errno)
    }
  }
}
