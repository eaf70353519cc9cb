import DataKit
import Testing

/// An archive with one fault, or one legal oddity, and what a build of it must come to.
struct HostileCase: Sendable, CustomTestStringConvertible {
  enum Outcome: Sendable {
    /// One sentence that names the archive and has these parts.
    case refused([String])
    case accepted(Acceptance)
  }

  /// The file's name in its folder.
  let file: String
  let task: String
  let outcome: Outcome

  var testDescription: String { file }

  static func refused(_ file: String, _ task: String, _ parts: String...) -> Self {
    Self(file: file, task: task, outcome: .refused(parts))
  }

  static func accepted(_ file: String, _ task: String, _ acceptance: Acceptance) -> Self {
    Self(file: file, task: task, outcome: .accepted(acceptance))
  }
}

/// What a data set made from a hostile archive must hold.
struct Acceptance: Sendable {
  /// How many samples train, validate and test.
  var counts: [Int]
  /// A sound archive of the same task that must give the same samples, but for `samples`.
  var like: String?
  /// Samples checked one by one.
  var samples: [ExpectedSample] = []
  /// The labels in canonical order, where they are checked.
  var labels: [Int64]?
  /// Everything that was left out or changed, by reason: nothing may go silently.
  var skipped: [String: Int] = [:]
}

/// One sample of a data set.
struct ExpectedSample: Sendable {
  /// What its values must be.
  enum Values: Sendable {
    /// A grey level for each row and column of an image of 32 x 32.
    case pixels(@Sendable (_ row: Int, _ column: Int) -> Int)
    /// The tokens' texts.
    case tokens([String])
    /// As many values.
    case count(Int)
    /// 16-bit sound, as long as the archive's own and then silent.
    case silentAfter(Int)
  }

  /// The position in the canonical order.
  let id: Int64
  var sequence = 0
  let values: Values
}
