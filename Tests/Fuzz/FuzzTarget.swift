import DataKit

/// Something that reads untrusted bytes, with valid inputs to start from.
struct FuzzTarget: Sendable {
  let name: String
  /// The share of all cases, relative to the other targets.
  let weight: Int
  /// Makes the valid inputs; `folder` is empty and the maker's own.
  let seeds: @Sendable (_ folder: String) throws -> [FuzzSeed]
  /// Reads an input as the programs would.
  ///
  /// - Throws: ``PropertyViolation`` when something is wrong with the reader; any other error is a
  ///   refusal of the input.
  let run: @Sendable (FuzzInput) throws -> Void

  init(
    name: String,
    weight: Int,
    seeds: @escaping @Sendable (_ folder: String) throws -> [FuzzSeed],
    run: @escaping @Sendable (FuzzInput) throws -> Void
  ) {
    self.name = name
    self.weight = weight
    self.seeds = seeds
    self.run = run
  }

  /// A target whose valid inputs need no files to be made.
  init(
    name: String,
    weight: Int,
    seeds: [FuzzSeed],
    run: @escaping @Sendable (FuzzInput) throws -> Void
  ) {
    self.init(name: name, weight: weight, seeds: { _ in seeds }, run: run)
  }

  static let all: [FuzzTarget] =
    decoders + builds + [safetensors, dataSet, stream]
}

/// An input on its way to a target.
struct FuzzInput {
  let bytes: [UInt8]
  /// A folder for the target's files, empty before and removed after.
  let folder: String
  /// For choices that do not change the bytes, such as options.
  var random: PhiloxStream
}

/// A reader did something it must never do.
struct PropertyViolation: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// A valid input, and what is known of its parts.
struct FuzzSeed: Sendable {
  let valid: [UInt8]
  let form: Form

  /// Where damage is worth doing.
  enum Form: Sendable {
    case plain
    case png(PNGParts)
    /// The members of a tar archive.
    case archive([TarSeed.Member], isCompressed: Bool)
  }

  /// What a PNG is made from, so that its pixels can be damaged behind sound checksums.
  struct PNGParts: Sendable {
    var side: Int
    var bitDepth: UInt8
    var colourType: UInt8
    var interlace: UInt8
    /// Each row behind its filter type.
    var rows: [UInt8]
  }

  static func bytes(_ valid: [UInt8]) -> Self { Self(valid: valid, form: .plain) }

  static func png(_ parts: PNGParts) -> Self {
    let file = PNGSeed(
      side: parts.side,
      bitDepth: parts.bitDepth,
      colourType: parts.colourType,
      interlace: parts.interlace,
      rows: parts.rows,
      .fixed
    )
    return Self(valid: file.bytes, form: .png(parts))
  }

  static func archive(_ members: [(name: String, bytes: [UInt8])], isCompressed: Bool = true)
    -> Self
  {
    let archive = TarSeed(members)
    return Self(
      valid: isCompressed ? Deflate.gzip(archive.bytes, .fixed) : archive.bytes,
      form: .archive(archive.members, isCompressed: isCompressed)
    )
  }
}
