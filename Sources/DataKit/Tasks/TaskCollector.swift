/// A sample in the spool, its place in the output known.
struct SpooledSample: Sendable {
  var id: Int64
  var label: Int64
  var slot: SampleSpool.Slot
}

/// The encoding of spooled samples, and what turns it into the shards' values.
enum SpooledEncoding: Sendable {
  /// 16-bit provisional token numbers; `ids` gives their final ids, the end token is appended.
  case tokens(ids: [UInt16])
  /// Bytes that are stored as they are.
  case bytes
}

/// Everything a task has learned from an archive, ready to be written.
struct CollectedTask {
  var input: InputKind
  var elementType: ElementType
  var encoding: SpooledEncoding
  var maximumLength: Int
  var fixedLength: Int?
  var classes: Int
  var vocabulary: VocabularyDescription?
  var normalization: PixelNormalization?
  /// The splits, each in its own order.
  var splits: [(split: Split, samples: [SpooledSample])]
  var validationSplit: Split
  var options: [String: String]
  /// Things a person should know, one sentence each.
  var notes: [String] = []
}

/// Takes a task's members in whatever order the archive has them.
protocol TaskCollector: AnyObject {
  /// Reads one member; `tail` are the path's parts after the task's own folder.
  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws
  /// Puts the samples in order after the archive's end.
  func finish() throws -> CollectedTask
}

/// What collectors share.
final class CollectorContext {
  let archive: String
  let spool: SampleSpool
  let workers: OrderedWorkers
  /// How many members became samples or metadata.
  var membersRead = 0
  /// How many members, rows or images were left out, by reason.
  var skipped: [String: Int] = [:]
  /// How many samples are in the spool.
  var samples = 0

  init(archive: String, spool: SampleSpool, workers: OrderedWorkers) {
    self.archive = archive
    self.spool = spool
    self.workers = workers
  }

  /// Counts something left out.
  func skip(_ reason: String) { skipped[reason, default: 0] += 1 }

  /// Spools a sample.
  func spool(_ bytes: UnsafeRawBufferPointer) throws -> SampleSpool.Slot {
    samples += 1
    return try spool.append(bytes)
  }

  /// An error in a member, or in the archive as a whole.
  func error(in member: String? = nil, line: Int? = nil, _ reason: String) -> ArchiveError {
    ArchiveError(archive: archive, member: member, line: line, reason: reason)
  }
}

/// A task that can be prepared: its name and how to find and read its members.
public struct TaskDefinition: Sendable {
  /// The task's name on the command line and in the manifest.
  public let name: String
  /// Other names for it.
  public let aliases: [String]
  /// One line about it.
  public let summary: String
  /// What to call what is missing when an archive has nothing for it.
  let expectedMembers: String
  /// Splits a member's path into what stands before the task's folder and what comes after it;
  /// nil when the member is not the task's.
  let locate: @Sendable ([Substring]) -> (prefix: [Substring], tail: [Substring])?
  let makeCollector: @Sendable (CollectorContext) -> any TaskCollector

  /// Every task, in the order in which they are listed.
  ///
  /// - Parameter contourLength: the level of Pathfinder, in paddles of a target snake; the paper's
  ///   is 14.
  /// - Returns: the definitions.
  public static func all(contourLength: Int = 14) -> [TaskDefinition] {
    [.listOps, .text, .image]
      + [32, 64, 128, 256].map { .pathfinder(side: $0, contourLength: contourLength) }
  }

  /// The task of that name or alias.
  public static func named(_ name: String, contourLength: Int = 14) -> TaskDefinition? {
    all(contourLength: contourLength).first { $0.name == name || $0.aliases.contains(name) }
  }

  /// A task whose members all lie in one folder of a fixed name.
  static func inFolder(
    _ folder: String
  ) -> @Sendable ([Substring]) -> (prefix: [Substring], tail: [Substring])? {
    { parts in
      guard let index = parts.firstIndex(of: folder[...]), index + 1 < parts.count else {
        return nil
      }
      return (Array(parts[..<index]), Array(parts[(index + 1)...]))
    }
  }
}
