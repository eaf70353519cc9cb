/// A sample in the spool, its place in the output known.
struct SpooledSample: Sendable {
  /// The position in the task's canonical order.
  var id: Int64
  /// The class, or the value of a regression task; both are exact.
  var label: Double
  /// The sample's values.
  var slot: SampleSpool.Slot
  /// The second sequence of a pair.
  var pair: SampleSpool.Slot?
}

/// The encoding of spooled samples, and what turns it into the shards' values.
enum SpooledEncoding: Sendable {
  /// 16-bit provisional token numbers; `ids` gives their final ids, the end token is appended.
  case tokens(ids: [UInt16])
  /// Values that are stored as they are.
  case bytes
  /// PNG files of grey images; decoded while shards are written, on all threads.
  case greyPNG(side: Int)
}

/// Everything a task has learned from an archive, ready to be written.
struct CollectedTask: Sendable {
  var input: InputKind
  var elementType: ElementType
  var channels = 1
  var encoding: SpooledEncoding
  var maximumLength: Int
  var fixedLength: Int?
  var target: TargetDescription
  var vocabulary: VocabularyDescription?
  var normalization: Normalization?
  /// The splits, each in its own order.
  var splits: [(split: Split, samples: [SpooledSample])]
  var validationSplit: Split
  var options: [String: String]
  /// Things a person should know, one sentence each.
  var notes: [String] = []
  /// Further files of the data set: a name that ends in `.safetensors`, and tensors.
  var attachments: [(name: String, tensors: [TensorData])] = []
  /// The archive's member a sample comes from, for faults found while shards are written.
  var memberPath: (@Sendable (SpooledSample) -> String)?

  /// How many sequences a sample has.
  var sequences: Int {
    splits.contains { $0.samples.first?.pair != nil } ? 2 : 1
  }
}

/// Takes a task's members in whatever order the archive has them.
protocol TaskCollector: AnyObject {
  /// Reads one member; `tail` are the path's parts after the task's own folder.
  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws
  /// Puts the samples in order after the archive's end.
  func finish() throws -> CollectedTask
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
  public let expectedMembers: String
  /// Where the archive is published, on one line; for users' own data, what they have to bring.
  public let source: String
  /// What was published; nil for users' own data.
  public let publication: Publication?
  /// Whether an input that is no archive is taken as the task's one member.
  let acceptsPlainFiles: Bool
  /// Splits a member's path into what stands before the task's folder and what comes after it;
  /// nil when the member is not the task's.
  let locate: @Sendable ([Substring]) -> (prefix: [Substring], tail: [Substring])?
  let makeCollector: @Sendable (CollectorContext) -> any TaskCollector

  init(
    name: String,
    aliases: [String],
    summary: String,
    expectedMembers: String,
    source: String,
    publication: Publication? = nil,
    acceptsPlainFiles: Bool = false,
    locate: @escaping @Sendable ([Substring]) -> (prefix: [Substring], tail: [Substring])?,
    makeCollector: @escaping @Sendable (CollectorContext) -> any TaskCollector
  ) {
    self.name = name
    self.aliases = aliases
    self.summary = summary
    self.expectedMembers = expectedMembers
    self.source = source
    self.publication = publication
    self.acceptsPlainFiles = acceptsPlainFiles
    self.locate = locate
    self.makeCollector = makeCollector
  }

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
