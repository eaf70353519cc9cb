/// Images of CIFAR-10 with their labels, from either of the published layouts.
///
/// An image is three planes of 32 x 32 bytes, red, green and blue, each row by row.
enum CIFARBatch: Sendable {
  /// Whole records of the binary layout: a label byte, then the planes.
  case records([UInt8])
  /// Rows of a pickle of the Python layout.
  case pickle(CIFARPickle, rows: Range<Int>)

  /// The pixels of an image.
  static let pixelCount = 1024
  /// The bytes of a binary record.
  static let recordSize = 1 + 3 * pixelCount

  /// How many images there are.
  var count: Int {
    switch self {
    case .records(let bytes): bytes.count / Self.recordSize
    case .pickle(_, let rows): rows.count
    }
  }

  /// The label of an image, as it stands in the file.
  func label(_ index: Int) -> UInt8 {
    switch self {
    case .records(let bytes): bytes[index * Self.recordSize]
    case .pickle(let pickle, let rows): pickle.labels[rows.lowerBound + index]
    }
  }

  /// The three planes of an image.
  func planes(_ index: Int) -> [UInt8] {
    switch self {
    case .records(let bytes):
      Array(bytes[index * Self.recordSize + 1..<(index + 1) * Self.recordSize])
    case .pickle(let pickle, let rows): pickle.images.row(rows.lowerBound + index)
    }
  }
}

/// What becomes of a colour image.
enum CIFARColours: Sendable {
  /// Grey levels, see ``greyLevel(red:green:blue:)``.
  case grey
  /// Red, green and blue of each pixel side by side.
  case colour

  /// How many values a pixel has.
  var channels: Int { self == .grey ? 1 : 3 }

  /// The pixels of an image, [1024, channels].
  func pixels(ofPlanes planes: [UInt8]) -> [UInt8] {
    let count = CIFARBatch.pixelCount
    switch self {
    case .grey:
      return (0..<count).map { pixel in
        greyLevel(
          red: planes[pixel],
          green: planes[pixel + count],
          blue: planes[pixel + 2 * count]
        )
      }
    case .colour:
      var pixels = [UInt8](repeating: 0, count: 3 * count)
      for channel in 0..<3 {
        for pixel in 0..<count { pixels[3 * pixel + channel] = planes[channel * count + pixel] }
      }
      return pixels
    }
  }
}

/// The grey level of a colour as Pillow's convert("L") gives it:
/// (19595 R + 38470 G + 7471 B + 32768) >> 16.
@inlinable
public func greyLevel(red: UInt8, green: UInt8, blue: UInt8) -> UInt8 {
  let sum = 19595 * UInt32(red) + 38470 * UInt32(green) + 7471 * UInt32(blue)
  return UInt8(truncatingIfNeeded: (sum + 32768) >> 16)
}
