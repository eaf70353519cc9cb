public import Tokenizers

/// What a user may set about tasks; nil leaves each task's own default.
public struct TaskOptions: Sendable, Equatable {
  /// How the texts of Retrieval stand in the release.
  public enum TextForm: String, Sendable, CaseIterable {
    /// Kept as they are, Python's `b'…'` around them and escapes inside, as the reference does.
    case literal
    /// The bytes that the literal stands for.
    case decoded
  }

  /// The options, by the names that they have on the command line.
  public enum Name: String, Sendable, CaseIterable {
    case contourLength = "contour-length"
    case textForm = "text-form"
    case tokenizer
    case specialTokens = "special-tokens"
    case maximumLength = "max-length"
    case minimumFrequency = "min-frequency"
    case textColumn = "text-column"
    case labelColumn = "label-column"
    case quoting
    case split
    case splitSeed = "split-seed"
  }

  /// The level of Pathfinder, in paddles of a target snake, 1 to 100.
  public var contourLength: Int?
  /// How the texts of Retrieval are taken.
  public var textForm: TextForm?
  /// How text becomes tokens.
  public var tokenizer: TokenizerKind?
  /// The tokens before all others.
  public var specialTokens: SpecialTokens?
  /// The most tokens of a text, the end token included; 2 or more.
  public var maximumLength: Int?
  /// How often a token must stand in the training split; 1 or more.
  public var minimumFrequency: Int?
  /// The column of the text: a name in the table's header, or a number from 1 for tables without.
  public var textColumn: String?
  /// The column of the label, likewise.
  public var labelColumn: String?
  /// What double quotes mean in users' own tables.
  public var quoting: TableQuoting?
  /// How data without splits of its own is cut.
  public var split: SplitShares?
  /// The seed of that cut.
  public var splitSeed: UInt32?

  /// Every task's defaults.
  public init() {}

  /// The options that are set, in the order of ``Name``.
  public var given: [Name] {
    Name.allCases.filter { name in
      switch name {
      case .contourLength: contourLength != nil
      case .textForm: textForm != nil
      case .tokenizer: tokenizer != nil
      case .specialTokens: specialTokens != nil
      case .maximumLength: maximumLength != nil
      case .minimumFrequency: minimumFrequency != nil
      case .textColumn: textColumn != nil
      case .labelColumn: labelColumn != nil
      case .quoting: quoting != nil
      case .split: split != nil
      case .splitSeed: splitSeed != nil
      }
    }
  }

  /// What is wrong with a value whatever the task, or nil.
  var fault: String? {
    if let contourLength, !(1...100).contains(contourLength) {
      return "--contour-length must be 1 to 100"
    }
    if let maximumLength, !(2...1 << 24).contains(maximumLength) {
      return "--max-length must be 2 to \(1 << 24)"
    }
    if let minimumFrequency, !(1...1 << 40).contains(minimumFrequency) {
      return "--min-frequency must be 1 or more"
    }
    for (name, column) in [("text", textColumn), ("label", labelColumn)] {
      guard let column else { continue }
      if column.isEmpty || Int(column).map({ !(1...1 << 16).contains($0) }) ?? false {
        return "--\(name)-column must be a name, or a number from 1"
      }
    }
    let text = textColumn ?? TableCollector.textColumn
    let label = labelColumn ?? TableCollector.labelColumn
    guard !text.utf8.elementsEqual(label.utf8) else {
      return "--text-column and --label-column are the same column, '\(text)'"
    }
    guard (Int(text) == nil) == (Int(label) == nil) else {
      return
        "--text-column and --label-column: one of '\(text)' and '\(label)' is a name, the other "
        + "a number, and a table has a header or it has none"
    }
    return nil
  }
}

/// An option that cannot be used.
public struct TaskOptionError: Error, CustomStringConvertible, Sendable {
  /// What is wrong, with the option as it is written on the command line.
  public let description: String
}

extension TaskDefinition {
  /// Refuses options that the task does not have, and values out of range.
  ///
  /// - Throws: ``TaskOptionError``.
  public func check(_ options: TaskOptions) throws(TaskOptionError) {
    if let fault = options.fault { throw TaskOptionError(description: fault) }
    guard let foreign = options.given.first(where: { !self.options.contains($0) }) else { return }
    let own = TaskOptions.Name.allCases.filter { self.options.contains($0) }
    let hint =
      own.isEmpty
      ? "it has none" : "it has " + own.map { "--\($0.rawValue)" }.joined(separator: ", ")
    throw TaskOptionError(
      description: "--\(foreign.rawValue) is no option of the task \(name): \(hint)"
    )
  }

  /// Refuses options that none of several tasks has, and values out of range.
  ///
  /// - Throws: ``TaskOptionError``.
  public static func check(
    _ options: TaskOptions,
    of tasks: [TaskDefinition]
  ) throws(TaskOptionError) {
    if let fault = options.fault { throw TaskOptionError(description: fault) }
    let known = tasks.reduce(into: Set<TaskOptions.Name>()) { $0.formUnion($1.options) }
    if let foreign = options.given.first(where: { !known.contains($0) }) {
      throw TaskOptionError(description: "--\(foreign.rawValue) is no option of these tasks")
    }
  }
}
