/// What shapes generated ListOps expressions; the defaults are the release's.
///
/// Source: google-research/long-range-arena, `lra_benchmarks/data/listops.py`.
public struct ListOpsParameters: Codable, Equatable, Sendable {
  /// How deep operators may nest; at this depth every argument is a value.
  public var maximumDepth = 10
  /// The most arguments of an operator; the least are 2.
  public var maximumArguments = 10
  /// Tokens must be more than this.
  public var minimumLength = 500
  /// Tokens must be fewer than this.
  public var maximumLength = 2000
  /// The chance that an argument is an operator and not a digit.
  public var treeProbability = 0.25

  /// The release's parameters.
  public init() {}

  /// The first rule that the values break, as a sentence, or nil if they are usable.
  public var problem: String? {
    if maximumDepth < 2 || maximumDepth > 64 { return "depth \(maximumDepth) is not in 2...64" }
    if maximumArguments < 2 || maximumArguments > 1000 {
      return "maximum arguments \(maximumArguments) is not in 2...1000"
    }
    if minimumLength < 0 || maximumLength - minimumLength < 2 || maximumLength > 1_000_000 {
      return
        "no length is over \(minimumLength) and under \(maximumLength), or that is over 1000000"
    }
    if !(treeProbability > 0 && treeProbability < 1) {
      return "tree probability \(treeProbability) is not between 0 and 1"
    }
    return nil
  }
}

/// Makes ListOps expressions; expression i of a seed is the same whatever was made before it.
public struct ListOpsGenerator: Sendable {
  /// How many trees are tried for one expression before it is given up as too rare.
  static let attemptLimit = 10_000_000

  /// What shapes the expressions.
  public let parameters: ListOpsParameters
  private let generator: Philox

  /// A generator for a user's seed.
  ///
  /// - Throws: ``GenerateError`` if the parameters contradict themselves.
  public init(parameters: ListOpsParameters = .init(), seed: UInt64) throws(GenerateError) {
    if let problem = parameters.problem { throw GenerateError(reason: problem) }
    self.parameters = parameters
    generator = Philox(seed: seed, purpose: .sample)
  }

  /// The expression with a number.
  ///
  /// Trees are grown until one has a permitted length. Growth stops as soon as a tree is too long:
  /// it would be thrown away whatever followed, so the accepted trees keep their distribution.
  ///
  /// - Parameters:
  ///   - index: 0 ..< 2^32.
  ///   - retry: another number gives another expression, for when this one is taken.
  /// - Returns: an expression of a permitted length.
  /// - Throws: ``GenerateError`` if no tree of a permitted length turned up.
  public func expression(at index: Int, retry: Int = 0) throws(GenerateError) -> ListOpsExpression {
    var random = PhiloxStream(generator, UInt32(index), UInt32(retry))
    var tokens: [ListOpsExpression.Token] = []
    for _ in 0..<Self.attemptLimit {
      tokens.removeAll(keepingCapacity: true)
      if grow(&tokens, depth: 1, random: &random), tokens.count > parameters.minimumLength {
        return ListOpsExpression(tokens: tokens)
      }
    }
    throw GenerateError(
      reason: "no expression of over \(parameters.minimumLength) and under "
        + "\(parameters.maximumLength) tokens in \(Self.attemptLimit) attempts; "
        + "widen the lengths, or allow more depth or arguments"
    )
  }

  /// Appends a tree; false as soon as it is too long.
  private func grow(
    _ tokens: inout [ListOpsExpression.Token],
    depth: Int,
    random: inout PhiloxStream
  ) -> Bool {
    guard tokens.count < parameters.maximumLength else { return false }
    let isTree =
      depth < parameters.maximumDepth
      && Double(random.nextUnit()) < parameters.treeProbability
    guard isTree else {
      tokens.append(.value(random.next(below: 10)))
      return true
    }
    let operation = ListOpsExpression.Operator.allCases[random.next(below: 4)]
    let argumentCount = 2 + random.next(below: parameters.maximumArguments - 1)
    tokens.append(.open(operation, argumentCount: argumentCount))
    for _ in 0..<argumentCount {
      guard grow(&tokens, depth: depth + 1, random: &random) else { return false }
    }
    tokens.append(.close)
    return tokens.count < parameters.maximumLength
  }
}
