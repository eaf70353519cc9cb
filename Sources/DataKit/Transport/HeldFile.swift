/// A whole file that a receiver holds.
public struct HeldFile: Hashable, Sendable {
  /// The file's name in the data set.
  public var name: String
  /// Its XXH3 with 128 bits in lower-case hexadecimal.
  public var xxh3: String

  /// A file of that name and digest.
  public init(name: String, xxh3: String) {
    self.name = name
    self.xxh3 = xxh3
  }

  /// Digest, two spaces, name: a line as `xxhsum -H2` prints it.
  public var line: String { "\(xxh3)  \(name)" }

  /// Reads the lines that `lra-prep receive --have` printed.
  ///
  /// - Parameters:
  ///   - text: the lines.
  ///   - path: where they come from, for messages.
  /// - Returns: the files, in the order of the lines.
  /// - Throws: ``DataSetError`` naming the first line that is none.
  public static func parse(_ text: String, path: String) throws -> [HeldFile] {
    try text.split(separator: "\n").enumerated().map { index, line in
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
      let isDigest = parts.first.map { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) } ?? false
      guard parts.count == 2, isDigest else {
        throw DataSetError(
          path: path,
          reason: "line \(index + 1) is not a digest and a name",
          hint: "give what 'lra-prep receive FOLDER --have' prints"
        )
      }
      let name = parts[1].drop { $0 == " " || $0 == "*" }
      return HeldFile(name: String(name), xxh3: parts[0].lowercased())
    }
  }

  /// The whole files that a receiver into `folder` holds, re-read from the disk: those of an
  /// interrupted transfer, then those of a data set.
  ///
  /// - Throws: ``FileError`` when the folder or a file cannot be read.
  public static func all(in folder: String) throws -> [HeldFile] {
    let incoming = folder + "/" + IncomingFolder.name
    var held: [HeldFile] = []
    for place in [incoming, folder] {
      for name in try OutputFolder.names(in: place) where isPlainFileName(name) {
        // Beside a data set may lie anything; only what looks like a part of one is read.
        guard place == incoming || name.hasSuffix(".safetensors") else { continue }
        guard !held.contains(where: { $0.name == name }) else { continue }
        let digest = try FileChecksum(ofFileAt: place + "/" + name)
        held.append(HeldFile(name: name, xxh3: digest.xxh3))
      }
    }
    return held
  }
}
