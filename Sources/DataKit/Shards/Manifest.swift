internal import FoundationEssentials

/// The parts of a data set.
public enum Split: String, Codable, Sendable, CaseIterable {
  case train, validation, test
}

/// What one element of a sample is.
public enum InputKind: String, Codable, Sendable {
  /// Token ids of a vocabulary.
  case tokens
  /// Grey levels 0 … 255, row-major, of a square image.
  case pixels
}

/// The tokens of a data set, in id order.
public struct VocabularyDescription: Codable, Sendable, Equatable {
  /// "character" or "listops".
  public var tokenizer: String
  /// Every token; the position is the id.
  public var tokens: [String]
  /// How often each token stands in the cut training split; 0 for specials.
  public var counts: [Int]
  /// Tokens rarer than this in the training split became `<unk>`.
  public var minimumFrequency: Int
  /// The id that replaces a masked token in the network's input.
  public var maskID: Int
  /// The id that pads a batch.
  public var padID: Int
  /// The id of tokens outside the vocabulary.
  public var unknownID: Int
  /// The id that ends every sample.
  public var endID: Int
}

/// How pixels become the network's numbers: (p / 255 - mean) / standardDeviation in Float32.
public struct PixelNormalization: Codable, Sendable, Equatable {
  /// The mean on the scale 0 … 1.
  public var mean: Float
  /// The deviation on the scale 0 … 1.
  public var standardDeviation: Float

  /// A normalization.
  public init(mean: Float, standardDeviation: Float) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}

/// One file of a data set.
public struct ShardEntry: Codable, Sendable, Equatable {
  /// The file's name inside the data set's folder.
  public var file: String
  /// The samples it holds.
  public var samples: Int
  /// The elements of all its samples together.
  public var elements: Int
  /// Size and checksums.
  public var digest: FileDigest
}

/// One split of a data set.
public struct SplitDescription: Codable, Sendable, Equatable {
  /// How many samples it has.
  public var samples: Int
  /// The elements of all samples together.
  public var elements: Int
  /// The length of the shortest sample, in elements.
  public var minimumLength: Int
  /// The mean length, in elements.
  public var meanLength: Double
  /// The length of the longest sample, in elements.
  public var maximumLength: Int
  /// How many samples carry each label, in label order.
  public var labelCounts: [Int]
  /// The shards, in order.
  public var shards: [ShardEntry]
}

/// One mask set of a data set; the causal one has no files.
public struct MaskSetDescription: Codable, Sendable, Equatable {
  /// The name in file names.
  public var name: String
  /// "token", "span" or "causal".
  public var policy: String
  /// The share of masked positions; absent for causal.
  public var ratio: Double?
  /// The length of a span; only for span masks.
  public var spanLength: Int?
  /// The seed of the generator.
  public var seed: UInt64
  /// How many variants are stored.
  public var variants: Int
  /// The mask shards of each split, one per shard, in order.
  public var shards: [String: [ShardEntry]]
}

/// Where a data set comes from.
public struct Provenance: Codable, Sendable, Equatable {
  /// The archive's file name, or "standard input".
  public var input: String
  /// The archive's size in bytes.
  public var byteCount: Int
  /// The archive's SHA-256 in hexadecimal.
  public var sha256: String
  /// The folder inside the archive that the members came from.
  public var prefix: String
  /// How many members became samples or metadata.
  public var membersRead: Int
  /// How many members or rows were left out, by reason.
  public var skipped: [String: Int]

  enum CodingKeys: String, CodingKey {
    case input
    case byteCount = "bytes"
    case sha256, prefix, membersRead, skipped
  }
}

/// The commit record of a data set, `manifest.json`.
public struct Manifest: Codable, Sendable, Equatable {
  /// The name of the format.
  public static let format = "lra-shards"
  /// The version this package writes; readers refuse another first number.
  public static let version = "1.0"
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
  /// The longest sample the task allows, in elements.
  public var maximumLength: Int
  /// The length of every sample, or nil when lengths differ.
  public var fixedLength: Int?
  /// The number of classes.
  public var classes: Int
  /// The vocabulary of token tasks.
  public var vocabulary: VocabularyDescription?
  /// The normalization of pixel tasks.
  public var normalization: PixelNormalization?
  /// The splits by name.
  public var splits: [String: SplitDescription]
  /// The split that stands for validation: "test" where the task has none of its own.
  public var validationSplit: Split
  /// The mask sets.
  public var masks: [MaskSetDescription]
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
  public var description: String { "\(path): \(reason)" + (hint.map { "\nhint: \($0)" } ?? "") }
}

extension Manifest {
  /// What makes the manifest unusable although it is well formed, or nil.
  private var fault: String? {
    guard elementType == .uint8 || elementType == .uint16 else {
      return "elementType is \(elementType.rawValue), expected U8 or U16"
    }
    let lengths = 1...1 << 32
    guard lengths.contains(maximumLength), lengths.contains(fixedLength ?? 1),
      (1...1 << 20).contains(classes)
    else { return "maximumLength, fixedLength or classes is out of range" }
    let files =
      splits.values.flatMap(\.shards) + masks.flatMap(\.shards.values).flatMap { $0 }
    if let unsafe = files.first(where: { $0.file.contains("/") || $0.file.isEmpty }) {
      return "'\(unsafe.file)' is not the name of a file in the data set's folder"
    }
    let badMask = masks.first { mask in
      mask.variants < 0 || !(mask.ratio.map { $0 > 0 && $0 <= 1 } ?? true)
        || mask.spanLength ?? 1 < 1
    }
    return badMask.map { "mask set '\($0.name)' has impossible settings" }
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
    do {
      file = try MappedFile(path: path)
    } catch {
      throw DataSetError(
        path: folder,
        reason: "not a data set: there is no readable \(fileName)",
        hint: "prepare one with 'lra-prep build TASK --input ARCHIVE --output \(folder)'"
      )
    }
    return try decode(file.bytes, path: path)
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
      throw DataSetError(path: path, reason: "the manifest is damaged: \(error)")
    }
    if let fault = manifest.fault { throw DataSetError(path: path, reason: fault) }
    return manifest
  }
}
