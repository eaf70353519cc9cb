/// Where an archive comes from.
public enum ArchiveInput: Sendable, Equatable {
  /// A file.
  case file(String)
  /// The program's standard input.
  case standardInput

  /// `-` is standard input, anything else a path.
  public init(_ argument: String) {
    self = argument == "-" ? .standardInput : .file(argument)
  }

  /// What messages call it.
  public var name: String {
    switch self {
    case .file(let path): path
    case .standardInput: "standard input"
    }
  }

  /// The name without folders, for a manifest: equal archives give equal manifests wherever they
  /// lie.
  var baseName: String {
    switch self {
    case .file(let path): path.split(separator: "/").last.map(String.init) ?? path
    case .standardInput: "standard input"
    }
  }

  /// ``baseName`` without the suffix of a compression.
  var uncompressedBaseName: String {
    for suffix in [".gz", ".xz", ".zst"] where baseName.lowercased().hasSuffix(suffix) {
      return String(baseName.dropLast(suffix.count))
    }
    return baseName
  }
}
