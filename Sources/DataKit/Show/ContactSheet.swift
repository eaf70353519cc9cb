/// Square grey images side by side, with a caption under each and masked pixels tinted.
public struct ContactSheet {
  /// One image of a sheet.
  public struct Tile: Sendable {
    /// Grey levels, [side, side], row-major.
    public var pixels: [UInt8]
    /// One byte per pixel, 1 where masked; empty marks nothing.
    public var mask: [UInt8]
    /// Digits, letters of a few kinds and spaces, drawn under the image.
    public var caption: String

    /// A tile.
    public init(pixels: [UInt8], mask: [UInt8], caption: String) {
      self.pixels = pixels
      self.mask = mask
      self.caption = caption
    }
  }

  private static let gap = 8
  private static let captionHeight = 14
  private static let fontScale = 2

  private let side: Int
  private let scale: Int
  private let columns: Int

  /// A sheet of images of `side` x `side` pixels, each enlarged to at least 96 pixels.
  public init(side: Int, columns: Int = 4) {
    self.side = side
    self.columns = columns
    scale = max(1, (95 + side) / side)
  }

  /// Draws the tiles and encodes them as an RGB PNG.
  public func png(_ tiles: [Tile]) throws -> [UInt8] {
    let (cell, step) = (side * scale, side * scale + Self.gap)
    let rowStep = step + Self.captionHeight
    let used = min(columns, max(1, tiles.count))
    let rows = (tiles.count + columns - 1) / columns
    var canvas = Canvas(
      width: used * step + Self.gap,
      height: max(1, rows) * rowStep + Self.gap
    )
    for (index, tile) in tiles.enumerated() {
      precondition(
        tile.pixels.count == side * side,
        "a tile of \(tile.pixels.count) pixels on a sheet of \(side) x \(side) images"
      )
      let left = Self.gap + index % columns * step
      let top = Self.gap + index / columns * rowStep
      draw(tile, left: left, top: top, on: &canvas)
      canvas.write(
        tile.caption,
        left: left,
        top: top + cell + 3,
        scale: Self.fontScale,
        right: left + cell
      )
    }
    return try encodePNG(
      canvas.pixels,
      width: canvas.width,
      height: canvas.height,
      channels: 3
    )
  }

  /// Masked pixels keep their brightness and turn red, so that both can be read off.
  private func draw(_ tile: Tile, left: Int, top: Int, on canvas: inout Canvas) {
    for y in 0..<side * scale {
      for x in 0..<side * scale {
        let pixel = y / scale * side + x / scale
        let grey = tile.pixels[pixel]
        let isMasked = !tile.mask.isEmpty && tile.mask[pixel] == 1
        canvas.set(
          left + x,
          top + y,
          isMasked ? (155 + UInt8(grey / 3), grey / 3, grey / 3) : (grey, grey, grey)
        )
      }
    }
  }
}

/// An RGB image under construction, white at first.
private struct Canvas {
  let width: Int
  let height: Int
  private(set) var pixels: [UInt8]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    pixels = [UInt8](repeating: 255, count: 3 * width * height)
  }

  mutating func set(_ x: Int, _ y: Int, _ colour: (UInt8, UInt8, UInt8)) {
    guard x < width, y < height else { return }
    let start = 3 * (y * width + x)
    (pixels[start], pixels[start + 1], pixels[start + 2]) = colour
  }

  /// Writes a caption in a 3 x 5 pixel font, up to the column `right`.
  mutating func write(_ text: String, left: Int, top: Int, scale: Int, right: Int) {
    var x = left
    for character in text {
      guard x + 3 * scale <= right else { return }
      let rows = PixelFont.rows(of: character)
      for (line, bits) in rows.enumerated() {
        for column in 0..<3 where bits >> (2 - column) & 1 == 1 {
          for dy in 0..<scale {
            for dx in 0..<scale { set(x + column * scale + dx, top + line * scale + dy, (0, 0, 0)) }
          }
        }
      }
      x += 4 * scale
    }
  }
}

/// Digits and the letters that captions need, three bits a row, five rows.
private enum PixelFont {
  private static let glyphs: [Character: [UInt8]] = [
    "0": [7, 5, 5, 5, 7], "1": [2, 6, 2, 2, 7], "2": [7, 1, 7, 4, 7], "3": [7, 1, 7, 1, 7],
    "4": [5, 5, 7, 1, 1], "5": [7, 4, 7, 1, 7], "6": [7, 4, 7, 5, 7], "7": [7, 1, 1, 2, 2],
    "8": [7, 5, 7, 5, 7], "9": [7, 5, 7, 1, 7], ":": [0, 2, 0, 2, 0], "-": [0, 0, 7, 0, 0],
    "i": [2, 0, 2, 2, 2], "d": [1, 1, 7, 5, 7], "l": [4, 4, 4, 4, 7], "a": [0, 7, 1, 7, 7],
    "b": [4, 4, 7, 5, 7], "e": [7, 5, 7, 4, 7], "c": [0, 7, 4, 4, 7], "s": [7, 4, 7, 1, 7],
  ]

  static func rows(of character: Character) -> [UInt8] { glyphs[character] ?? [] }
}
