public import ArgumentParser

/// How a long-running command tells how far it is.
public enum ProgressFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
  /// Lines for people.
  case text
  /// A JSON object per line.
  case json
  /// Nothing.
  case none
}

/// The options of every long-running command that decide what is said on standard error.
public struct ProgressOptions: ParsableArguments {
  @Option(
    name: .customLong("progress"),
    help: ArgumentHelp("How to report progress on standard error.", valueName: "format")
  )
  private var requested = ProgressFormat.text

  @Flag(name: .shortAndLong, help: "No progress, no summary.")
  private var quiet = false

  /// The defaults: text.
  public init() {}

  /// The form of progress lines.
  public var format: ProgressFormat { quiet ? .none : requested }

  /// Whether a summary in words follows; scripts that read progress read JSON only.
  public var showsSummary: Bool { !quiet && requested != .json }

  /// A reporter of one stage; see ``ProgressReporter``.
  public func reporter(
    _ stage: String,
    of subject: String? = nil,
    unit: String? = nil,
    total: Int? = nil,
    totalBytes: Int? = nil
  ) -> ProgressReporter {
    ProgressReporter(
      stage: stage,
      subject: subject,
      unit: unit,
      total: total,
      totalBytes: totalBytes,
      format: format
    )
  }
}
