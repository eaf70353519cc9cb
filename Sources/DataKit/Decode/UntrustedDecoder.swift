/// The decoders of single members, by name: the door through which the fuzzer feeds them bytes.
package enum UntrustedDecoder: String, CaseIterable, Sendable {
  /// A PNG of 32 x 32 pixels through libpng, and by the decoder that builds use.
  case png, commonPNG
  case pathfinderMetadata

  /// Decodes the bytes.
  ///
  /// - Returns: the pixels of an image; nothing of anything else.
  /// - Throws: what the decoder throws at bytes that it refuses.
  package func decode(_ bytes: [UInt8]) throws -> [UInt8] {
    switch self {
    case .png: return try decodeGreyPNG(bytes, width: 32, height: 32)
    case .commonPNG:
      var pixels = [UInt8](repeating: 0, count: 32 * 32)
      try pixels.withUnsafeMutableBytes { room in
        try bytes.withUnsafeBytes {
          try GreyPNGDecoder(width: 32, height: 32).decode($0, into: room)
        }
      }
      return pixels
    case .pathfinderMetadata:
      _ = try PathfinderRow.parse(bytes, file: 0) { line, reason in
        ArchiveError(archive: "archive", member: "0.npy", line: line, reason: reason)
      }
      return []
    }
  }
}
