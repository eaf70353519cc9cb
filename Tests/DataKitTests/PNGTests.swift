import TestSupport
import Testing

@testable import DataKit

struct PNGTests {
  private static func noise(_ count: Int, _ seed: UInt32) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
  }

  /// A zlib stream that stores its bytes.
  private static func stored(_ bytes: [UInt8], window: UInt8 = 7) -> [UInt8] {
    var stream: [UInt8] = [window << 4 | 8, 0]
    stream[1] = UInt8((31 - Int(stream[0]) * 256 % 31) % 31)
    for start in stride(from: 0, to: max(1, bytes.count), by: 60_000) {
      let block = bytes[start..<min(start + 60_000, bytes.count)]
      stream.append(start + 60_000 >= bytes.count ? 1 : 0)
      let count = UInt16(block.count)
      stream += [count, ~count].flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } + block
    }
    var (low, high) = (UInt32(1), UInt32(0))
    for byte in bytes {
      low = (low + UInt32(byte)) % 65_521
      high = (high + low) % 65_521
    }
    return stream + bigEndian(high << 16 | low)
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
  }

  private static func chunk(_ type: String, _ bytes: [UInt8]) -> [UInt8] {
    var crc: UInt32 = .max
    for byte in Array(type.utf8) + bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return bigEndian(UInt32(bytes.count)) + Array(type.utf8) + bytes + bigEndian(~crc)
  }

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private static func header(_ width: Int, _ height: Int, _ rest: [UInt8] = [8, 0, 0, 0, 0])
    -> [UInt8]
  { chunk("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + rest) }

  private static let end = chunk("IEND", [])

  /// The pixels, or libpng's sentence; `isCommon` tells whether libpng was not needed.
  private struct Outcome: Equatable {
    var pixels: [UInt8] = []
    var fault: String?
  }

  private static func decode(_ file: [UInt8], by decoder: GreyPNGDecoder) -> Outcome {
    var pixels = [UInt8](repeating: 0xAA, count: decoder.width * decoder.height)
    return pixels.withUnsafeMutableBytes { room in
      file.withUnsafeBytes { raw in
        do throws(PNGError) {
          try decoder.decode(raw, into: room)
          return Outcome(pixels: Array(room))
        } catch { return Outcome(fault: error.description) }
      }
    }
  }

  private static func reference(_ file: [UInt8], _ width: Int, _ height: Int) -> Outcome {
    do throws(PNGError) {
      return Outcome(pixels: try decodeGreyPNG(file, width: width, height: height))
    } catch { return Outcome(fault: error.description) }
  }

  private static func isCommon(_ file: [UInt8], by decoder: GreyPNGDecoder) -> Bool {
    var pixels = [UInt8](repeating: 0, count: decoder.width * decoder.height)
    return pixels.withUnsafeMutableBytes { room in
      file.withUnsafeBytes { decoder.decodeCommon($0, into: room) }
    }
  }

  @Test(arguments: InflateTests.libraries)
  func `encoded images come back without libpng`(library: Inflater.Library) throws {
    for (width, height) in [(1, 1), (1, 9), (9, 1), (32, 32), (33, 31), (128, 128), (300, 257)] {
      let decoder = GreyPNGDecoder(width: width, height: height, library: library)
      for seed in 0..<3 as Range<UInt32> {
        let pixels = Self.noise(width * height, seed).map { seed == 0 ? $0 / 100 * 120 : $0 }
        let file = try encodePNG(pixels, width: width, height: height, channels: 1)
        #expect(Self.isCommon(file, by: decoder))
        #expect(Self.decode(file, by: decoder) == Outcome(pixels: pixels))
      }
    }
  }

  @Test(arguments: InflateTests.libraries)
  func `every filter, above every other, as libpng has it`(library: Inflater.Library) {
    for width in [1, 2, 3, 16, 31, 32, 100] {
      let decoder = GreyPNGDecoder(width: width, height: 40, library: library)
      var filtered = Self.noise((width + 1) * 40, UInt32(width))
      for row in 0..<40 { filtered[row * (width + 1)] = UInt8((row + row / 5) % 5) }
      for window in [3, 7] as [UInt8] {
        let data = Self.stored(filtered, window: window)
        let file = Self.signature + Self.header(width, 40) + Self.chunk("IDAT", data) + Self.end
        // A smaller window than the image leaves the file to libpng.
        #expect(Self.isCommon(file, by: decoder) == (window == 7 || filtered.count < 2048))
        let outcome = Self.decode(file, by: decoder)
        #expect(outcome.fault == nil)
        #expect(outcome == Self.reference(file, width, 40))
      }
    }
  }

  @Test(arguments: InflateTests.libraries)
  func `odd files get libpng's pixels and libpng's words`(library: Inflater.Library) throws {
    let filtered = (0..<8).flatMap { [UInt8($0 % 5)] + Self.noise(8, UInt32($0)) }
    let data = Self.stored(filtered)
    let start = Self.signature + Self.header(8, 8)
    func image(_ pieces: [[UInt8]]) -> [UInt8] {
      start + pieces.flatMap { Self.chunk("IDAT", $0) } + Self.end
    }
    var badFilter = filtered
    badFilter[9] = 5
    let files: [String: [UInt8]] = [
      "common": image([data]),
      "pieces": image(data.map { [$0] }),
      "empty pieces": image([[], data, []]),
      "text between": start + Self.chunk("tEXt", [65, 0, 66]) + Self.chunk("IDAT", data) + Self.end,
      "text inside": start + Self.chunk("IDAT", Array(data[..<20]))
        + Self.chunk("tEXt", [65, 0, 66])
        + Self.chunk("IDAT", Array(data[20...])) + Self.end,
      "trailing bytes": image([data]) + [1, 2, 3],
      "no end": start + Self.chunk("IDAT", data),
      "nothing": [],
      "signature alone": Self.signature,
      "no data": start + Self.end,
      "short data": image([Self.stored(Array(filtered.dropLast(9)))]),
      "long data": image([Self.stored(filtered + filtered)]),
      "bytes after the stream": image([data + [1, 2]]),
      "bad filter": image([Self.stored(badFilter)]),
      "bad checksum": image([data.dropLast() + [data[data.count - 1] ^ 1]]),
      "no checksum": image([Array(data.dropLast(4))]),
      "dictionary": image([[0x78, 0xBB] + data[2...]]),
      "other size": Self.signature + Self.header(8, 9) + Self.chunk("IDAT", data) + Self.end,
      "interlaced": Self.signature + Self.header(8, 8, [8, 0, 0, 0, 1])
        + Self.chunk("IDAT", data) + Self.end,
      "16 bits": Self.signature + Self.header(8, 8, [16, 0, 0, 0, 0])
        + Self.chunk("IDAT", data) + Self.end,
      "colour": try encodePNG(Self.noise(192, 3), width: 8, height: 8, channels: 3),
    ]
    let decoder = GreyPNGDecoder(width: 8, height: 8, library: library)
    for (name, file) in files.sorted(by: { $0.key < $1.key }) {
      #expect(Self.decode(file, by: decoder) == Self.reference(file, 8, 8), "\(name)")
    }
    for name in ["common", "pieces"] {
      #expect(Self.isCommon(try #require(files[name]), by: decoder), "\(name)")
    }
    for name in ["no end", "short data", "bad filter", "bad checksum", "no checksum", "other size"]
    {
      #expect(Self.decode(try #require(files[name]), by: decoder).fault != nil, "\(name)")
    }
  }

  @Test(
    arguments: InflateTests.libraries
  )
  func `every flipped bit and every cut is judged as libpng does`(library: Inflater.Library) throws
  {
    let pixels = Self.noise(1024, 5).map { $0 / 100 * 120 }
    let file = try encodePNG(pixels, width: 32, height: 32, channels: 1)
    let decoder = GreyPNGDecoder(width: 32, height: 32, library: library)
    for place in file.indices {
      var damaged = file
      damaged[place] ^= 1 << UInt8(place % 8)
      let outcome = Self.decode(damaged, by: decoder)
      #expect(outcome == Self.reference(damaged, 32, 32), "byte \(place)")
      #expect(outcome.fault != nil, "byte \(place)")
      let cut = Array(file[..<place])
      #expect(Self.decode(cut, by: decoder) == Self.reference(cut, 32, 32), "\(place) bytes")
    }
    #expect(Self.decode(file, by: decoder) == Outcome(pixels: pixels))
  }
}
