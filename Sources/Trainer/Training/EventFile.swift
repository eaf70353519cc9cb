internal import Glibc

/// A TensorBoard event file of scalars, texts and images.
///
/// Each record is framed as TFRecord: its length as U64, the masked CRC-32C of those 8 bytes, the
/// record, its masked CRC-32C. A record is an Event message: wall_time (1, double), step (2,
/// varint), file_version (3, string) or summary (5), whose values (1) have a tag (1, string) and
/// one of: a simple_value (2, float); an image (4) of height (1), width (2), colorspace (3, the number of
/// channels) and a PNG (4); or, for text, a tensor (8) of one string with metadata (9) that name the
/// plugin "text".
final class EventFile {
  /// What stands under a tag.
  enum Value {
    case scalar(Double)
    /// Markdown.
    case text(String)
    case image(png: [UInt8], width: Int, height: Int, channels: Int)
  }

  private let file: AppendedFile

  /// Opens a file of its own for this process in `folder`.
  init(folder: String) throws {
    let now = Self.now()
    file = try AppendedFile(
      path: folder + "/events.out.tfevents.\(Int(now)).lra-train.\(getpid())"
    )
    var event = Message()
    event.double(1, now)
    event.bytes(3, Array("brain.Event:2".utf8))
    try file.append(Self.frame(event.bytes))
  }

  /// Appends values of one step.
  func append(step: Int, _ values: [(tag: String, value: Value)]) throws {
    var summary = Message()
    for (tag, value) in values { summary.bytes(1, Self.message(tag, value).bytes) }
    var event = Message()
    event.double(1, Self.now())
    event.integer(2, step)
    event.bytes(5, summary.bytes)
    try file.append(Self.frame(event.bytes))
  }

  private static func message(_ tag: String, _ value: Value) -> Message {
    var message = Message()
    message.bytes(1, Array(tag.utf8))
    switch value {
    case .scalar(let number): message.float(2, Float(number))
    case .image(let png, let width, let height, let channels):
      var image = Message()
      for (field, number) in [(1, height), (2, width), (3, channels)] {
        image.integer(field, number)
      }
      image.bytes(4, png)
      message.bytes(4, image.bytes)
    case .text(let text):
      var (size, shape, tensor) = (Message(), Message(), Message())
      size.integer(1, 1)
      shape.bytes(2, size.bytes)
      tensor.integer(1, stringType)
      tensor.bytes(2, shape.bytes)
      tensor.bytes(8, Array(text.utf8))
      var (plugin, metadata) = (Message(), Message())
      plugin.bytes(1, Array("text".utf8))
      metadata.bytes(1, plugin.bytes)
      message.bytes(8, tensor.bytes)
      message.bytes(9, metadata.bytes)
    }
    return message
  }

  /// DT_STRING.
  private static let stringType = 7

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// A record with its length and both checksums.
  static func frame(_ record: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(record.count))
    return length + littleEndian(maskedCRC(length)) + record + littleEndian(maskedCRC(record))
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
  }

  /// TFRecord's mask: the CRC turned right by 15 bits, plus a constant.
  static func maskedCRC(_ bytes: [UInt8]) -> UInt32 {
    let crc = crc32c(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }

  /// CRC-32C (Castagnoli), reflected polynomial 0x82F63B78.
  static func crc32c(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF) { crc, byte in
      crcTable[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8
    }
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in
      crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1
    }
  }
}

/// The bytes of a protocol buffers message, field by field.
private struct Message {
  private(set) var bytes: [UInt8] = []

  mutating func integer(_ field: Int, _ value: Int) {
    varint(UInt64(field) << 3)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func double(_ field: Int, _ value: Double) {
    varint(UInt64(field) << 3 | 1)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func float(_ field: Int, _ value: Float) {
    varint(UInt64(field) << 3 | 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func bytes(_ field: Int, _ value: [UInt8]) {
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(value.count))
    bytes += value
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
