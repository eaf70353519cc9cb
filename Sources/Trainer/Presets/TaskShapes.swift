extension DataShape {
  /// Image: CIFAR-10 in grey, 32 by 32.
  static let image = DataShape(vocabulary: nil, classes: 10, maximumLength: 1024)
  /// CIFAR-10 in colour, 32 by 32.
  static let imageColour = DataShape(
    vocabulary: nil,
    channels: 3,
    classes: 10,
    maximumLength: 1024
  )
  /// Text: IMDB by characters; 136 of them with the published minimum frequency.
  static let text = DataShape(vocabulary: 136, classes: 2, maximumLength: 4096)
  /// Retrieval: pairs of AAN papers by characters, 99 of them.
  static let retrieval = DataShape(
    vocabulary: 99,
    sequences: 2,
    classes: 2,
    maximumLength: 4000
  )
  /// ListOps: 15 tokens and 4 specials.
  static let listops = DataShape(vocabulary: 19, classes: 10, maximumLength: 2048)
  /// Pathfinder, 32 by 32.
  static let pathfinder32 = pathfinder(side: 32)
  /// Path-X: Pathfinder, 128 by 128.
  static let pathx = pathfinder(side: 128)
  /// Path-X-256: Pathfinder, 256 by 256.
  static let pathx256 = pathfinder(side: 256)
  /// Speech Commands: a second of sound, 35 words.
  static let speech = DataShape(vocabulary: nil, classes: 35, maximumLength: 16_000)
  /// BIDMC: 32 seconds of two curves at 125 Hz, and a value to predict.
  static let bidmc = DataShape(vocabulary: nil, channels: 2, classes: nil, maximumLength: 4000)

  private static func pathfinder(side: Int) -> DataShape {
    DataShape(vocabulary: nil, classes: 2, maximumLength: side * side)
  }
}
