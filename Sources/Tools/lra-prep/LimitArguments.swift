internal import ArgumentParser
internal import DataKit

/// What an archive may ask for before it is refused.
struct LimitArguments: ParsableArguments {
  @Option(help: "The most members of an archive.")
  var limitMembers = ArchiveLimits().memberCount
  @Option(help: "The most bytes of a member that is read whole.")
  var limitMemberBytes = ArchiveLimits().memberByteCount
  @Option(help: "The most bytes of a member's headers, its long name among them.")
  var limitHeaderBytes = ArchiveLimits().headerByteCount
  @Option(help: "The most bytes that a byte of a compressed archive may become.")
  var limitExpansion = ArchiveLimits().expansionRatio
  @Option(help: "The most bytes of a line of a table.")
  var limitLineBytes = ArchiveLimits().lineByteCount
  @Option(help: "The most pixels of an image.")
  var limitImagePixels = ArchiveLimits().imagePixelCount

  func validate() throws {
    let limits = [
      limitMembers, limitMemberBytes, limitHeaderBytes, limitExpansion, limitLineBytes,
      limitImagePixels,
    ]
    guard limits.allSatisfy({ (1...1 << 48).contains($0) }) else {
      throw ValidationError("a limit must be at least 1 and at most 2^48")
    }
  }

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
}
