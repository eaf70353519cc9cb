/// What float32 arithmetic costs a model file's tensors, as the file's `noise` entry says.
struct GoldenNoise {
  /// One tensor's numbers.
  struct Entry: Equatable {
    /// The largest magnitude of a value.
    var magnitude: Double
    /// The largest error of plain float32 arithmetic.
    var error: Double

    /// Whether a limit can be made of the numbers; a file has no number where float32 had none.
    var isFinite: Bool { magnitude.isFinite && error.isFinite }
  }

  /// By tensor.
  let entries: [String: Entry]

  /// Reads [magnitude, error] by tensor from JSON in which numbers may be NaN or Infinity too, as Python
  /// writes them; nil when it is something else.
  init?(json: String) {
    let quoted = Self.quotingWords(Array(json.utf8))
    guard let values = try? JSON.decode([String: [Number]].self, from: quoted),
      values.values.allSatisfy({ $0.count == 2 })
    else { return nil }
    entries = values.mapValues { Entry(magnitude: $0[0].value, error: $0[1].value) }
  }

  private struct Number: Decodable {
    var value: Double

    init(from decoder: any Swift.Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        value = number
        return
      }
      guard let word = GoldenNoise.words[try container.decode(String.self)] else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "no number")
      }
      value = word
    }
  }

  private static let words = ["NaN": Double.nan, "Infinity": .infinity, "-Infinity": -.infinity]

  /// The JSON with the words for numbers in quotes, those in strings left alone.
  private static func quotingWords(_ json: [UInt8]) -> [UInt8] {
    let spelled = words.keys.map { Array($0.utf8) }
    var (result, index, isInString) = ([UInt8](), 0, false)
    result.reserveCapacity(json.count)
    while index < json.count {
      let byte = json[index]
      if !isInString, let word = spelled.first(where: { json[index...].starts(with: $0) }) {
        result += [UInt8(ascii: "\"")] + word + [UInt8(ascii: "\"")]
        index += word.count
        continue
      }
      if byte == UInt8(ascii: "\"") { isInString.toggle() }
      result.append(byte)
      index += 1
      // What is escaped does not end the string.
      if isInString, byte == UInt8(ascii: "\\"), index < json.count {
        result.append(json[index])
        index += 1
      }
    }
    return result
  }

  /// The largest magnitude of a gradient, as far as it is known.
  var largestGradient: Double {
    entries.reduce(0) { largest, entry in
      entry.key.hasPrefix("g.") && entry.value.magnitude.isFinite
        ? max(largest, entry.value.magnitude) : largest
    }
  }
}
