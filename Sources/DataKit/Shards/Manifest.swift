internal import FoundationEssentials

/// The commit record of a data set, `manifest.json`.
public struct Manifest: Codable, Sendable, Equatable {
  /// The name of the format.
  public static let format = "lra-shards"
  /// The version this package writes; readers refuse another first number.
  public static let version = "2.0"
  /// The manifest's name in a data set's folder.
  public static let fileName = "manifest.json"

  /// ``format``.
  public var format: String
  /// The version of the format.
  public var version: String
  /// The version of the tool that wrote it.
  public var tool: String
  /// The name of the task, as on the command line.
  public var task: String
  /// What an element is.
  public var input: InputKind
  /// The type of `x.values`.
  public var elementType: ElementType
  /// How many values a position has.
  public var channels: Int
  /// How many sequences a sample has: 1, or 2 for pairs (`x` and `y`).
  public var sequences: Int
  /// The longest sequence the task allows, in positions.
  public var maximumLength: Int
  /// The length of every sequence, or nil when lengths differ.
  public var fixedLength: Int?
  /// What a label is.
  public var target: TargetDescription
  /// The vocabulary of token tasks.
  public var vocabulary: VocabularyDescription?
  /// How values become a network's numbers, where every position is treated alike.
  public var normalization: Normalization?
  /// The splits by name.
  public var splits: [String: SplitDescription]
  /// The split that stands for validation: "test" where the task has none of its own.
  public var validationSplit: Split
  /// The mask sets.
  public var masks: [MaskSetDescription]
  /// Nested subsets of the training split; absent when none were asked for.
  public var fractions: FractionSet?
  /// Further files, such as statistics for normalization by position.
  public var attachments: [AttachmentEntry]
  /// Where the data comes from.
  public var provenance: Provenance
  /// The options that shaped the samples.
  public var options: [String: String]
}

/// A data set that cannot be used.
public struct DataSetError: Error, CustomStringConvertible, Sendable {
  /// The folder or file.
  public let path: String
  /// What is wrong, lower case.
  public let reason: String
  /// What to do about it.
  public let hint: String?

  /// An error about `path`.
  public init(path: String, reason: String, hint: String? = nil) {
    self.path = path
    self.reason = reason
    self.hint = hint
  }

  /// One sentence, and a hint on a line of its own where there is one.
  public var description: String {
    "\(printable(path)): \(printable(shortened(reason)))" + (hint.map { "\nhint: \($0)" } ?? "")
  }
}

extension Manifest {
  /// What makes the manifest unusable although it is well formed, or nil.
  var fault: String? {
    guard [.uint8, .uint16, .int16, .float32].contains(elementType) else {
      return "elementType is \(elementType.rawValue), expected U8, U16, I16 or F32"
    }
    let lengths = 1...1 << 32
    guard lengths.contains(maximumLength), lengths.contains(fixedLength ?? 1),
      (1...1 << 16).contains(channels), (1...2).contains(sequences)
    else { return "maximumLength, fixedLength, channels or sequences is out of range" }
    switch target.kind {
    case .class where (target.names.map { $0.count != target.classes }) ?? false:
      return "target does not have a name for each class"
    case .class where !(1...1 << 20).contains(classes): return "target has impossible classes"
    case .value where target.classes != nil: return "a target of the kind 'value' has no classes"
    case .class, .value: break
    }
    if let normalization, !normalization.fits(channels: channels) {
      return "normalization does not fit \(channels) channels"
    }
    if let unsafe = fileNames.first(where: { !Self.isFileName($0) }) {
      return "'\(printable(unsafe))' is not the name of a file in the data set's folder"
    }
    if let entry = digests.first(where: { !$0.digest.isWellFormed }) {
      return "'\(printable(entry.file))' has an impossible size or checksum"
    }
    let badMask = masks.first { mask in
      mask.variants < 0 || !(mask.ratio.map { $0 > 0 && $0 <= 1 } ?? true)
        || mask.spanLength ?? 1 < 1
    }
    return badMask.map { "mask set '\($0.name)' has impossible settings" }
  }

  /// The number of classes; 0 when labels are values.
  public var classes: Int { target.classes ?? 0 }

  /// The names of all files but the manifest itself.
  var fileNames: [String] {
    splits.values.flatMap(\.shards).map(\.file)
      + masks.flatMap(\.shards.values).flatMap { $0 }.map(\.file)
      + attachments.map(\.file) + (fractions.map { [$0.file] } ?? [])
  }

  /// The digests of all files but the manifest itself.
  private var digests: [(file: String, digest: FileDigest)] {
    (splits.values.flatMap(\.shards) + masks.flatMap(\.shards.values).flatMap { $0 })
      .map { ($0.file, $0.digest) } + attachments.map { ($0.file, $0.digest) }
      + (fractions.map { [($0.file, $0.digest)] } ?? [])
  }

  /// Whether a name stays in the data set's folder and is not the manifest's.
  private static func isFileName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && name != fileName && !name.utf8.contains(0)
      && !name.contains("/")
  }

  /// The manifest as JSON with sorted keys: equal manifests give equal bytes.
  public func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// Reads the manifest of the data set in `folder`.
  ///
  /// - Throws: ``DataSetError`` when there is none or it is of another format or version.
  public static func read(from folder: String) throws -> Manifest {
    let path = folder + "/" + fileName
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw absence(in: folder) }
    return try file.withBytes { try decode($0, path: path) }
  }

  /// What to say of a folder without a manifest.
  static func absence(in folder: String) -> DataSetError {
    DataSetError(
      path: folder,
      reason: "not a data set: there is no readable \(fileName)",
      hint: "prepare one with 'lra-prep build TASK --input ARCHIVE --output \(folder)'"
    )
  }

  /// Where the JSON is not a manifest, and how.
  private static func fault(of error: any Error) -> String {
    let (context, what): (DecodingError.Context?, String) =
      switch error as? DecodingError {
      case .typeMismatch(_, let context)?: (context, "has another type")
      case .valueNotFound(_, let context)?: (context, "is null")
      case .keyNotFound(let key, let context)?: (context, "lacks '\(key.stringValue)'")
      case .dataCorrupted(let context)?: (context, "cannot be read")
      default: (nil, "cannot be read")
      }
    let place = context?.codingPath.map(\.stringValue).joined(separator: ".") ?? ""
    return (place.isEmpty ? "it" : "'\(place)'") + " " + what
  }

  /// The manifest in JSON that was read from `path`, which only messages use.
  ///
  /// - Throws: ``DataSetError`` when it is of another format or version, or cannot be used.
  static func decode(_ bytes: UnsafeRawBufferPointer, path: String) throws -> Manifest {
    struct Head: Decodable {
      var format: String
      var version: String
    }
    let json = Data(bytes)
    guard let head = try? JSONDecoder().decode(Head.self, from: json), head.format == format else {
      throw DataSetError(path: path, reason: "not a manifest of the format \(format)")
    }
    guard head.version.prefix(while: { $0 != "." }) == version.prefix(while: { $0 != "." }) else {
      throw DataSetError(
        path: path,
        reason: "format version \(head.version), this program reads \(version)"
      )
    }
    let manifest: Manifest
    do {
      manifest = try JSONDecoder().decode(Manifest.self, from: json)
    } catch {
      throw DataSetError(path: path, reason: "the manifest is damaged: \(Self.fault(of: error))")
    }
    if let fault = manifest.fault { throw DataSetError(path: path, reason: fault) }
    return manifest
  }
}
