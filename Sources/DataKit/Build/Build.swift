internal import Glibc
internal import Tokenizers

/// Prepares tasks from archives, each read once.
public final class Build {
  /// The most copies of a data set, under different folders, that an archive may hold.
  private static let copyLimit = 16

  let plan: BuildPlan
  private let stream: DataSetStream?
  let report: (BuildProgress) -> Void
  let readers: [ArchiveReader]
  private let workers: OrderedWorkers
  /// For each task the collectors by the prefix under which its members stand.
  private(set) var collectors: [[String: (collector: any TaskCollector, context: CollectorContext)]]
  /// For each task, once it is found, where its faulty parts are kept.
  private var quarantines: [Int: Quarantine] = [:]
  private var unused: [String: Int] = [:]
  /// For each task whose folder is in use the journal, which locks it.
  private var journals: [Int: ShardJournal] = [:]
  /// Where the samples of all tasks wait.
  private var spool: SampleSpool?
  private var paths = MemberPaths()
  /// Where the members of a folder go, for tasks to which the folder alone tells.
  private var routes: [Substring: (collector: any TaskCollector, tail: ArraySlice<Substring>)] = [:]
  private var prefixChoice: PrefixChoice
  /// The first member that no task asked for wants.
  private(set) var firstUnused: String?
  /// Calls of ``progress()``.
  var calls = 0

  /// Opens the archives and checks the output folders.
  ///
  /// - Parameters:
  ///   - plan: what to prepare.
  ///   - stream: takes the files of the only task as they are finished; the task's folder then
  ///     holds no more than files under way, and nothing in the end.
  ///   - report: called often, on the calling thread.
  /// - Throws: ``ArchiveError`` and ``DataSetError``.
  public init(
    _ plan: BuildPlan,
    to stream: DataSetStream? = nil,
    report: @escaping (BuildProgress) -> Void = { _ in }
  ) throws {
    self.plan = plan
    precondition(stream == nil || plan.tasks.count == 1, "a stream carries one data set")
    self.stream = stream
    self.report = report
    for (index, folder) in plan.folders.enumerated() {
      try OutputFolder.check(folder, for: plan, task: index)
    }
    let takesPlainFiles = plan.tasks.contains(where: \.acceptsPlainFiles)
    readers = try plan.inputs.map { input in
      try ArchiveReader(
        input,
        acceptsPlainFile: takesPlainFiles,
        threads: plan.threads,
        limits: plan.limits
      )
    }
    workers = OrderedWorkers(threads: plan.threads)
    prefixChoice = PrefixChoice(plan.prefix)
    collectors = plan.tasks.map { _ in [:] }
    // Another build at work there is met before the archive is read.
    for (index, folder) in plan.folders.enumerated()
    where access(folder + "/" + plan.journalName, F_OK) == 0 {
      try claim(index)
    }
  }

  /// Locks a task's folder, and refuses what others have written to it meanwhile.
  private func claim(_ index: Int) throws {
    let folder = plan.folders[index]
    guard stream == nil, journals[index] == nil else { return }
    journals[index] = try ShardJournal(plan.journalName, in: folder)
    try FolderLock.refuseOthers(in: folder, beside: plan.part)
    try OutputFolder.check(folder, for: plan, task: index)
  }

  /// Reads the archives once and writes every task's data set, its manifest last.
  ///
  /// - Throws: ``ArchiveError`` for faults of the archive, ``FileError`` for those of the disk.
  ///   No manifest stands for a task that did not finish.
  public func run() throws -> [BuildResult] {
    // After an error nothing may go on, nor hold the collectors and what they have spooled.
    defer { workers.abandon() }
    do { return try prepare() } catch let overflow as SampleSpool.IndexOverflow {
      throw refusal(overflow)
    }
  }

