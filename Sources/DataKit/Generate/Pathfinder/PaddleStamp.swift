internal import Glibc

/// A step or place on the pixel grid; rows point down.
struct PixelOffset: Equatable, Sendable {
  var row: Int
  var column: Int

  /// The step of `distance` pixels along `orientation` radians, each coordinate rounded up.
  ///
  /// The sum with a whole coordinate absorbs the last bits of the sine, so that a right angle
  /// gives exactly zero as it does for pixels away from the corner.
  static func step(_ distance: Int, along orientation: Double) -> PixelOffset {
    func rounded(_ value: Double) -> Int { Int((64 + value).rounded(.up)) - 64 }
    return PixelOffset(
      row: rounded(Double(distance) * sin(orientation)),
      column: rounded(Double(distance) * cos(orientation))
    )
  }

  static func + (first: PixelOffset, second: PixelOffset) -> PixelOffset {
    PixelOffset(row: first.row + second.row, column: first.column + second.column)
  }
}

/// One pixel of a stamp, relative to where the paddle starts.
struct StampPixel: Sendable {
  var row: Int16
  var column: Int16
  /// The index relative to the start's in an ``OccupancyGrid``.
  var offset: Int32
  /// The intensity, 1...255.
  var value: UInt8
}

/// A paddle in one orientation, drawn once and placed many times.
struct PaddleStamp: Sendable {
  /// The line's pixels, without zeros.
  let line: [StampPixel]
  /// The pixels of the line dilated by the margin, without zeros.
  let mask: [StampPixel]
  /// The pixels of `mask` that can push a sum with an occupied pixel over the limit of 1.8.
  let maskCore: [StampPixel]

  /// The sum of two mask bytes from which two paddles collide, 1.8 * 255.
  static let collision = 459

  /// The stamp of a paddle that starts at (0, 0) and points along `orientation` radians.
  ///
  /// The line is drawn `antialiasScale` times finer, dilated for the mask by a disc of the margin,
  /// and both are reduced.
  init(orientation: Double, parameters: PathfinderParameters, margin: Int, stride: Int) {
    let scale = parameters.antialiasScale
    let reach = Self.reach(parameters, margin: margin)
    let fine = FineDrawing(
      size: reach * 2 * scale + 1,
      end: .step(parameters.paddleLength * scale, along: orientation),
      thickness: Int((parameters.paddleThickness * Double(scale)).rounded())
    )
    let dilated = fine.dilated(by: margin * scale)
    let reduction = LanczosReduction(from: fine.size, to: reach * 2 + 1)
    func pixels(of drawing: FineDrawing) -> [StampPixel] {
      let side = reach * 2 + 1
      let values = reduction.reduce(rows: 0..<side, columns: 0..<side) { row, column in
        drawing.isSet[row * drawing.size + column] ? 255 : 0
      }
      return values.indices.compactMap { index in
        guard values[index] > 0 else { return nil }
        let (row, column) = (index / side - reach, index % side - reach)
        return StampPixel(
          row: Int16(row),
          column: Int16(column),
          offset: Int32(row * stride + column),
          value: values[index]
        )
      }
    }
    line = pixels(of: fine)
    mask = pixels(of: dilated)
    maskCore = mask.filter { Int($0.value) + 255 >= Self.collision }
  }

  /// How far a stamp reaches from where its paddle starts, in pixels.
  static func reach(_ parameters: PathfinderParameters, margin: Int) -> Int {
    parameters.paddleLength + Int(parameters.paddleThickness.rounded(.up)) + margin
  }
}

/// A black and white drawing of a paddle before reduction, the start in its center.
private struct FineDrawing {
  let size: Int
  var isSet: [Bool]

  /// The line from the center to `end`, of `thickness` fine pixels.
  ///
  /// A thickness of 1 is Bresenham's line. Others are the quadrilateral that Pillow's wide line
  /// fills: whole corners, each scan line from the rounded left to the rounded right edge.
  init(size: Int, end: PixelOffset, thickness: Int) {
    self.size = size
    isSet = [Bool](repeating: false, count: size * size)
    if thickness == 1 { drawThin(to: end) } else { drawWide(to: end, thickness: thickness) }
  }

  private mutating func set(_ row: Int, _ column: Int) {
    let center = size / 2
    isSet[(row + center) * size + column + center] = true
  }

  private mutating func drawThin(to end: PixelOffset) {
    let (long, short) = (
      max(abs(end.row), abs(end.column)), min(abs(end.row), abs(end.column))
    )
    let isFlat = abs(end.column) > abs(end.row)
    var error = 2 * short - long
    var side = 0
    for step in 0...long {
      let (row, column) = isFlat ? (side, step) : (step, side)
      set(row * end.row.signum(), column * end.column.signum())
      if error >= 0 && short > 0 {
        side += 1
        error -= 2 * long
      }
      error += 2 * short
    }
  }

  private mutating func drawWide(to end: PixelOffset, thickness: Int) {
    let length = hypot(Double(end.column), Double(end.row))
    guard length > 0 else { return set(0, 0) }
    let half = Double(thickness - 1) / 2
    let (wide, narrow) = (half.rounded(), (half - 0.5).rounded(.up))
    /// Rounds halves toward zero.
    func whole(_ value: Double) -> Int {
      let magnitude = Int((abs(value) - 0.5).rounded(.up))
      return value < 0 ? -magnitude : magnitude
    }
    let (rows, columns) = (Double(end.row), Double(end.column))
    let first = PixelOffset(
      row: whole(wide / length * columns),
      column: -whole(narrow / length * rows)
    )
    let second = PixelOffset(
      row: -whole(narrow / length * columns),
      column: whole(wide / length * rows)
    )
    fill([first, end + first, end + second, second])
  }

  private mutating func fill(_ corners: [PixelOffset]) {
    let rows = corners.map(\.row)
    for row in (rows.min() ?? 0)...(rows.max() ?? 0) {
      var crossings: [Double] = []
      for (index, from) in corners.enumerated() {
        let to = corners[(index + 1) % corners.count]
        guard min(from.row, to.row) <= row, row <= max(from.row, to.row) else { continue }
        if from.row == to.row {
          crossings += [Double(from.column), Double(to.column)]
        } else {
          let slope = Double(to.column - from.column) / Double(to.row - from.row)
          crossings.append(Double(from.column) + Double(row - from.row) * slope)
        }
      }
      guard let left = crossings.min(), let right = crossings.max() else { continue }
      // Halves are rounded inward, at places counted from the drawing's corner.
      let center = Double(size / 2)
      let first = Int((left + center).rounded())
      let last = Int((right + center - 0.5).rounded(.up))
      guard first <= last else { continue }
      for column in first...last { set(row, column - size / 2) }
    }
  }

  /// The drawing with every set pixel spread over a disc.
  func dilated(by radius: Int) -> FineDrawing {
    var result = self
    for row in 0..<size {
      for column in 0..<size where isSet[row * size + column] {
        for down in max(-radius, -row)...min(radius, size - 1 - row) {
          for across in max(-radius, -column)...min(radius, size - 1 - column)
          where down * down + across * across <= radius * radius {
            result.isSet[(row + down) * size + column + across] = true
          }
        }
      }
    }
    return result
  }
}
