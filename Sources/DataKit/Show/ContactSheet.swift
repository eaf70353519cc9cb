/// Images of one size side by side, with a caption under each and masked pixels tinted.
public struct ContactSheet {
  /// One image of a sheet.
  public struct Tile: Sendable {
    /// Levels, [height, width] for grey or [height, width, 3] for red, green and blue, row-major.
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

  private let width: Int
  private let height: Int
  private let scale: Int
  private let columns: Int

  /// A sheet of images of `width` x `height` pixels, each enlarged to at least 96 columns.
  public init(width: Int, height: Int, columns: Int = 4) {
    self.width = width
    self.height = height
    self.columns = columns
    scale = max(1, (95 + width) / width)
  }

  /// Draws the tiles and encodes them as an RGB PNG.
  public func png(_ tiles: [Tile]) throws -> [UInt8] {
    let step = width * scale + Self.gap
    let rowStep = height * scale + Self.gap + Self.captionHeight
    let used = min(columns, max(1, tiles.count))
    let rows = (tiles.count + columns - 1) / columns
    var canvas = Canvas(
      width: used * step + Self.gap,
      height: max(1, rows) * rowStep + Self.gap
    )
    for (index, tile) in tiles.enumerated() {
      precondition(
        [1, 3].contains(where: { tile.pixels.count == $0 * width * height }),
        "a tile of \(tile.pixels.count) pixels on a sheet of \(width) x \(height) images"
      )
      let left = Self.gap + index % columns * step
      let top = Self.gap + index / columns * rowStep
      draw(tile, left: left, top: top, on: &canvas)
      canvas.write(
        tile.caption,
        left: left,
        top: top + height * scale + 3,
        scale: Self.fontScale,
        right: left + width * scale
      )
    }
    return try canvas.png()
  }

  /// Masked pixels keep their brightness and turn red, so that both can be read off.
  private func draw(_ tile: Tile, left: Int, top: Int, on canvas: inout Canvas) {
    let channels = tile.pixels.count / (width * height)
    for y in 0..<height * scale {
      for x in 0..<width * scale {
        let pixel = y / scale * width + x / scale
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
