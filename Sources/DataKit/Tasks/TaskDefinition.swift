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
  /// The options that the task has.
  public let options: Set<TaskOptions.Name>
  /// Whether `build all` prepares the task: one task for each member of a published archive.
  public let isInSuite: Bool
  /// Whether an input that is no archive is taken as the task's one member.
  let acceptsPlainFiles: Bool
  /// Whether members in any folder are one data set, of which `--prefix` takes those below a folder.
  ///
  /// If not, each folder that holds the data set has a copy, and `--prefix` names one.
  let takesAnyFolder: Bool
  /// Whether `locate` looks at a member's folder alone, so that its answer holds for the folder.
  let locatesByFolder: Bool
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
    options: Set<TaskOptions.Name> = [],
    isInSuite: Bool = true,
    acceptsPlainFiles: Bool = false,
    takesAnyFolder: Bool = false,
    locatesByFolder: Bool = false,
    locate: @escaping @Sendable ([Substring]) -> (prefix: [Substring], tail: [Substring])?,
    makeCollector: @escaping @Sendable (CollectorContext) -> any TaskCollector
  ) {
    self.name = name
    self.aliases = aliases
    self.summary = summary
    self.expectedMembers = expectedMembers
    self.source = source
    self.publication = publication
    self.options = options
    self.isInSuite = isInSuite
    self.acceptsPlainFiles = acceptsPlainFiles
    self.takesAnyFolder = takesAnyFolder
    self.locatesByFolder = locatesByFolder
    self.locate = locate
    self.makeCollector = makeCollector
  }

  /// Every task, in the order in which they are listed.
  ///
  /// - Parameter options: what the user sets; a task takes from it what it has.
  /// - Returns: the definitions.
  public static func all(options: TaskOptions = TaskOptions()) -> [TaskDefinition] {
    [.listOps, .text(options), .retrieval(options), .image, .imageColour]
      + [32, 64, 128, 256].map { .pathfinder(side: $0, options) }
      + [.speech, .speech10] + BIDMCTarget.allCases.map { .bidmc($0) }
      + [.table(options), .images(options)]
  }

  /// The task of that name or alias.
  public static func named(
    _ name: String,
    options: TaskOptions = TaskOptions()
  ) -> TaskDefinition? {
    all(options: options).first { $0.name == name || $0.aliases.contains(name) }
  }

  /// The tasks that `build all` prepares.
  public static func suite(options: TaskOptions = TaskOptions()) -> [TaskDefinition] {
    all(options: options).filter(\.isInSuite)
  }

  /// Where a member stands in the task: what ``locate`` says of its path, which may be of another
  /// prefix than the one wanted.
  ///
  /// - Parameters:
  ///   - parts: the path.
  ///   - isPlainFile: whether it is an input that is no archive; it has no folders, and is meant.
  ///   - wanted: the folder that `--prefix` names.
  /// - Returns: the folder and the path from there on; nil when the member is not the task's.
  func place(
    of parts: [Substring],
    isPlainFile: Bool,
    under wanted: [Substring]?
  ) -> (prefix: [Substring], tail: [Substring])? {
    guard takesAnyFolder else { return locate(parts) }
    if isPlainFile { return (wanted ?? [], parts) }
    guard let wanted else { return locate(parts) }
    guard parts.count > wanted.count, parts.starts(with: wanted) else {
      return locate(parts).map { _ in (Array(parts.dropLast()), Array(parts.suffix(1))) }
    }
    return locate(Array(parts[wanted.count...])).map { (wanted, $0.tail) }
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
