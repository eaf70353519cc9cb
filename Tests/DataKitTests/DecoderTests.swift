import Testing

@testable import DataKit

/// WAV files, time series, bytes literals and numbers.
struct DecoderTests {
  private func number(_ value: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private func wav(
    code: Int = 1,
    channels: Int = 1,
    rate: Int = 16_000,
    bits: Int = 16,
    extra: [UInt8] = [],
    claimed: Int? = nil,
    samples: [UInt8] = [1, 0, 255, 255]
  ) -> [UInt8] {
    let size = channels * bits / 8
    let format =
      number(code, 2) + number(channels, 2) + number(rate, 4) + number(rate * size, 4)
      + number(size, 2) + number(bits, 2)
    let body =
      Array("WAVEfmt ".utf8) + number(16, 4) + format + extra + Array("data".utf8)
      + number(claimed ?? samples.count, 4) + samples
    return Array("RIFF".utf8) + number(body.count, 4) + body
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `the samples of a WAV file are found behind other chunks`() throws {
    #expect(Array(try WAVFile(wav()).samples) == [1, 0, 255, 255])
    let list = Array("LIST".utf8) + number(5, 4) + [1, 2, 3, 4, 5, 0]
    #expect(Array(try WAVFile(wav(extra: list)).samples) == [1, 0, 255, 255])
    #expect(try WAVFile(wav()).count == 2)
  }

  @Test func `other WAV files are refused with what they are`() {
    let cases: [([UInt8], String)] = [
      (wav(channels: 2), "PCM, 16 bits, 2 channels, 16000 Hz; expected"),
      (wav(bits: 8), "8 bits"), (wav(rate: 44_100), "44100 Hz"),
      (wav(code: 3, bits: 32), "format code 3"), (wav(claimed: 1 << 31), "claims 2147483648"),
      (wav(samples: []), "there are no samples"), (wav(samples: [1, 2, 3]), "no whole number"),
      (Array("ID3\u{3}".utf8), "not a WAV file"), ([], "not a WAV file"),
      (Array(wav().prefix(36)), "no data chunk"),
      (Array("RIFF____WAVEdata".utf8) + number(2, 4) + [0, 0], "no format chunk"),
      (Array("RIFF____WAVEfmt ".utf8) + number(4, 4) + [1, 0, 1, 0], "expected at least 16"),
    ]
    for (bytes, expected) in cases {
      let text = message { _ = try WAVFile(bytes) }
      #expect(text.contains(expected), "\(text)")
    }
    for count in 0..<wav().count { _ = try? WAVFile(Array(wav().prefix(count))) }
  }

  @Test(arguments: [
    ("b'a\\n\\\\'", "a\n\\"), ("b\"it's\"", "it's"), ("b'\\xe2\\x80\\x99'", "\u{2019}"),
    ("b''", ""), ("b'\\101\\0'", "A\0"), ("b'\\q\\''", "\\q'"), ("b'\\t\\r\\a'", "\t\r\u{7}"),
  ])
  func `a bytes literal gives its bytes`(literal: String, bytes: String) throws {
    let decoded = try Array(literal.utf8).withUnsafeBufferPointer { try BytesLiteral.decode($0) }
    #expect(decoded == Array(bytes.utf8))
  }

  @Test(arguments: [
    "", "b'", "'a'", "b'a", "b'a\"", "b'a'b'", "b'\\'", "b'\\x1'", "b'\\xg0'", "NA",
  ])
  func `what is no bytes literal is refused`(literal: String) {
    #expect(throws: FormatError.self) {
      try Array(literal.utf8).withUnsafeBufferPointer { try BytesLiteral.decode($0) }
    }
  }

  @Test func `decimal numbers are the nearest Double`() {
    let fixed = [
      "0", "-0.73463", "1.", ".5", "17", "123456789012345", "1e-05", "-1E5", "+2.5",
      "0.1234567890123456789", "9007199254740993", "179769313486231570000", "1e308", "4.9e-324",
      "000000000000000000000000001.5", "0.0000000000000000000000001",
    ]
    var random = MersenneTwister(seed: 5)
    let drawn = (0..<2000).map { _ in
      let digits = String(UInt64(random.next()) << 32 | UInt64(random.next()))
      let point = Int(random.next()) % digits.count
      return digits.prefix(point) + "." + digits.dropFirst(point).prefix(Int(random.next()) % 20)
    }
    for text in fixed + drawn.map(String.init) {
      let value = Array(text.utf8).withUnsafeBufferPointer { decimal($0) }
      let expected = Double(text.hasSuffix(".") ? text + "0" : text)
      if text != "." { #expect(value == expected, "\(text)") }
    }
    for text in ["", "-", ".", "nan", "inf", "1x", "0x10", "1e999", "--1", "1e", "1 "] {
      #expect(Array(text.utf8).withUnsafeBufferPointer { decimal($0) } == nil, "\(text)")
    }
  }

  private func header(_ lines: String) throws -> TimeSeriesHeader {
    var header = TimeSeriesHeader()
    for line in lines.split(separator: "\n", omittingEmptySubsequences: false) {
      try Array(line.utf8).withUnsafeBufferPointer { try header.read($0) }
    }
    return header
  }

  @Test func `the tags of a time series file are read whatever their case`() throws {
    let header = try header(
      """
      # a comment
      @problemName X\u{e9}
      @TimeStamps False
      @dimension 2

      @seriesLength 3
      @TARGETLABEL true
      @Data
      """
    )
    #expect(header.channels == 2)
    #expect(header.length == 3)
    #expect(header.isComplete)
  }

  @Test(arguments: [
    ("@timestamps true", "time stamps"), ("@data", "carry no target"), ("1,2:3", "before '@data'"),
    ("@classlabel true a b", "is a class"), ("@dimension 0", "'@dimension 0'"),
    ("@what", "'@what' is unknown"), ("@targetlabel false", "no target"),
  ])
  func `tags of another kind of file are refused`(line: String, message expected: String) {
    let text = message { _ = try header(line) }
    #expect(text.contains(expected), "\(text)")
  }

  private func series(_ line: String) throws -> TimeSeriesCase {
    try Array(line.utf8).withUnsafeBufferPointer { try TimeSeriesCase($0, channels: 2, length: 3) }
  }

  @Test func `a case has its channels side by side and a target`() throws {
    let series = try series("0.5, 1,2 :-1,1e1,3:17.25")
    #expect(series.values == [0.5, -1, 1, 10, 2, 3])
    #expect(series.target == 17.25)
  }

  @Test(arguments: [
    ("1,2,3:1,2,3", "found 2 parts"), ("1,2,3:1,2:5", "channel 2 has 2 values, expected 3"),
    ("1,?,3:1,2,3:5", "value 2 of channel 1 is missing ('?')"),
    ("1,2,3:1,2,NaN:5", "value 3 of channel 2 is missing"), ("1,2,3:1,2,3:", "target is missing"),
    ("1,2,3:1,x,3:5", "value 2 of channel 2 is 'x'"), ("1,2,3:1,2,3:1e39", "too large"),
    ("", "found 1 parts"), ("::", "too few"), ("1,2,inf:1,2,3:5", "'inf'"),
  ])
  func `a case that is short, missing values or no numbers is refused`(
    line: String,
    message expected: String
  ) {
    let text = message { _ = try series(line) }
    #expect(text.contains(expected), "\(text)")
  }
}
