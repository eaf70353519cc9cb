internal import Foundation

/// JSON as text.
enum JSONText {
  /// A value as indented JSON with sorted keys.
  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// A value as one line of JSON with sorted keys.
  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The value in a JSON file.
  static func decode<Value: Decodable>(_ type: Value.Type, at path: String) throws -> Value {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ToolFailure("\(path): cannot read the file")
    }
    do { return try JSONDecoder().decode(type, from: data) } catch DecodingError.keyNotFound(
      let key,
      _
    ) {
      throw ToolFailure("\(path): the key '\(key.stringValue)' is missing")
    } catch DecodingError.typeMismatch(_, let context) {
      let key = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw ToolFailure("\(path): the value of '\(key)' has the wrong type")
    } catch { throw ToolFailure("\(path): the file is not a JSON object of parameters") }
  }
}
