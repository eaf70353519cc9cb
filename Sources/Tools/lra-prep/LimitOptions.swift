internal import ArgumentParser
internal import DataKit

/// What an archive may ask for before it is refused.
struct LimitOptions: ParsableArguments {
  private static let defaults = ArchiveLimits()

  @Option(help: "The most members of an archive.")
  var limitMembers = Self.defaults.memberCount
  @Option(help: "The most bytes of a member that is read whole.")
  var limitMemberBytes = Self.defaults.memberByteCount
  @Option(help: "The most bytes of a member's headers with long names; up to 1048576.")
  var limitHeaderBytes = Self.defaults.headerByteCount
  @Option(help: "The most bytes that one byte of an archive may expand to.")
  var limitExpansion = Self.defaults.expansionRatio
  @Option(help: "The most bytes of a line.")
  var limitLineBytes = Self.defaults.lineByteCount
  @Option(help: "The most pixels of an image.")
  var limitImagePixels = Self.defaults.imagePixelCount

  var limits: ArchiveLimits {
    var limits = ArchiveLimits()
    limits.memberCount = limitMembers
    limits.memberByteCount = limitMemberBytes
    limits.headerByteCount = limitHeaderBytes
    limits.expansionRatio = limitExpansion
    limits.lineByteCount = limitLineBytes
    limits.imagePixelCount = limitImagePixels
    return limits
  }

  func validate() throws {
    let values = [
      ("members", limitMembers), ("member-bytes", limitMemberBytes),
      ("header-bytes", limitHeaderBytes), ("expansion", limitExpansion),
      ("line-bytes", limitLineBytes), ("image-pixels", limitImagePixels),
    ]
    for (name, value) in values where value < 1 {
      throw ValidationError("'--limit-\(name)' must be at least 1")
    }
    guard limitHeaderBytes <= ArchiveLimits.longestHeader else {
      throw ValidationError("'--limit-header-bytes' must be at most \(ArchiveLimits.longestHeader)")
    }
  }
}
