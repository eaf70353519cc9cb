/// Square images side by side, with a caption under each and masked pixels tinted.
public struct ContactSheet {
  /// One image of a sheet.
  public struct Tile: Sendable {
    /// Levels, [side, side] for grey or [side, side, 3] for red, green and blue, row-major.
    public var pixels: [UInt8]
    /// One byte per pixel, 1 where masked; empty marks nothing.
    public var mask: [UInt8]
    /// Text drawn under the image; characters outside ``Canvas``'s font leave a gap.
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
        tile.pixels.count == side * side || tile.pixels.count == 3 * side * side,
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
    return try canvas.png()
  }

  /// Masked pixels keep their brightness and turn red, so that both can be read off.
  private func draw(_ tile: Tile, left: Int, top: Int, on canvas: inout Canvas) {
    let channels = tile.pixels.count / (side * side)
    for y in 0..<side * scale {
      for x in 0..<side * scale {
        let pixel = y / scale * side + x / scale
        let levels = tile.pixels[pixel * channels..<(pixel + 1) * channels]
        guard let red = levels.first, let blue = levels.last else { continue }
        let green = levels[levels.startIndex + channels / 2]
        let isMasked = !tile.mask.isEmpty && tile.mask[pixel] == 1
        let grey = UInt8((Int(red) + Int(green) + Int(blue)) / 3)
        canvas.set(
          left + x,
          top + y,
          isMasked
            ? Colour(155 + grey / 3, grey / 3, grey / 3) : Colour(red, green, blue)
        )
      }
    }
  }
}
