/// An archive that cannot be read, or a member that is not what its place promises.
public struct ArchiveError: Error, CustomStringConvertible, Sendable {
  /// The archive's name.
  public let archive: String
  /// The member's path inside the archive, if the fault is in one.
  public let member: String?
  /// The line inside the member, counted from 1.
  public let line: Int?
  /// What is wrong, lower case.
  public let reason: String
  /// What to do about it.
  public let hint: String?

  /// The hint for damage that a complete download would not have.
  static let damageHint =
    "the download may be incomplete or not an archive: compare its size and checksum"

  init(
    archive: String,
    member: String? = nil,
    line: Int? = nil,
    reason: String,
    hint: String? = nil
  ) {
    self.archive = archive
    self.member = member
    self.line = line
    self.reason = shortened(reason)
    self.hint = hint
  }

  /// Archive, member and line, then what is wrong.
  public var description: String {
    let place = [archive, member.map { printable($0) }, line.map(String.init)].compactMap { $0 }
    return place.joined(separator: ":") + ": " + printable(reason)
      + (hint.map { "\nhint: \($0)" } ?? "")
  }
}

/// Text of strangers without control characters and what else moves a terminal's text about.
func printable(_ text: String) -> String {
  text.unicodeScalars.map { scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
    default: "\(scalar)"
    }
  }.joined()
}

/// The start of a text that quotes strangers: a line or a name may have megabytes.
func shortened(_ text: String) -> String {
  let limit = 600
  guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return text }
  return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))) + "…"
}
