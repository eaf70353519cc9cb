/// A reader of pickles that hold one dictionary of byte strings, numbers, lists and NumPy arrays of
/// bytes, and nothing else.
///
/// A pickle is a program for a stack machine. This one knows the opcodes that Python 2 uses for
/// plain data (protocol 2), and three names: `numpy.core.multiarray._reconstruct`, `numpy.ndarray`
/// and `numpy.dtype`, which it recognizes and never calls. Anything else is an error. Strings stay
/// where they are in the file, so memory follows the file's size and never a length it claims.
/// Source: Python's `pickletools`.
struct PickleMachine {
  /// The most opcodes that are run: a batch of CIFAR-10 has about 50,000.
  static let opcodeLimit = 1 << 20

  /// What stands on the stack.
  enum Value {
    case none
    case bool(Bool)
    case integer(Int)
    /// Where the bytes of a string are in the file.
    case string(Range<Int>)
    /// A position in `lists`.
    case list(Int)
    case tuple([Value], depth: Int)
    /// The one dictionary.
    case dictionary
    case name(Name)
    /// The type of an array's elements: unsigned bytes.
    case byteType
    /// An array; nil before its state is set.
    case array(ByteMatrix?)
  }

  /// The names that may stand in a pickle.
  enum Name { case reconstruct, array, type }

  let bytes: [UInt8]
  /// What the dictionary holds, in the order of the file.
  private(set) var entries: [(key: Range<Int>, value: Value)] = []
  /// The lists; they hold only integers and strings.
  private(set) var lists: [[Value]] = []
  private var hasDictionary = false
  private var cursor: PickleCursor
  private var stack: [Value] = []
  private var marks: [Int] = []
  private var memo: [Int: Value] = [:]

  /// Reads a pickle to its end.
  ///
  /// - Throws: ``FormatError`` naming the byte at which something unexpected stands.
  init(_ bytes: [UInt8]) throws(FormatError) {
    self.bytes = bytes
    cursor = PickleCursor(bytes: bytes)
    for _ in 0..<Self.opcodeLimit {
      guard let result = try step() else { continue }
      guard case .dictionary = result else { throw fault("the object is no dictionary") }
      return
    }
    throw fault("more than \(Self.opcodeLimit) opcodes")
  }

