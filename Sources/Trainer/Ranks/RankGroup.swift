/// The processes that train one network together, seen from one of them.
///
/// Every rank calls the same methods in the same order; each call waits for all ranks. A rank that
/// fails between two calls leaves the others waiting, and whoever started the ranks has to end them.
public protocol RankGroup: AnyObject {
  /// This process, from 0.
  var rank: Int { get }
  /// The number of processes, the world size.
  var size: Int { get }

  /// Replaces values by their sums over all ranks; every rank gets the same bits.
  func allReduce(_ values: UnsafeMutableBufferPointer<Float>)

  /// Replaces values by their sums over all ranks; every rank gets the same bits.
  func allReduce(_ values: UnsafeMutableBufferPointer<Double>)

  /// Replaces bytes by those of one rank.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int)
}

/// A process that trains alone.
public final class SingleRank: RankGroup {
  /// The first and only rank.
  public let rank = 0
  /// One.
  public let size = 1

  /// The only rank.
  public init() {}

  /// Leaves the values as they are.
  public func allReduce(_ values: UnsafeMutableBufferPointer<Float>) {}

  /// Leaves the values as they are.
  public func allReduce(_ values: UnsafeMutableBufferPointer<Double>) {}

  /// Leaves the bytes as they are.
  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {}
}

/// What went wrong on one of several ranks; every rank throws it.
public struct RankError: Error, CustomStringConvertible, Sendable {
  /// The lowest rank on which something went wrong.
  public let rank: Int
  /// What it said.
  public let reason: String
  /// The error itself, on the rank that it came from.
  public let cause: (any Error)?

  /// One sentence, with the rank unless it is the first, which speaks for all.
  public var description: String { rank == 0 ? reason : "rank \(rank): \(reason)" }
}

extension RankGroup {
  /// Whether this rank writes files and speaks for all.
  public var isFirst: Bool { rank == 0 }

  /// Replaces values by their sums over all ranks.
  public func allReduce(_ values: inout [Double]) {
    values.withUnsafeMutableBufferPointer { allReduce($0) }
  }

  /// Whether any rank says yes.
  public func any(_ answer: Bool) -> Bool {
    guard size > 1 else { return answer }
    var answers = [answer ? 1.0 : 0]
    allReduce(&answers)
    return answers[0] > 0
  }

  /// The bytes that one rank has; those of the others are not looked at.
  func broadcast(_ bytes: [UInt8], from root: Int) -> [UInt8] {
    guard size > 1 else { return bytes }
    var count = bytes.count
    withUnsafeMutableBytes(of: &count) { broadcast($0, from: root) }
    var result = rank == root ? bytes : [UInt8](repeating: 0, count: count)
    result.withUnsafeMutableBytes { broadcast($0, from: root) }
    return result
  }

  /// Runs a body that has to succeed on every rank.
  ///
  /// - Parameter body: something that calls no other rank.
  /// - Returns: what the body returned on this rank.
  /// - Throws: ``RankError`` with the sentence of the lowest rank that failed.
  public func agree<Value>(_ body: () throws -> Value) throws -> Value {
    guard size > 1 else { return try body() }
    let outcome = Result { try body() }
    var failures = [Double](repeating: 0, count: size)
    var cause: (any Error)?
    if case .failure(let error) = outcome { (failures[rank], cause) = (1, error) }
    allReduce(&failures)
    guard let failed = failures.firstIndex(where: { $0 > 0 }) else { return try outcome.get() }
    let sentence = cause.map { "\($0)" } ?? ""
    let reason = String(decoding: broadcast(Array(sentence.utf8), from: failed), as: UTF8.self)
    throw RankError(rank: failed, reason: reason, cause: rank == failed ? cause : nil)
  }

  /// Compares what every rank has with what the first one has.
  ///
  /// - Parameters:
  ///   - mine: what this rank has.
  ///   - difference: throws a sentence when it is given something else than `mine`.
  /// - Throws: ``RankError`` on all ranks when one of them differs.
  func compare(_ mine: [UInt8], _ difference: (_ first: [UInt8]) throws -> Void) throws {
    guard size > 1 else { return }
    let first = broadcast(mine, from: 0)
    try agree { try difference(first) }
  }

  /// The part of `count` things in order that falls to this rank; sizes differ by one at most.
  func share(of count: Int) -> Range<Int> {
    rank * count / size..<(rank + 1) * count / size
  }
}
