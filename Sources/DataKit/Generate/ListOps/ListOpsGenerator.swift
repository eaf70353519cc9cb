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

  /// The first rule that the values break, as a sentence that names the option of `lra-prep generate
  /// listops`, or nil if they are usable.
  public var problem: String? {
    if maximumDepth < 2 || maximumDepth > 64 { return "--depth \(maximumDepth) is not in 2...64" }
    if maximumArguments < 2 || maximumArguments > 1000 {
      return "--maximum-arguments \(maximumArguments) is not in 2...1000"
    }
    if minimumLength < 0 || maximumLength - minimumLength < 2 || maximumLength > 1_000_000 {
      return
        "--minimum-length \(minimumLength) and --maximum-length \(maximumLength) leave no length "
        + "between them, or are not in 0...1000000"
    }
    if !(treeProbability > 0 && treeProbability < 1) {
      return "--value-probability \(1 - treeProbability) is not between 0 and 1"
    }
    return nil
  }
}

/// Makes ListOps expressions; expression i of a seed is the same whatever was made before it.
///
/// Trees are grown until one has a permitted length, as the original does, but level by level and
/// as bare shapes: operators and digits, which do not bear on the length, are drawn for the accepted
/// tree alone. Growth stops as soon as the nodes known so far make a tree too long. The order of
/// growth and the early end change nothing about which trees are accepted, so their distribution is
/// the original's.
public struct ListOpsGenerator: Sendable {
  /// How many trees are tried for one expression before it is given up as too rare.
  static let attemptLimit = 10_000_000

  /// What shapes the expressions.
  public let parameters: ListOpsParameters
  private let generator: Philox
  /// A number in 0 ..< 1 times this, over 2^28, is evenly one of 0 ..< maximumArguments - 1 in the
  /// share `treeProbability` of all cases, and greater in the others.
  private let choices: UInt64

  /// A generator for a user's seed.
  ///
  /// - Throws: ``GenerateError`` if the parameters contradict themselves.
  public init(parameters: ListOpsParameters = .init(), seed: UInt64) throws(GenerateError) {
    if let problem = parameters.problem { throw GenerateError(reason: problem) }
    self.parameters = parameters
    generator = Philox(seed: seed, purpose: .sample)
    let scale = Double(parameters.maximumArguments - 1) / parameters.treeProbability
    choices = UInt64(min(scale, 0x1p35) * 0x1p28)
  }

  /// The expression with a number.
  ///
  /// The chances of the shape are met to within 2^-30, those of operators and digits exactly.
  ///
  /// - Parameters:
  ///   - index: 0 ..< 2^32.
  ///   - retry: another number gives another expression, for when this one is taken.
  /// - Returns: an expression of a permitted length.
  /// - Throws: ``GenerateError`` if no tree of a permitted length turned up.
  public func expression(at index: Int, retry: Int = 0) throws(GenerateError) -> ListOpsExpression {
    var random = PhiloxStream(generator, UInt32(index), UInt32(retry))
    var tree = Tree(capacity: parameters.maximumLength)
    for _ in 0..<Self.attemptLimit
    where grow(&tree, random: &random) && tree.length > parameters.minimumLength {
      return ListOpsExpression(tokens: tokens(of: tree, random: &random))
    }
    throw GenerateError(
      reason: "no expression of over \(parameters.minimumLength) and under "
        + "\(parameters.maximumLength) tokens in \(Self.attemptLimit) attempts; "
        + "widen the lengths, or allow more depth or arguments"
    )
  }

  /// A tree without its operators and digits.
  private struct Tree {
    /// The number of arguments of every node, level by level; 0 for a value.
    var argumentCounts: [UInt16]
    /// How many nodes there are.
    var nodeCount = 0
    /// How many tokens: one a node, and a closing bracket for each operator.
    var length = 0

    init(capacity: Int) { argumentCounts = [UInt16](repeating: 0, count: capacity) }
  }

  /// Grows another tree; false as soon as it is too long.
  private func grow(_ tree: inout Tree, random: inout PhiloxStream) -> Bool {
    let kinds = UInt64(parameters.maximumArguments - 1)
    var (known, length, node) = (1, 1, 0)
    for _ in 1..<parameters.maximumDepth {
      let end = known
      while node < end {
        let unit = UInt64(random.nextWord()) << 32
        let choice = unit.multipliedFullWidth(by: choices).high >> 28
        // Without a branch, as the processor could not foresee which way it goes.
        let isTree = choice < kinds ? 1 : 0
        let count = isTree &* Int(choice &+ 2)
        tree.argumentCounts[node] = UInt16(truncatingIfNeeded: count)
        known &+= count
        length &+= count &+ isTree
        node &+= 1
        if length >= parameters.maximumLength { return false }
      }
    }
    while node < known {
      tree.argumentCounts[node] = 0
      node += 1
    }
    tree.nodeCount = known
    tree.length = length
    return length < parameters.maximumLength
  }

  /// The tree in written order, with operators and digits drawn.
  private func tokens(
    of tree: Tree,
    random: inout PhiloxStream
  ) -> [ListOpsExpression.Token] {
    var firstArguments = [Int](repeating: 0, count: tree.nodeCount)
    var known = 1
    for node in 0..<tree.nodeCount {
      firstArguments[node] = known
      known += Int(tree.argumentCounts[node])
    }
    var tokens: [ListOpsExpression.Token] = []
    tokens.reserveCapacity(tree.length)
    var pending = [0..<1]
    while let arguments = pending.popLast() {
      guard let node = arguments.first else {
        if !pending.isEmpty { tokens.append(.close) }
        continue
      }
      pending.append(arguments.dropFirst())
      let count = tree.argumentCounts[node]
      if count == 0 {
        tokens.append(.value(UInt8(truncatingIfNeeded: random.next(below: 10))))
      } else {
        let operation = ListOpsExpression.Operator.allCases[random.next(below: 4)]
        tokens.append(.open(operation, argumentCount: count))
        let first = firstArguments[node]
        pending.append(first..<first + Int(count))
      }
    }
    return tokens
  }
}
