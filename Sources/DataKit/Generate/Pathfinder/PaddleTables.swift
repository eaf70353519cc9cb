internal import Glibc

/// All that a snake of one margin can do, worked out once: stamps, steps and turning weights.
///
/// A paddle's direction is a number: 0 ..< 360 are the whole degrees from -180 that a snake may
/// start with, the rest are the directions from a pivot to the pixels of the circle around it.
final class PaddleTables: Sendable {
  /// A way to go on from a pivot.
  struct Turn: Sendable {
    var head: PixelOffset
    /// The head's index relative to the pivot's in the grid.
    var offset: Int
    /// cos² of the turn times the continuity.
    var weight: Float
    var direction: Int
  }

  /// A first paddle in a whole-degree orientation.
  struct Seed: Sendable {
    /// From the tail to the head.
    var head: PixelOffset
    /// From the tail to the pivot.
    var pivot: PixelOffset
    /// The pixels that must be free around a tail; empty when this orientation cannot be placed.
    var footprint: [PixelOffset]
    /// The tails a first target snake may have: the first and the last allowed row and column.
    var first: PixelOffset
    var last: PixelOffset
  }

  let margin: Int
  /// How far a stamp reaches from where its paddle starts.
  let reach: Int
  /// Width of the frame around the image in a grid, so that no stamp leaves the memory.
  let frame: Int
  /// Pixels from one grid row to the next.
  let stride: Int
  /// By direction; a seed's points ahead from its tail, the others' back from their head.
  let stamps: [PaddleStamp]
  let seeds: [Seed]
  /// By direction, from one pivot to the next.
  let pivotSteps: [PixelOffset]
  /// By direction, the range of its turns in ``turns``.
  let turnRanges: [Range<Int>]
  let turns: [Turn]
  /// Index steps of the disc of the margin, for the dilation of the grid.
  let disc: [Int]
  /// The places around the first tail where the second may lie, by whole degree.
  let seedCircle: [PixelOffset]

  init(parameters: PathfinderParameters, margin: Int) {
    let length = parameters.paddleLength
    let reach = PaddleStamp.reach(parameters, margin: margin)
    let frame = reach + length + 2 * margin + 2
    let stride = parameters.resolution + 2 * frame
    self.margin = margin
    self.reach = reach
    self.frame = frame
    self.stride = stride
    let degrees = (0..<360).map { Double($0 - 180) * .pi / 180 }
    let circle = Self.circle(radius: length + margin)
    let angles = circle.map { atan2(Double($0.row), Double($0.column)) }
    func stamp(_ orientation: Double) -> PaddleStamp {
      PaddleStamp(
        orientation: orientation,
        parameters: parameters,
        margin: margin,
        stride: stride
      )
    }
    let stamps = degrees.map(stamp) + angles.map { stamp(Self.reversed($0)) }
    self.stamps = stamps
    seeds = degrees.indices.map {
      Self.seed(degrees[$0], stamp: stamps[$0], parameters: parameters, margin: margin)
    }
    let all = degrees + angles
    pivotSteps = all.map { .step(length + 2 * margin, along: $0) }
    var turns: [Turn] = []
    turnRanges = all.map { from in
      let start = turns.count
      for (index, to) in angles.enumerated() {
        let difference = min(abs(to - from), 2 * .pi - abs(to - from))
        let cosine = cos(min(difference * parameters.continuity, .pi / 2))
        guard cosine > 1e-9 else { continue }
        let head = circle[index]
        turns.append(
          Turn(
            head: head,
            offset: head.row * stride + head.column,
            weight: Float(cosine * cosine),
            direction: 360 + index
          )
        )
      }
      return start..<turns.count
    }
    self.turns = turns
    disc = Self.disc(radius: margin).map { $0.row * stride + $0.column }
    seedCircle = (0..<360).map { degree in
      let angle = Double(degree) * .pi / 180
      let radius = Double(parameters.seedDistance)
      return PixelOffset(
        row: Int((radius * sin(angle)).rounded(.toNearestOrEven)),
        column: Int((radius * cos(angle)).rounded(.toNearestOrEven))
      )
    }
  }

  /// The opposite direction, between -π and π.
  private static func reversed(_ angle: Double) -> Double { angle < 0 ? angle + .pi : angle - .pi }

  /// The pixels of a circle around (0, 0), one per pixel of arc, truncated, each once.
  private static func circle(radius: Int) -> [PixelOffset] {
    let count = Int((2 * Double(radius) * .pi).rounded(.up))
    var result: [PixelOffset] = []
    for index in 0..<count {
      let angle = Double(index) / Double(radius)
      let pixel = PixelOffset(
        row: Int((64 + Double(radius) * sin(angle)).rounded(.down)) - 64,
        column: Int((64 + Double(radius) * cos(angle)).rounded(.down)) - 64
      )
      if !result.contains(pixel) { result.append(pixel) }
    }
    return result
  }

  private static func disc(radius: Int) -> [PixelOffset] {
    (-radius...radius).flatMap { row in
      (-radius...radius).compactMap { column in
        row * row + column * column <= radius * radius
          ? PixelOffset(row: row, column: column) : nil
      }
    }
  }

  private static func seed(
    _ orientation: Double,
    stamp: PaddleStamp,
    parameters: PathfinderParameters,
    margin: Int
  ) -> Seed {
    let head = PixelOffset.step(parameters.paddleLength, along: orientation)
    let back = PixelOffset.step(parameters.paddleLength + margin, along: reversed(orientation))
    let footprint = footprint(of: stamp, window: parameters.paddleLength + margin)
    let blocked = max(parameters.padding, 2 * parameters.seedDistance)
    let free = blocked...(parameters.resolution - 1 - blocked)
    let rows = footprint.map(\.row)
    let columns = footprint.map(\.column)
    return Seed(
      head: head,
      pivot: head + back,
      footprint: footprint,
      first: PixelOffset(
        row: free.lowerBound - (rows.min() ?? 0),
        column: free.lowerBound - (columns.min() ?? 0)
      ),
      last: PixelOffset(
        row: free.upperBound - (rows.max() ?? 0),
        column: free.upperBound - (columns.max() ?? 0)
      )
    )
  }

  /// The pixels that the program behind the release asks to be free for a seed.
  ///
  /// They are the fully set pixels of the paddle's mask, cut to a window of `window` around the
  /// center, but placed one pixel further down and right. Where such a footprint has no pixel in
  /// one of the four closed quadrants, a tail in the opposite corner sees nothing of the image and
  /// the program gives up the whole attempt. So with a margin of 1 snakes start toward the upper
  /// left only: the published images are brighter there.
  private static func footprint(of stamp: PaddleStamp, window: Int) -> [PixelOffset] {
    let pixels = stamp.mask.filter { $0.value == 255 }
      .map { PixelOffset(row: Int($0.row) + 1, column: Int($0.column) + 1) }
      .filter { abs($0.row) <= window && abs($0.column) <= window }
    let reachesAll = [(1, 1), (1, -1), (-1, 1), (-1, -1)].allSatisfy { down, right in
      pixels.contains { $0.row * down >= 0 && $0.column * right >= 0 }
    }
    return reachesAll ? pixels : []
  }
}
