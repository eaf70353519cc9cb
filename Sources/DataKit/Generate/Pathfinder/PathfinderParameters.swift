/// Everything that shapes a Pathfinder image.
///
/// Lengths are in pixels unless said. The published values are those that the official data-set
/// builder documents (google-research/long-range-arena, `lra_benchmarks/data/pathfinder.py`).
public struct PathfinderParameters: Codable, Equatable, Sendable {
  /// Width and height of an image.
  public var resolution: Int
  /// Width of the blocked border.
  public var padding: Int
  /// Length of a paddle.
  public var paddleLength: Int
  /// Thickness of a paddle; a multiple of 1 / ``antialiasScale``.
  public var paddleThickness: Double
  /// Half the gap between paddles; drawn per image from this list.
  public var margins: [Int]
  /// Radius of the two markers.
  public var markerRadius: Double
  /// Distance between the first ends of the two target snakes.
  public var seedDistance: Int
  /// How straight snakes are; 1 allows turns up to a right angle.
  public var continuity: Double
  /// How many times finer than a pixel paddles and markers are drawn.
  public var antialiasScale: Int
  /// Paddles of a target snake: 14 (hard), 9 (intermediate) or 6 (easy) in the release.
  public var contourLength: Int
  /// Paddles of a distractor snake.
  public var distractorLength: Int
  /// Distractor snakes attempted.
  public var distractorCount: Int
  /// Intensity of distractors, and factor of that of targets; a marker has intensity 1.
  public var snakeContrast: Double
  /// Factor of the intensity of the targets' paddles.
  public var paddleContrast: Double
  /// Further attempts after a distractor snake failed.
  public var snakeRetries: Int
  /// Further draws after a paddle did not fit.
  public var paddleRetries: Int
  /// Whether single paddles fill the rest of the image; off in the published sets.
  public var hasSinglePaddles: Bool

  /// The resolutions that have preset values.
  public static let resolutions = [32, 64, 128, 256, 512]
  /// The paddles that a target snake may have.
  public static let contourLengths = 2...64

  /// The preset of a resolution, or nil if it has none.
  ///
  /// 32, 64, 128 and 256 are the release's. 512 is not part of it: every length of 256 is doubled,
  /// counts and contrasts stay, so that an image looks like one of 256 drawn twice as fine.
  ///
  /// - Parameters:
  ///   - resolution: one of ``resolutions``.
  ///   - contourLength: paddles of a target snake; the distractors have a third of it.
  /// - Returns: the preset, or nil.
  public static func published(resolution: Int, contourLength: Int = 14) -> Self? {
    var base = Self(
      resolution: resolution,
      padding: 1,
      paddleLength: 5,
      paddleThickness: 1,
      margins: [1],
      markerRadius: 2.5,
      seedDistance: 12,
      continuity: 1.8,
      antialiasScale: 2,
      contourLength: contourLength,
      distractorLength: max(1, contourLength / 3),
      distractorCount: 22,
      snakeContrast: 0.8,
      paddleContrast: 1,
      snakeRetries: 4,
      paddleRetries: 2,
      hasSinglePaddles: false
    )
    switch resolution {
    case 32: base.apply32()
    case 64: break
    case 128: base.apply128()
    case 256: base.apply256(scale: 1)
    case 512: base.apply256(scale: 2)
    default: return nil
    }
    base.distractorCount /= base.distractorLength
    return base
  }

  private mutating func apply32() {
    paddleLength = 2
    paddleThickness = 0.5
    markerRadius = 1.5
    seedDistance = 7
    continuity = 1
    distractorCount = 20
    snakeContrast = 2
    paddleContrast = 0.75
  }

  private mutating func apply128() {
    paddleThickness = 1.5
    margins = [2, 3]
    markerRadius = 3
    seedDistance = 20
    distractorCount = 35
    snakeContrast = 0.9
  }

  private mutating func apply256(scale: Int) {
    padding = 22 * scale
    paddleLength = 5 * scale
    paddleThickness = Double(2 * scale)
    margins = [3 * scale]
    markerRadius = Double(5 * scale)
    seedDistance = 27 * scale
    distractorCount = 30
    snakeContrast = 1
  }

  /// The first rule that the values break, as a sentence, or nil if they are usable.
  public var problem: String? {
    let largestMargin = margins.max() ?? 0
    let blown = paddleThickness * Double(antialiasScale)
    let reach = paddleLength + Int(paddleThickness.rounded(.up)) + largestMargin
    if resolution < 16 || resolution > 2048 {
      return "resolution \(resolution) is not in 16...2048"
    }
    if margins.isEmpty || margins.contains(where: { $0 < 1 || $0 > 32 }) {
      return "margins \(margins) must be 1...32, and at least one"
    }
    if paddleLength < 1 || paddleThickness <= 0 || reach >= resolution / 2 {
      return "a paddle of \(paddleLength) by \(paddleThickness) pixels does not fit"
    }
    if antialiasScale < 1 || antialiasScale > 8 {
      return "antialias scale \(antialiasScale) is not in 1...8"
    }
    if blown < 1 || blown != blown.rounded() {
      return "paddle thickness \(paddleThickness) is not a multiple of 1/\(antialiasScale)"
    }
    if padding < 1 || 4 * seedDistance >= resolution || 2 * seedDistance < 2 * padding {
      return "seed distance \(seedDistance) and padding \(padding) leave no room for seeds"
    }
    if 2 * seedDistance < 2 * (paddleLength + largestMargin) + 1 {
      return "seed distance \(seedDistance) is under the size of a paddle"
    }
    if !Self.contourLengths.contains(contourLength) || distractorLength < 1 || distractorCount < 0 {
      return "contour length \(contourLength) is not in 2...64, or the distractors are negative"
    }
    if snakeContrast <= 0 || paddleContrast <= 0 || markerRadius <= 0 || continuity <= 0 {
      return "contrasts, marker radius and continuity must be positive"
    }
    if snakeRetries < 0 || paddleRetries < 0 { return "retries must not be negative" }
    return nil
  }

  /// Single paddles attempted for a margin.
  func singlePaddleCount(margin: Int) -> Int {
    guard hasSinglePaddles else { return 0 }
    let area = 7.5 + 13 * Double(margin) + 4 * Double(margin * margin)
    let total = Int(150 * 123.5 / area)
    return max(0, total - 2 * contourLength - distractorCount * distractorLength)
  }
}
