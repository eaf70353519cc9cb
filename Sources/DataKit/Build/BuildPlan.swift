/// What `lra-prep build` is asked to do.
public struct BuildPlan: Sendable {
  /// The archives, read in this order.
  public var inputs: [ArchiveInput]
  /// The tasks to prepare; each goes to its own folder.
  public var tasks: [TaskDefinition]
  /// For each task its output folder, in the order of `tasks`.
  public var folders: [String]
  /// Whether a task without any member in the archive is left out instead of being an error.
  public var skipsAbsentTasks: Bool
  /// The mask sets to store.
  public var masks: [MaskSet]
  /// The most bytes of values in a shard.
  public var shardByteCount: Int
  /// The threads that decode and tokenize, the reader included.
  public var threads: Int
  /// The memory that the build may use, in bytes; at least ``minimumMemory``.
  public var memoryByteCount: Int
  /// Nested subsets of the training split to store.
  public var fractions: FractionRequest?
  /// What to do about faulty members, rows and images.
  public var errorPolicy: ErrorPolicy
  /// What an archive may ask for.
  public var limits: ArchiveLimits
  /// The share of the shards to write, or nil for all.
  public var part: BuildPart?
  /// The only folder inside the archive to take members from; nil takes the deepest.
  public var prefix: String?
  /// Whether finished data sets may be replaced.
  public var replacesExisting: Bool

  /// The size at which a shard is cut unless told otherwise: 64 MiB of values.
  public static let defaultShardByteCount = 64 << 20

  /// The memory allowed unless told otherwise: a shard, and 128 MiB per thread.
  public static func defaultMemory(shardByteCount: Int, threads: Int) -> Int {
    shardByteCount + threads << 27
  }

  /// The least memory that a build can work with, in bytes.
  public static let minimumMemory = 64 << 20

  /// What is needed beside waiting samples and their index: the program and its buffers.
  private var reserve: Int { 32 << 20 + threads << 23 }

  /// About how many bytes of the archive wait for the workers at a time.
  var bytesUnderWay: Int { threads << 22 }

  /// How many bytes waiting samples and their index may take, over all tasks.
  var sampleByteCount: Int { max(16 << 20, memoryByteCount - reserve) }

  /// The memory, in bytes, that leaves so many to samples and their index.
  func memory(forSamples byteCount: Int) -> Int { byteCount + reserve }

  /// The journal of this build in the folder of a task.
  var journalName: String { part?.journalName ?? OutputFolder.journalName }

  /// A plan that prepares `tasks` into `folders`.
  public init(
    inputs: [ArchiveInput],
    tasks: [TaskDefinition],
    folders: [String],
    skipsAbsentTasks: Bool = false,
    masks: [MaskSet] = [],
    shardByteCount: Int = BuildPlan.defaultShardByteCount,
    threads: Int = 1,
    memoryByteCount: Int? = nil,
    fractions: FractionRequest? = nil,
    errorPolicy: ErrorPolicy = .fail,
    limits: ArchiveLimits = ArchiveLimits(),
    part: BuildPart? = nil,
    prefix: String? = nil,
    replacesExisting: Bool = false
  ) {
    precondition(tasks.count == folders.count, "\(folders.count) folders for \(tasks.count) tasks")
    self.inputs = inputs
    self.tasks = tasks
    self.folders = folders
    self.skipsAbsentTasks = skipsAbsentTasks
    self.masks = masks
    self.shardByteCount = shardByteCount
    self.threads = threads
    self.memoryByteCount =
      memoryByteCount ?? Self.defaultMemory(shardByteCount: shardByteCount, threads: threads)
    self.fractions = fractions
    self.errorPolicy = errorPolicy
    self.limits = limits
    self.part = part
    self.prefix = prefix
    self.replacesExisting = replacesExisting
  }
}

/// How far a build has come.
public struct BuildProgress: Sendable {
  /// What is being done: reading the archive, or writing a task's shards.
  public enum Stage: Sendable, Equatable {
    case reading
    case writing(task: String)
  }

  /// What is being done.
  public var stage: Stage
  /// Bytes of the archive read so far.
  public var bytesRead: Int
  /// The archive's size in bytes, when it is a file.
  public var totalBytes: Int?
  /// Samples decoded, or written, so far.
  public var samples: Int
  /// How many samples there will be, once known.
  public var totalSamples: Int?
}

/// What a build did with one task.
public struct BuildResult: Sendable {
  /// The task.
  public var task: String
  /// Its folder.
  public var folder: String
  /// The manifest, or nil when the archive had nothing for the task.
  public var manifest: Manifest?
  /// Things a person should know.
  public var notes: [String]
  /// Whether the same build had finished before, so that nothing was written.
  public var wasFinished: Bool
}
