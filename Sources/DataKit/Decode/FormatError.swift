/// What is wrong with the bytes of a member, without naming the member.
struct FormatError: Error, CustomStringConvertible {
  /// Lower case, with the values found and, where it helps, the place.
  let description: String

  init(_ description: String) { self.description = description }
}
