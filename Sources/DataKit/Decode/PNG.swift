internal import CPNG

/// A PNG that cannot be used.
public struct PNGError: Error, CustomStringConvertible, Sendable {
  /// What is wrong, lower case.
  public let description: String
}

/// Width and height in a PNG's first chunk, each 1 to 2^31 - 1; nil when there is no such chunk.
func pngSize(of bytes: [UInt8]) -> (width: Int, height: Int)? {
  guard bytes.count >= 24, bytes[12..<16].elementsEqual("IHDR".utf8) else { return nil }
  let numbers = [16, 20].map { start in
    (0..<4).reduce(0) { $0 << 8 | Int(bytes[start + $1]) }
  }
  guard numbers.allSatisfy({ $0 > 0 && $0 <= Int32.max }) else { return nil }
  return (numbers[0], numbers[1])
}

/// Decodes a PNG into grey levels, row-major.
///
/// - Throws: ``PNGError`` when the file is damaged, 16 bits deep or of another size.
func decodeGreyPNG(_ bytes: [UInt8], width: Int, height: Int) throws(PNGError) -> [UInt8] {
  var fault: PNGError?
  let pixels = [UInt8](unsafeUninitializedCapacity: width * height) { buffer, count in
    let room = UnsafeMutableRawBufferPointer(buffer)
    bytes.withUnsafeBytes { raw in
      do throws(PNGError) {
        try decodeGreyPNG(raw, width: width, height: height, into: room)
        count = width * height
      } catch { fault = error }
    }
  }
  if let fault { throw fault }
  return pixels
}

/// Decodes a PNG into grey levels, row-major, through libpng.
///
/// - Parameters:
///   - bytes: the file.
///   - width: the pixels that a row must have.
///   - height: the rows that the image must have.
///   - pixels: room for `width * height` bytes; undefined after an error.
/// - Throws: ``PNGError`` when the file is damaged, 16 bits deep or of another size.
func decodeGreyPNG(
  _ bytes: UnsafeRawBufferPointer,
  width: Int,
  height: Int,
  into pixels: UnsafeMutableRawBufferPointer
) throws(PNGError) {
  precondition(pixels.count >= width * height, "\(pixels.count) bytes for \(height) x \(width)")
  let message = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 160) { text in
    let succeeded = cpng_decode_grey(
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
      bytes.count,
      UInt32(width),
      UInt32(height),
      pixels.baseAddress?.assumingMemoryBound(to: UInt8.self),
      text.baseAddress,
      text.count
    )
    return succeeded ? nil : text.baseAddress.map { String(cString: $0) }
  }
  if let message { throw PNGError(description: "PNG: \(message)") }
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
