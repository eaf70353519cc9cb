/// What was asked of a generator cannot be made.
public struct GenerateError: Error, CustomStringConvertible, Sendable {
  /// The rule that was broken, with the values found.
  public let reason: String

  /// The reason itself.
  public var description: String { reason }
}
