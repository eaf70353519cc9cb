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
        // Digits are sorted by counting them.
        var counts = InlineArray<10, Int>(repeating: 0)
        for argument in arguments { counts[argument] += 1 }
        let upper = Self.digit(at: arguments.count / 2, counts)
        if arguments.count % 2 == 1 { return upper }
        return (Self.digit(at: arguments.count / 2 - 1, counts) + upper) / 2
      }
    }

    /// The digit with a rank, from 0, when all are sorted.
    private static func digit(at rank: Int, _ counts: borrowing InlineArray<10, Int>) -> Int {
      var (digit, before) = (0, counts[0])
      while before <= rank {
        digit += 1
        before += counts[digit]
      }
      return digit
    }
  }

  /// A part of an expression, in the order it is written.
  enum Token: Equatable, Sendable {
    case open(Operator, argumentCount: UInt16)
    case value(UInt8)
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
      case .value(let digit): values.append(Int(digit))
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
    // Every token is written with what follows an argument and a space: " ) ". The last token, which
    // is no argument, then has three bytes too many.
    let capacity = tokens.reduce(0) { sum, token in
      switch token {
      case .open(_, let argumentCount): sum + 2 * Int(argumentCount) + 7
      case .value: sum + 4
      case .close: sum + 6
      }
    }
    return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      var end = 0
      func write(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { buffer[end + index] = text.utf8Start[index] }
        end += text.utf8CodeUnitCount
      }
      for token in tokens {
        switch token {
        case .open(let operation, let argumentCount):
          for _ in 0...argumentCount { write("( ") }
          switch operation {
          case .minimum: write("[MIN ")
          case .maximum: write("[MAX ")
          case .median: write("[MED ")
          case .sumModulo: write("[SM ")
          }
        case .value(let digit):
          buffer[end] = UInt8(ascii: "0") + digit
          end += 1
          write(" ) ")
        case .close: write("] ) ) ")
        }
      }
      count = max(0, end - 3)
    }
  }
}
