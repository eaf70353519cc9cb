internal import FoundationEssentials

/// JSON with sorted keys: equal values give equal bytes.
enum JSON {
  static func encode(_ value: some Encodable, pretty: Bool = false) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    return [UInt8](try encoder.encode(value))
  }

  static func decode<Value: Decodable>(
    _ type: Value.Type,
    from bytes: [UInt8],
    snakeCase: Bool = false
  ) throws -> Value {
    let decoder = JSONDecoder()
    if snakeCase { decoder.keyDecodingStrategy = .convertFromSnakeCase }
    return try decoder.decode(type, from: Data(bytes))
  }

  /// What went wrong in decoding, in a few words.
  static func explanation(of error: any Error) -> String {
    func path(_ keys: [any CodingKey]) -> String {
      keys.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context):
      return "'\(path(context.codingPath + [key]))' is missing"
    case .typeMismatch(let type, let context):
      return "'\(path(context.codingPath))' is not of type \(type)"
    case .valueNotFound(_, let context): return "'\(path(context.codingPath))' is null"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "'\(path(context.codingPath))': \(context.debugDescription)"
    default: return "it is not valid JSON"
    }
  }
}

/// Any JSON value; configurations are merged and compared in this form.
enum JSONValue: Codable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Swift.Decoder) throws {
    if let fields = try? [String: JSONValue](from: decoder) {
      self = .object(fields)
      return
    }
    if let elements = try? [JSONValue](from: decoder) {
      self = .array(elements)
      return
    }
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let integer = try? value.decode(Int64.self) {
      self = .integer(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else {
      self = .string(try value.decode(String.self))
    }
  }

  func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// The value with the fields of `other` over it: objects field by field, all else replaced.
  func merged(with other: JSONValue) -> JSONValue {
    guard case .object(var fields) = self, case .object(let changes) = other else { return other }
    for (key, change) in changes {
      fields[key] = fields[key].map { $0.merged(with: change) } ?? change
    }
    return .object(fields)
  }

  /// The path of the first field, in the order of names, that another value has no place for.
  ///
  /// A field that is null counts as absent.
  func firstField(missingIn other: JSONValue, at path: String = "") -> String? {
    switch (self, other) {
    case (.object(let fields), .object(let known)):
      for (key, value) in fields.sorted(by: { $0.key < $1.key }) where value != .null {
        let inner = path.isEmpty ? key : path + "." + key
        guard let next = known[key] else { return inner }
        if let missing = value.firstField(missingIn: next, at: inner) { return missing }
      }
      return nil
    case (.array(let elements), .array(let known)):
      for (index, (element, next)) in zip(elements, known).enumerated() {
        let inner = path + "[\(index)]"
        if let missing = element.firstField(missingIn: next, at: inner) { return missing }
      }
      return nil
    default: return nil
    }
  }

  /// The path and both values of the first difference, or nil when equal.
  func firstDifference(
    from other: JSONValue,
    at path: String = ""
  ) -> (path: String, here: JSONValue, there: JSONValue)? {
    if self == other { return nil }
    guard case .object(let mine) = self, case .object(let theirs) = other else {
      return (path, self, other)
    }
    for key in Set(mine.keys).union(theirs.keys).sorted() {
      let inner = path.isEmpty ? key : path + "." + key
      let (left, right) = (mine[key] ?? .null, theirs[key] ?? .null)
      if let difference = left.firstDifference(from: right, at: inner) { return difference }
    }
    return nil
  }

  /// The value as compact JSON.
  var text: String {
    String(decoding: (try? JSON.encode(self)) ?? [], as: UTF8.self)
  }
}
