/// Paints placed paddles and markers into bytes.
struct PathfinderPainter: Sendable {
  private let resolution: Int
  private let targetContrast: Double
  private let distractorContrast: Double
  private let marker: MarkerDrawing

  init(parameters: PathfinderParameters) {
    resolution = parameters.resolution
    targetContrast = parameters.snakeContrast * parameters.paddleContrast
    distractorContrast = parameters.snakeContrast
    marker = MarkerDrawing(
      resolution: parameters.resolution,
      radius: parameters.markerRadius,
      scale: parameters.antialiasScale
    )
  }

  /// The image: the pixelwise maximum of all, stretched to 0...255.
  ///
  /// Paddles are single precision and the rest double, as in the program behind the release: that
  /// decides which way the many products that end in a half are rounded.
  ///
  /// - Parameters:
  ///   - paddles: what to paint.
  ///   - stamps: by direction.
  ///   - markers: the centers of the two discs.
  /// - Returns: resolution x resolution bytes, row-major.
  func paint(
    _ paddles: [PlacedPaddle],
    stamps: [PaddleStamp],
    markers: [PixelOffset]
  ) -> [UInt8] {
    var image = [Double](repeating: 0, count: resolution * resolution)
    for paddle in paddles {
      let contrast = paddle.isTarget ? targetContrast : distractorContrast
      for pixel in stamps[paddle.direction].line {
        let (row, column) = (
          paddle.place.row + Int(pixel.row), paddle.place.column + Int(pixel.column)
        )
        guard row >= 0, row < resolution, column >= 0, column < resolution else { continue }
        let index = row * resolution + column
        image[index] = max(image[index], Double(Float(Double(pixel.value) / 255 * contrast)))
      }
    }
    for center in markers { marker.paint(at: center, into: &image) }
    return stretched(image)
  }

  private func stretched(_ image: [Double]) -> [UInt8] {
    var (least, greatest) = (Double.infinity, -Double.infinity)
    for value in image {
      least = value < least ? value : least
      greatest = value > greatest ? value : greatest
    }
    guard greatest > least else { return [UInt8](repeating: 0, count: image.count) }
    let scale = 255 / (greatest - least)
    return image.map { UInt8(($0 - least) * scale + 0.5) }
  }
}

/// The antialiased disc of a marker.
private struct MarkerDrawing: Sendable {
  private let resolution: Int
  private let scale: Int
  private let squaredRadius: Double
  private let reach: Int
  private let reduction: LanczosReduction

  init(resolution: Int, radius: Double, scale: Int) {
    self.resolution = resolution
    self.scale = scale
    squaredRadius = radius * radius * Double(scale * scale)
    reach = Int(radius.rounded(.up)) + 4
    reduction = LanczosReduction(from: resolution * scale, to: resolution)
  }

  /// Joins the disc around a pixel to an image of intensities.
  func paint(at center: PixelOffset, into image: inout [Double]) {
    let rows = max(0, center.row - reach)..<max(0, min(resolution, center.row + reach + 1))
    let columns = max(0, center.column - reach)..<max(0, min(resolution, center.column + reach + 1))
    let (fineRow, fineColumn) = (center.row * scale, center.column * scale)
    let values = reduction.reduce(rows: rows, columns: columns) { row, column in
      let (down, right) = (row - fineRow, column - fineColumn)
      return Double(down * down + right * right) <= squaredRadius ? 255 : 0
    }
    var position = 0
    for row in rows {
      for column in columns {
        let index = row * resolution + column
        image[index] = max(image[index], Double(values[position]) / 255)
        position += 1
      }
    }
  }
}
