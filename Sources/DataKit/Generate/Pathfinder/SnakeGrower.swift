/// A paddle on its place in an image.
struct PlacedPaddle: Sendable {
  var place: PixelOffset
  var direction: Int
  var isTarget: Bool
}

/// The two ends of a target snake.
struct SnakeTips: Sendable {
  var first: PixelOffset
  var last: PixelOffset
}

/// Grows the snakes of one image at a time on an occupancy grid.
///
/// Nothing is painted here: the accepted paddles are listed, so that a dead end costs only the
/// few cells it touched. Used from one thread.
final class SnakeGrower {
  /// A snake that has at least one paddle.
  private struct Snake {
    var pivot: PixelOffset
    var direction: Int
    var head: PixelOffset
    /// The last paddle, whose mask has not joined the grid.
    var last: PlacedPaddle
  }

  /// Attempts at two target snakes; the published parameters need thousands at the very most.
  static let attemptLimit = 1_000_000

  private let tables: PaddleTables
  private let parameters: PathfinderParameters
  private let grid: OccupancyGrid
  /// The weights of the turns looked at; plain memory, as this is the innermost loop.
  private let weights: UnsafeMutablePointer<Float>
  /// The paddles of the image so far.
  private(set) var paddles: [PlacedPaddle] = []

  init(tables: PaddleTables, parameters: PathfinderParameters) {
    self.tables = tables
    self.parameters = parameters
    grid = OccupancyGrid(
      resolution: parameters.resolution,
      padding: parameters.padding,
      frame: tables.frame,
      stride: tables.stride
    )
    weights = .allocate(capacity: tables.turnRanges.map(\.count).max() ?? 0)
  }

  deinit { weights.deallocate() }

  /// Forgets the image.
  func clear() {
    paddles.removeAll(keepingCapacity: true)
    grid.rollBack(to: 0)
  }

  /// Grows the two target snakes on an empty grid, from the beginning until it succeeds.
  ///
  /// - Returns: the snakes' ends, and how many attempts failed.
  /// - Throws: ``GenerateError`` after ``attemptLimit`` attempts.
  func growTargets(
    random: inout PhiloxStream
  ) throws(GenerateError) -> (tips: [SnakeTips], restarts: Int) {
    for restarts in 0..<Self.attemptLimit {
      if let tips = attemptTargets(random: &random) { return (tips, restarts) }
      clear()
    }
    throw GenerateError(
      reason: "two snakes of \(parameters.contourLength) paddles found no room in "
        + "\(Self.attemptLimit) attempts; use shorter snakes or a larger image"
    )
  }

  private func attemptTargets(random: inout PhiloxStream) -> [SnakeTips]? {
    guard var first = seedFirst(random: &random) else { return nil }
    guard var second = seedSecond(around: first.last.place, random: &random) else { return nil }
    let tails = (first.last.place, second.last.place)
    for _ in 1..<parameters.contourLength {
      guard extend(&first, random: &random), extend(&second, random: &random) else { return nil }
    }
    // The program behind the release lets only the second snake's last paddle join.
    join(second.last)
    return [
      SnakeTips(first: tails.0, last: first.head), SnakeTips(first: tails.1, last: second.head),
    ]
  }

  private func seedFirst(random: inout PhiloxStream) -> Snake? {
    for _ in 0...parameters.paddleRetries {
      let direction = random.next(below: 360)
      let seed = tables.seeds[direction]
      let (rows, columns) = (
        seed.last.row - seed.first.row + 1, seed.last.column - seed.first.column + 1
      )
      guard !seed.footprint.isEmpty, rows > 0, columns > 0 else { return nil }
      let choice = random.next(below: rows * columns)
      let tail = seed.first + PixelOffset(row: choice / columns, column: choice % columns)
      if let snake = place(seed, direction, at: tail, isTarget: true) { return snake }
    }
    return nil
  }

  private func seedSecond(around tail: PixelOffset, random: inout PhiloxStream) -> Snake? {
    for _ in 0...parameters.paddleRetries {
      let direction = random.next(below: 360)
      let place = tail + tables.seedCircle[random.next(below: 360)]
      if let snake = self.place(tables.seeds[direction], direction, at: place, isTarget: true) {
        return snake
      }
    }
    return nil
  }

  /// A snake of one paddle, or nil if its head or pivot leaves the image.
  private func place(
    _ seed: PaddleTables.Seed,
    _ direction: Int,
    at tail: PixelOffset,
    isTarget: Bool
  ) -> Snake? {
    let (head, pivot) = (tail + seed.head, tail + seed.pivot)
    guard grid.contains(head), grid.contains(pivot) else { return nil }
    let paddle = PlacedPaddle(place: tail, direction: direction, isTarget: isTarget)
    paddles.append(paddle)
    return Snake(pivot: pivot, direction: direction, head: head, last: paddle)
  }

