/// A ListOps expression: operators over digits, nested.
///
/// Source: Nangia and Bowman, "ListOps: a diagnostic dataset for latent tree learning", NAACL
/// student research workshop 2018; the text is that of the Long Range Arena's generator.
public struct ListOpsExpression: Equatable, Sendable {
  /// What an operator does with its arguments.
  public enum Operator: UInt8, CaseIterable, Sendable {
    /// The smallest argument.
    case minimum
    /// The greatest argument.
    case maximum
    /// The median; of an even number of arguments the mean of the middle two, truncated.
    case median
    /// The sum modulo 10.
    case sumModulo

    /// The token, with its bracket.
    public var token: String {
      switch self {
      case .minimum: "[MIN"
      case .maximum: "[MAX"
      case .median: "[MED"
      case .sumModulo: "[SM"
      }
    }

    /// The result for digits.
    ///
    /// - Parameter arguments: at least one, each 0...9.
    /// - Returns: 0...9.
    public func applied(to arguments: some Collection<Int>) -> Int {
      precondition(!arguments.isEmpty, "\(token) needs an argument")
      switch self {
      case .minimum: return arguments.min() ?? 0
      case .maximum: return arguments.max() ?? 0
      case .sumModulo: return arguments.reduce(0, +) % 10
      case .median:
        let sorted = arguments.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
      }
    }
  }

  /// A part of an expression, in the order it is written.
  enum Token: Equatable, Sendable {
    case open(Operator, argumentCount: Int)
    case value(Int)
    case close
  }

  /// The tokens of a well-formed expression.
  let tokens: [Token]

  /// How many operators, values and closing brackets there are.
  public var length: Int { tokens.count }

  /// An expression of tokens in written order.
  ///
  /// - Precondition: brackets match and argument counts are right.
  init(tokens: [Token]) { self.tokens = tokens }

  /// The expression's value, 0...9.
  public var value: Int {
    var operators: [(operation: Operator, firstArgument: Int)] = []
    var values: [Int] = []
    for token in tokens {
      switch token {
      case .open(let operation, _): operators.append((operation, values.count))
      case .value(let digit): values.append(digit)
      case .close:
        let (operation, first) = operators.removeLast()
        let result = operation.applied(to: values[first...])
        values.removeLast(values.count - first)
        values.append(result)
      }
    }
    return values[0]
  }

  /// The fully parenthesised text, tokens separated by one space.
  ///
  /// Each argument is applied one at a time, so `[SM 4 4 ]` is written `( ( ( [SM 4 ) 4 ) ] )`.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// ``text`` as ASCII.
  var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(8 * tokens.count)
    var depth = 0
    for (position, token) in tokens.enumerated() {
      if position > 0 { result.append(UInt8(ascii: " ")) }
      switch token {
      case .open(let operation, let argumentCount):
        for _ in 0...argumentCount { result += Array("( ".utf8) }
        result += Array(operation.token.utf8)
        depth += 1
        continue
      case .value(let digit): result.append(UInt8(ascii: "0") + UInt8(digit))
      case .close:
        result += Array("] )".utf8)
        depth -= 1
      }
      if depth > 0 { result += Array(" )".utf8) }
    }
    return result
  }
}
