/// The samples of a WAV file of one kind: RIFF, PCM, 16 bits, mono, 16,000 Hz.
///
/// Source: "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft,
/// 1991). Chunks start at even offsets; unknown ones are skipped, and the size in the RIFF header
/// itself is not trusted.
struct WAVFile {
  static let sampleRate = 16_000

  /// Little-endian 16-bit samples, as they stand in the file.
  let samples: ArraySlice<UInt8>

  /// The number of samples.
  var count: Int { samples.count / 2 }

  /// Finds the samples.
  ///
  /// - Throws: ``FormatError`` when the file is of any other kind, cut off or without samples.
  init(_ bytes: [UInt8]) throws(FormatError) {
    guard bytes.count >= 12, bytes.starts(with: Array("RIFF".utf8)),
      bytes[8...].starts(with: Array("WAVE".utf8))
    else { throw FormatError("not a WAV file: it does not begin with a RIFF header") }
    var hasFormat = false
    var position = 12
    while position + 8 <= bytes.count {
      let name = bytes[position..<position + 4]
      let size = Self.number(bytes, at: position + 4, byteCount: 4)
      let start = position + 8
      guard size <= bytes.count - start else {
        throw FormatError(
          "WAV: the chunk at byte \(position) claims \(size) bytes, \(bytes.count - start) are left"
        )
      }
      if name.elementsEqual("fmt ".utf8) {
        try Self.check(bytes[start..<start + size])
        hasFormat = true
      } else if name.elementsEqual("data".utf8) {
        guard hasFormat else { throw FormatError("WAV: no format chunk before the samples") }
        guard size > 0, size % 2 == 0 else {
          throw FormatError(
            size == 0
              ? "WAV: there are no samples"
              : "WAV: \(size) bytes are no whole number of 16-bit samples"
          )
        }
        samples = bytes[start..<start + size]
        return
      }
      position = start + size + size % 2
    }
    throw FormatError("WAV: there is no data chunk")
  }

  private static func check(_ format: ArraySlice<UInt8>) throws(FormatError) {
    guard format.count >= 16 else {
      throw FormatError("WAV: the format chunk has \(format.count) bytes, expected at least 16")
    }
    let bytes = Array(format)
    let code = number(bytes, at: 0, byteCount: 2)
    let channels = number(bytes, at: 2, byteCount: 2)
    let rate = number(bytes, at: 4, byteCount: 4)
    let bits = number(bytes, at: 14, byteCount: 2)
    guard code == 1, channels == 1, rate == sampleRate, bits == 16 else {
      let kind = code == 1 ? "PCM" : "format code \(code)"
      throw FormatError(
        "WAV: \(kind), \(bits) bits, \(channels) channels, \(rate) Hz; "
          + "expected PCM, 16 bits, 1 channel, \(sampleRate) Hz"
      )
    }
  }

  private static func number(_ bytes: [UInt8], at position: Int, byteCount: Int) -> Int {
    (0..<byteCount).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
  }
}
