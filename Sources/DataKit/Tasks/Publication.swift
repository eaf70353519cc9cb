/// What stands behind a published task, for people who choose one.
public struct Publication: Sendable, Equatable {
  /// The archive's file name.
  public let archive: String
  /// The archive's size in bytes; nil where its publisher names none.
  public let byteCount: Int?
  /// The samples of each split that the archive gives.
  public let samples: [Split: Int]
  /// How many classes there are; nil when labels are values.
  public let classes: Int?
  /// How long a sample is, with its unit: "up to 2,048 tokens".
  public let length: String

  /// Where the release of the Long Range Arena is (its README, github.com/google-research/long-range-arena).
  static let longRangeArena =
    "https://storage.googleapis.com/long-range-arena/lra_release.gz (about 8 GB)"
}