  private func prepare() throws -> [BuildResult] {
    var inputs: [Provenance.Input] = []
    for (input, reader) in zip(plan.inputs, readers) {
      do {
        try read(reader)
      } catch let error as TokenizerError {
        // Too many tokens are the fault of no single row.
        throw ArchiveError(archive: reader.name, reason: "\(error)")
      }
      let (byteCount, sha256) = try reader.drain()
      reportReading()
      if reader.hasTrailingBytes { unused["bytes after the archive's end", default: 0] += 1 }
      inputs.append(
        Provenance.Input(name: input.baseName, byteCount: byteCount, sha256: sha256)
      )
    }
    let found = plan.tasks.indices.filter { index in
      collectors[index].values.contains { $0.context.membersRead > 0 }
    }
    if let fault = prefixChoice.fault {
      throw ArchiveError(
        archive: archiveNames,
        reason: fault,
        hint: "name one of them with --prefix"
      )
    }
    guard !found.isEmpty else { throw nothingFound() }
    if !plan.skipsAbsentTasks, let absent = plan.tasks.indices.first(where: { !found.contains($0) })
    {
      throw ArchiveError(
        archive: archiveNames,
        reason: "there is nothing for the task \(plan.tasks[absent].name): expected "
          + plan.tasks[absent].expectedMembers
      )
    }
    // All tasks are collected before the first is written: a fault then leaves nothing behind.
    var finished: [Int: (prefix: String, task: CollectedTask)] = [:]
    for index in found { finished[index] = try collect(index) }
    let results = try plan.tasks.indices.map { index in
      guard let done = finished.removeValue(forKey: index) else {
        return BuildResult(
          task: plan.tasks[index].name,
          folder: plan.folders[index],
          manifest: nil,
          notes: [],
          wasFinished: false
        )
      }
      return try write(done.task, index, prefix: done.prefix, inputs)
    }
    // Only now: of several tasks those finished first would otherwise be refused after a crash.
    for journal in journals.values { try journal.remove() }
    return results
  }

  var archiveNames: String { plan.inputs.map(\.name).joined(separator: ", ") }

  private func read(_ reader: ArchiveReader) throws {
    reader.progress = { [unowned self] in progress() }
    for (_, context) in collectors.flatMap(\.values) { context.archive = reader.name }
    do { try readMembers(of: reader) } catch {
      // With several threads earlier members may still be worked on: their faults come first.
      try workers.finish()
      throw error
    }
    if reader.otherMembers > 0 {
      unused["links, devices and other special members", default: 0] += reader.otherMembers
    }
    try workers.finish()
  }

  private func readMembers(of reader: ArchiveReader) throws {
    while let member = try reader.next() {
      progress()
      if try follow(member, from: reader) { continue }
      guard let parts = paths.parts(of: member.path), let name = parts.last else {
        unused["members with unsafe names", default: 0] += 1
        continue
      }
      guard !name.hasPrefix("._") else {
        unused["AppleDouble files (._*)", default: 0] += 1
        continue
      }
      try dispatch(member, parts, from: reader)
    }
  }

  /// Hands a member to the collector that took its folder's members before; false when none did.
  private func follow(_ member: ArchiveMember, from reader: ArchiveReader) throws -> Bool {
    guard let (folder, name) = MemberPaths.split(member.path), !name.hasPrefix("._"),
      let route = routes[folder]
    else { return false }
    try route.collector.read(member, at: route.tail + [name], from: reader)
    return true
  }

  private func dispatch(
    _ member: ArchiveMember,
    _ parts: [Substring],
    from reader: ArchiveReader
  ) throws {
    for (index, task) in plan.tasks.enumerated() {
      let isPlain = member.isPlainFile
      guard
        let (prefix, tail) = task.place(of: parts, isPlainFile: isPlain, under: prefixChoice.parts)
      else { continue }
      let name = paths.name(of: prefix)
      guard prefixChoice.takes(prefix, called: name, isPlainFile: isPlain) else {
        unused["members outside the prefix '\(prefixChoice.name)'", default: 0] += 1
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
        try OutputFolder.make(folder)
        try claim(index)
        let spool = try spool ?? SampleSpool(in: folder, budget: plan.sampleByteCount)
        self.spool = spool
        let context = CollectorContext(
          archive: reader.name,
          spool: spool,
          workers: workers,
          errorPolicy: plan.errorPolicy,
          quarantine: try quarantine(for: index)
        )
        collectors[index][name] = (task.makeCollector(context), context)
      }
      guard let collector = collectors[index][name]?.collector else { return }
      if task.locatesByFolder, let (folder, _) = MemberPaths.split(member.path) {
        if routes.count >= MemberPaths.limit { routes = [:] }
        routes[folder] = (collector, tail.dropLast())
      }
      return try collector.read(member, at: tail, from: reader)
    }
    unused["members of no task asked for", default: 0] += 1
    if firstUnused == nil { firstUnused = member.path }
  }

