internal import FoundationEssentials

/// A JSON array of strings, as the vocabulary stands in a shard's metadata.
func jsonArray(_ strings: [String]) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.withoutEscapingSlashes]
  guard let json = try? encoder.encode(strings) else {
    preconditionFailure("strings can always be written as JSON")
  }
  return String(decoding: json, as: UTF8.self)
}