  private func join(_ paddle: PlacedPaddle) {
    let mask = tables.stamps[paddle.direction].mask
    grid.join(mask.span, at: paddle.place, reach: tables.reach)
  }

  /// Adds a paddle to a snake; false at a dead end, with the snake unchanged.
  private func extend(_ snake: inout Snake, random: inout PhiloxStream) -> Bool {
    let pivot = snake.pivot + tables.pivotSteps[snake.direction]
    let range = tables.turnRanges[snake.direction]
    let total = weighTurns(range, around: pivot)
    guard total >= 1e-4 else { return false }
    for _ in 0...parameters.paddleRetries {
      var rest = random.nextUnit() * total
      var chosen = 0
      for index in 0..<range.count where weights[index] > 0 {
        chosen = index
        rest -= weights[index]
        if rest < 0 { break }
      }
      let turn = tables.turns[range.lowerBound + chosen]
      let head = pivot + turn.head
      let core = tables.stamps[turn.direction].maskCore
      if grid.collides(core.span, at: grid.index(head)) { continue }
      join(snake.last)
      let paddle = PlacedPaddle(
        place: head,
        direction: turn.direction,
        isTarget: snake.last.isTarget
      )
      paddles.append(paddle)
      snake = Snake(pivot: pivot, direction: turn.direction, head: head, last: paddle)
      return true
    }
    return false
  }

  /// Fills `weights` with the weights of the turns in a range and returns their sum.
  private func weighTurns(_ range: Range<Int>, around pivot: PixelOffset) -> Float {
    let (allTurns, disc) = (tables.turns, tables.disc)
    let turns = allTurns.span
    let base = grid.index(pivot)
    var total: Float = 0
    for (slot, position) in range.enumerated() {
      let turn = turns[position]
      guard grid.contains(pivot + turn.head) else {
        weights[slot] = 0
        continue
      }
      let free = 255 - grid.dilated(at: base + turn.offset, disc: disc.span)
      let weight = turn.weight * Float(free) / 255
      weights[slot] = weight
      total += weight
    }
    return total
  }
}

// Distractors.
extension SnakeGrower {
  /// Grows the distractor snakes and single paddles; those that find no room are left out.
  func growDistractors(random: inout PhiloxStream) {
    growMany(
      parameters.distractorCount,
      length: parameters.distractorLength,
      retries: parameters.snakeRetries,
      random: &random
    )
    growMany(
      parameters.singlePaddleCount(margin: tables.margin),
      length: 1,
      retries: parameters.paddleRetries,
      random: &random
    )
  }

  private func growMany(_ count: Int, length: Int, retries: Int, random: inout PhiloxStream) {
    for _ in 0..<count {
      for _ in 0...retries {
        let (checkpoint, paddleCount) = (grid.checkpoint, paddles.count)
        if grow(length: length, random: &random) { break }
        grid.rollBack(to: checkpoint)
        paddles.removeLast(paddles.count - paddleCount)
      }
    }
  }

  private func grow(length: Int, random: inout PhiloxStream) -> Bool {
    guard var snake = seedAnywhere(random: &random) else { return false }
    for _ in 1..<max(length, 1) {
      guard extend(&snake, random: &random) else { return false }
    }
    join(snake.last)
    return true
  }

  private func seedAnywhere(random: inout PhiloxStream) -> Snake? {
    let pixelCount = parameters.resolution * parameters.resolution
    for _ in 0...parameters.paddleRetries {
      let direction = random.next(below: 360)
      let seed = tables.seeds[direction]
      guard !seed.footprint.isEmpty, (pixelCount - grid.takenCount) * 100 >= pixelCount,
        let tail = freePlace(for: seed.footprint, random: &random)
      else { return nil }
      if let snake = place(seed, direction, at: tail, isTarget: false) { return snake }
    }
    return nil
  }

  /// One of the places where a footprint is free, each with equal chance, or nil if there is none.
  private func freePlace(
    for footprint: [PixelOffset],
    random: inout PhiloxStream
  ) -> PixelOffset? {
    let resolution = parameters.resolution
    func pixel(_ index: Int) -> PixelOffset {
      PixelOffset(row: index / resolution, column: index % resolution)
    }
    // Trying pixels at random is quick while much is free, and as fair as the list of all.
    for _ in 0..<128 {
      let place = pixel(random.next(below: resolution * resolution))
      if grid.isFree(footprint, at: place) { return place }
    }
    let free = (0..<resolution * resolution).filter { grid.isFree(footprint, at: pixel($0)) }
    guard !free.isEmpty else { return nil }
    return pixel(free[random.next(below: free.count)])
  }
}
