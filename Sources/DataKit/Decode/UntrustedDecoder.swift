/// The decoders of single members, by name: the door through which the fuzzer feeds them bytes.
package enum UntrustedDecoder: String, CaseIterable, Sendable {
  /// A PNG of 32 x 32 pixels through libpng, and by the decoder that builds use.
  case png, commonPNG
  case pathfinderMetadata
  /// A batch of CIFAR-10 as Python pickles it.
  case pickle
  case wav
  /// A `.ts` file of two channels of eight values.
  case timeSeries

  /// Decodes the bytes.
  ///
  /// - Returns: pixels or sound; nothing of anything else.
  /// - Throws: ``ArchiveError`` and ``PNGError`` for bytes that are refused.
  package func decode(_ bytes: [UInt8]) throws -> [UInt8] {
    do {
      return try decodeMember(bytes)
    } catch let error as FormatError {
      throw ArchiveError(archive: "archive", member: "member", reason: "\(error)")
    }
  }

  private func decodeMember(_ bytes: [UInt8]) throws -> [UInt8] {
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
      } reject: { error, _ in
        throw error
      }
      return []
    case .pickle:
      let batch = try CIFARPickle(bytes)
      return batch.images.row(batch.labels.count - 1)
    case .wav: return Array(try WAVFile(bytes).samples)
    case .timeSeries:
      var header = TimeSeriesHeader()
      for line in bytes.split(separator: UInt8(ascii: "\n")) {
        try line.withUnsafeBufferPointer { line in
          if header.isComplete {
            _ = try TimeSeriesCase(line, channels: 2, length: 8)
          } else {
            try header.read(line)
          }
        }
      }
      return []
    }
  }
}