  /// Where a task keeps what is faulty; of the parts of a build the first does so for all.
  private func quarantine(for index: Int) throws -> Quarantine? {
    guard plan.part?.index ?? 0 == 0, quarantines[index] == nil else { return quarantines[index] }
    try Quarantine.remove(from: plan.folders[index])
    guard plan.errorPolicy == .quarantine else { return nil }
    quarantines[index] = try Quarantine(in: plan.folders[index])
    return quarantines[index]
  }

  /// Finishes a task's collectors; of several copies of a data set the deepest is taken.
  private func collect(_ index: Int) throws -> (prefix: String, task: CollectedTask) {
    let used = collectors[index].filter { $0.value.context.membersRead > 0 }
    let prefixes = used.keys.sorted {
      (-$0.split(separator: "/").count, $0) < (-$1.split(separator: "/").count, $1)
    }
    guard let prefix = prefixes.first, let chosen = collectors[index][prefix] else {
      preconditionFailure("a task without collectors is not collected")
    }
    var task = try chosen.collector.finish().withCheckedSplits(in: chosen.context)
    try chosen.context.spool.flush()
    for other in prefixes.dropFirst() {
      let count = collectors[index][other]?.context.membersRead ?? 0
      chosen.context.skipped["members of another copy under '\(other)'"] = count
    }
    if prefixes.count > 1 {
      let others = prefixes.dropFirst().map { "'\($0)'" }.joined(separator: ", ")
      task.notes.append(
        "the archive holds the data set under \(prefixes.count) folders: taken from '\(prefix)', "
          + "not from \(others) (--prefix chooses)"
      )
    }
    collectors[index] = [prefix: chosen]
    return (prefix, task)
  }

  private func write(
    _ task: CollectedTask,
    _ index: Int,
    prefix: String,
    _ inputs: [Provenance.Input]
  ) throws -> BuildResult {
    guard let context = collectors[index].removeValue(forKey: prefix)?.context else {
      preconditionFailure("a task is collected before it is written")
    }
    let definition = plan.tasks[index]
    let provenance = Provenance(
      inputs: inputs,
      prefix: prefix,
      membersRead: context.membersRead,
      skipped: context.skipped.merging(unused) { $0 + $1 },
      rejected: context.rejected
    )
    let writer = DataSetWriter(
      DataSetWriter.Request(
        folder: plan.folders[index],
        task: definition.name,
        masks: plan.masks,
        fractions: plan.fractions,
        shardByteCount: plan.shardByteCount,
        threads: plan.threads,
        part: plan.part,
        replacesExisting: plan.replacesExisting,
        journal: journals[index],
        stream: stream
      ),
      collected: task,
      spool: context.spool,
      archive: archiveNames
    )
    let total = task.splits.map(\.samples.count).reduce(0, +)
    let byteCount = inputs.reduce(0) { $0 + $1.byteCount }
    let (manifest, wasFinished) = try writer.write(provenance: provenance) { samples in
      self.report(
        BuildProgress(
          stage: .writing(task: definition.name),
          bytesRead: byteCount,
          totalBytes: byteCount,
          samples: samples,
          totalSamples: total
        )
      )
    }
    return BuildResult(
      task: definition.name,
      folder: plan.folders[index],
      manifest: manifest,
      notes: task.notes,
      wasFinished: wasFinished
    )
  }
}
