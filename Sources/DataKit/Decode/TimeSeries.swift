/// The tags at the head of a `.ts` file of the Monash, UEA and UCR archives.
///
/// Tags are case-insensitive; lines that begin with `#` are comments. Only files without time
/// stamps and with a number as target are read.
struct TimeSeriesHeader: Equatable {
  /// The number of channels, where `@dimension` or `@univariate true` gives it.
  private(set) var channels: Int?
  /// The values of each channel, where `@seriesLength` gives them.
  private(set) var length: Int?
  /// Whether `@data` was read: every further line is a case.
  private(set) var isComplete = false
  private var hasTarget = false

  /// Reads one line before or at `@data`.
  ///
  /// - Throws: ``FormatError`` for a line that is no tag, and for tags that say the file is of
  ///   another kind.
  mutating func read(_ line: UnsafeBufferPointer<UInt8>) throws(FormatError) {
    let text = String(decoding: line.map { $0 < 0x80 ? $0 : 0x3F }, as: UTF8.self)
    let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }
    guard let tag = words.first?.lowercased(), !tag.hasPrefix("#") else { return }
    let value = words.dropFirst().first?.lowercased()
    switch tag {
    case "@data":
      guard hasTarget else {
        throw FormatError("the file has no '@targetlabel true': its cases carry no target")
      }
      isComplete = true
    case "@timestamps":
      guard value == "false" else { throw FormatError("series with time stamps are not read") }
    case "@targetlabel":
      guard value == "true" else { throw FormatError("the cases carry no target ('@targetlabel')") }
      hasTarget = true
    case "@classlabel":
      guard value == "false" else {
        throw FormatError("the target is a class ('@classlabel'), expected a number")
      }
    case "@univariate": if value == "true" { channels = 1 }
    case "@dimension", "@dimensions": channels = try Self.count(value, tag)
    case "@serieslength": length = try Self.count(value, tag)
    case "@problemname", "@missing", "@equallength": break
    default:
      guard tag.hasPrefix("@") else { throw FormatError("a case stands before '@data'") }
      throw FormatError("the tag '\(words[0])' is unknown")
    }
  }

  private static func count(_ value: String?, _ tag: String) throws(FormatError) -> Int {
    guard let value, let count = Int(value), (1...1 << 24).contains(count) else {
      throw FormatError("'\(tag) \(value ?? "")' is not a number from 1 on")
    }
    return count
  }
}

/// One case of a `.ts` file: channels of values and a target.
struct TimeSeriesCase {
  /// [length, channels]: the values of one time step stand together.
  var values: [Float]
  /// The number after the last colon.
  var target: Double

  /// Reads `v,v,…:v,v,…:target`.
  ///
  /// A missing value (`?` or `NaN`) is refused: no number of ours would be the series'.
  ///
  /// - Parameters:
  ///   - line: the line without its end.
  ///   - channels: how many channels there must be.
  ///   - length: how many values each must have.
  /// - Throws: ``FormatError`` naming channel and value, both counted from 1.
  init(
    _ line: UnsafeBufferPointer<UInt8>,
    channels: Int,
    length: Int
  ) throws(FormatError) {
    // One part more than there may be is enough to tell, and a line may have millions.
    let parts = line.split(
      separator: UInt8(ascii: ":"),
      maxSplits: channels + 1,
      omittingEmptySubsequences: false
    )
    guard parts.count == channels + 1 else {
      throw FormatError(
        "expected \(channels) channels and a target separated by ':', found \(parts.count) parts"
      )
    }
    guard line.count / channels >= length else {
      throw FormatError("\(line.count) bytes are too few for \(channels) x \(length) values")
    }
    values = [Float](repeating: 0, count: channels * length)
    for (channel, part) in parts.dropLast().enumerated() {
      let numbers = part.split(
        separator: UInt8(ascii: ","),
        maxSplits: length,
        omittingEmptySubsequences: false
      )
      guard numbers.count == length else {
        throw FormatError(
          "channel \(channel + 1) has \(numbers.count) values, expected \(length)"
        )
      }
      for (step, number) in numbers.enumerated() {
        let value = try Self.number(number) {
          "value \(step + 1) of channel \(channel + 1)"
        }
        guard abs(value) <= Double(Float.greatestFiniteMagnitude) else {
          throw FormatError("value \(step + 1) of channel \(channel + 1) is too large for Float32")
        }
        values[step * channels + channel] = Float(value)
      }
    }
    target = try Self.number(parts[channels]) { "the target" }
    guard abs(target) <= Double(Float.greatestFiniteMagnitude) else {
      throw FormatError("the target is too large for Float32")
    }
  }

  private static func number(
    _ part: Slice<UnsafeBufferPointer<UInt8>>,
    _ name: () -> String
  ) throws(FormatError) -> Double {
    var trimmed = part
    while let last = trimmed.last, last == 0x20 || last == 0x09 { trimmed.removeLast() }
    while let first = trimmed.first, first == 0x20 || first == 0x09 { trimmed.removeFirst() }
    if let value = decimal(UnsafeBufferPointer(rebasing: trimmed)) { return value }
    let text = String(decoding: trimmed.prefix(40).map { $0 < 0x80 ? $0 : 0x3F }, as: UTF8.self)
    let isMissing = text == "?" || text.lowercased() == "nan" || text.isEmpty
    throw FormatError(
      isMissing ? "\(name()) is missing ('\(text)')" : "\(name()) is '\(text)', expected a number"
    )
  }
}
