internal import CPNG

/// A PNG that cannot be used.
public struct PNGError: Error, CustomStringConvertible, Sendable {
  /// What is wrong, lower case.
  public let description: String
}

/// Decodes a PNG into grey levels, row-major.
///
/// - Throws: ``PNGError`` when the file is damaged, 16 bits deep or of another size.
func decodeGreyPNG(_ bytes: [UInt8], width: Int, height: Int) throws(PNGError) -> [UInt8] {
  var message = [CChar](repeating: 0, count: 160)
  var succeeded = false
  let pixels = [UInt8](unsafeUninitializedCapacity: width * height) { buffer, count in
    succeeded = cpng_decode_grey(
      bytes,
      bytes.count,
      UInt32(width),
      UInt32(height),
      buffer.baseAddress,
      &message,
      message.count
    )
    count = succeeded ? width * height : 0
  }
  guard succeeded else {
    let end = message.firstIndex(of: 0) ?? message.endIndex
    let text = String(decoding: message[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    throw PNGError(description: "PNG: \(text)")
  }
  return pixels
}

/// Encodes pixels as a PNG.
///
/// - Parameters:
///   - pixels: [height, width, channels], row-major.
///   - width: the pixels of a row.
///   - height: the rows.
///   - channels: 1 for grey, 3 for red, green and blue.
/// - Returns: the bytes of the PNG file.
/// - Throws: ``PNGError`` when memory runs out.
public func encodePNG(
  _ pixels: [UInt8],
  width: Int,
  height: Int,
  channels: Int
) throws(PNGError) -> [UInt8] {
  precondition(
    pixels.count == width * height * channels && (channels == 1 || channels == 3),
    "\(pixels.count) bytes for \(height) x \(width) pixels of \(channels) channels"
  )
  var count = 0
  guard let bytes = cpng_encode(pixels, UInt32(width), UInt32(height), Int32(channels), &count)
  else { throw PNGError(description: "PNG: out of memory") }
  defer { cpng_free(bytes) }
  return [UInt8](UnsafeBufferPointer(start: bytes, count: count))
}