  /// Runs one opcode; the result at the end.
  private mutating func step() throws(FormatError) -> Value? {
    let opcode = try cursor.take(1).first ?? 0
    switch opcode {
    case 0x80: try checkProtocol()
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "}"): try addDictionary()
    case UInt8(ascii: "]"):
      lists.append([])
      stack.append(.list(lists.count - 1))
    case UInt8(ascii: ")"): stack.append(.tuple([], depth: 1))
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "K"): stack.append(.integer(try cursor.number(byteCount: 1)))
    case UInt8(ascii: "M"): stack.append(.integer(try cursor.number(byteCount: 2)))
    case UInt8(ascii: "J"): stack.append(.integer(try cursor.signed(byteCount: 4)))
    case 0x8A: stack.append(.integer(try cursor.signed(byteCount: try cursor.number(byteCount: 1))))
    case UInt8(ascii: "U"):
      stack.append(.string(try cursor.string(try cursor.number(byteCount: 1))))
    case UInt8(ascii: "T"):
      stack.append(.string(try cursor.string(try cursor.signed(byteCount: 4))))
    case UInt8(ascii: "q"): memo[try cursor.number(byteCount: 1)] = try top()
    case UInt8(ascii: "r"): memo[try cursor.number(byteCount: 4)] = try top()
    case UInt8(ascii: "h"): stack.append(try recalled(try cursor.number(byteCount: 1)))
    case UInt8(ascii: "j"): stack.append(try recalled(try cursor.number(byteCount: 4)))
    case UInt8(ascii: "a"): try extendList([try pop()])
    case UInt8(ascii: "e"): try extendList(try popToMark())
    case UInt8(ascii: "s"):
      let value = try pop()
      try extendDictionary([try pop(), value])
    case UInt8(ascii: "u"): try extendDictionary(try popToMark())
    case UInt8(ascii: "t"): try pushTuple(try popToMark())
    case 0x85...0x87: try pushTuple(try pop(count: Int(opcode) - 0x84))
    case UInt8(ascii: "c"): stack.append(.name(try name()))
    case UInt8(ascii: "R"): try reduce()
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "."): return try pop()
    default:
      throw fault("the opcode 0x\(String(opcode, radix: 16)) has no place in such a file")
    }
    return nil
  }

  /// An error at the opcode just read.
  private func fault(_ reason: String) -> FormatError { cursor.fault(reason) }

  private mutating func checkProtocol() throws(FormatError) {
    let version = try cursor.number(byteCount: 1)
    guard version == 2 else { throw fault("protocol \(version), expected 2") }
  }

  private mutating func name() throws(FormatError) -> Name {
    let (module, item) = (try cursor.line(), try cursor.line())
    switch (module, item) {
    case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"):
      return .reconstruct
    case ("numpy", "ndarray"): return .array
    case ("numpy", "dtype"): return .type
    default: throw fault("the name '\(module).\(item)' has no place in such a file")
    }
  }

  // MARK: The stack

  private mutating func pop() throws(FormatError) -> Value {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw fault("nothing is on the stack")
    }
    return value
  }

  private mutating func pop(count: Int) throws(FormatError) -> [Value] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw fault("too little is on the stack")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(FormatError) -> [Value] {
    guard let mark = marks.popLast() else { throw fault("there is no mark on the stack") }
    return try pop(count: stack.count - mark)
  }

  private func top() throws(FormatError) -> Value {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw fault("nothing is on the stack")
    }
    return value
  }

  private func recalled(_ number: Int) throws(FormatError) -> Value {
    guard let value = memo[number] else { throw fault("\(number) was never remembered") }
    return value
  }

  private mutating func extendList(_ items: [Value]) throws(FormatError) {
    guard case .list(let list) = try top() else { throw fault("there is no list to extend") }
    for item in items {
      switch item {
      case .integer, .string: lists[list].append(item)
      default: throw fault("a list may hold integers and strings only")
      }
    }
  }

  private mutating func addDictionary() throws(FormatError) {
    guard !hasDictionary else { throw fault("there is a second dictionary") }
    hasDictionary = true
    stack.append(.dictionary)
  }

  private mutating func extendDictionary(_ items: [Value]) throws(FormatError) {
    guard items.count % 2 == 0, case .dictionary = try top() else {
      throw fault("there is no dictionary to extend")
    }
    for index in stride(from: 0, to: items.count, by: 2) {
      guard case .string(let key) = items[index] else { throw fault("a key is no string") }
      entries.append((key, items[index + 1]))
    }
  }

  private mutating func pushTuple(_ items: [Value]) throws(FormatError) {
    var depth = 1
    for item in items {
      switch item {
      case .tuple(_, let inner): depth = max(depth, inner + 1)
      case .list, .dictionary, .array: throw fault("a tuple may not hold lists or arrays")
      default: break
      }
    }
    guard depth <= 4 else { throw fault("tuples stand inside tuples too deeply") }
    stack.append(.tuple(items, depth: depth))
  }

  // MARK: Arrays

  /// `_reconstruct(ndarray, (0,), 'b')` makes an empty array, `dtype('u1', 0, 1)` the type of
  /// unsigned bytes; nothing else is ever called.
  private mutating func reduce() throws(FormatError) {
    guard case .tuple(let arguments, _) = try pop(), case .name(let name) = try pop() else {
      throw fault("something is called that is no name")
    }
    switch (name, arguments.first) {
    case (.reconstruct, .name(.array)): stack.append(.array(nil))
    case (.type, .string(let range)):
      let type = String(decoding: bytes[range].prefix(16), as: UTF8.self)
      guard type == "u1" || type == "|u1" else {
        throw fault("an array of the type '\(type)', expected unsigned bytes ('u1')")
      }
      stack.append(.byteType)
    default: throw fault("a call that is not one of NumPy's for an array")
    }
  }

  private mutating func build() throws(FormatError) {
    guard case .tuple(let state, _) = try pop() else { throw fault("a state is no tuple") }
    switch try pop() {
    case .byteType: stack.append(.byteType)
    case .array:
      guard state.count == 5, case .tuple(let shape, _) = state[1], case .byteType = state[2],
        case .bool(let isColumnMajor) = state[3], case .string(let range) = state[4],
        shape.count == 2, case .integer(let rows) = shape[0], case .integer(let columns) = shape[1]
      else { throw fault("the array's state is not that of a matrix of bytes") }
      let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
      guard rows >= 0, columns >= 0, !overflow, count == range.count else {
        throw fault("a matrix of \(rows) x \(columns) with \(range.count) bytes")
      }
      stack.append(
        .array(
          ByteMatrix(
            rows: rows,
            columns: columns,
            isColumnMajor: isColumnMajor,
            elements: bytes[range]
          )
        )
      )
    default: throw fault("something gets a state that is no array")
    }
  }
}
