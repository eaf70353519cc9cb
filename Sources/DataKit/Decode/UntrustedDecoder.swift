/// The decoders of single members, by name: the door through which the fuzzer feeds them bytes.
package enum UntrustedDecoder: String, CaseIterable, Sendable {
  case png, pathfinderMetadata

  /// Decodes the bytes and drops the result.
  ///
  /// - Throws: what the decoder throws at bytes that it refuses.
  package func decode(_ bytes: [UInt8]) throws {
    switch self {
    case .png: _ = try decodeGreyPNG(bytes, width: 32, height: 32)
    case .pathfinderMetadata:
      _ = try PathfinderRow.parse(bytes, file: 0) { line, reason in
        ArchiveError(archive: "archive", member: "0.npy", line: line, reason: reason)
      }
    }
  }
}
