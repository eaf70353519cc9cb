/// Tensors by our names that come from a file with other names, read one by one.
///
/// Every tensor of the file is either taken or expected to be left; what remains is an error.
struct ForeignTensors {
  private let files: WeightFiles
  /// What is there, by the name that the format is described with: its name in the file.
  private var places: [String: String]
  /// What was read, by our names.
  private(set) var values: [String: [Float]] = [:]
  /// The names, as in `places`, of what was read.
  private var taken: Set<String> = []

  /// All tensors of `files` under the names that `canonical` makes of theirs; those for which it
  /// gives nil are left.
  ///
  /// - Throws: ``CheckpointError`` when two tensors get the same name.
  init(_ files: WeightFiles, canonical: (String) -> String?) throws {
    self.files = files
    places = [:]
    for name in files.names {
      guard let short = canonical(name) else { continue }
      if let other = places.updateValue(name, forKey: short) {
        throw CheckpointError(
          path: files.path,
          reason: "'\(other)' and '\(name)' both stand for '\(short)'"
        )
      }
    }
  }

  /// Takes a tensor.
  ///
  /// Extents of 1 do not count in comparing shapes.
  ///
  /// - Parameters:
  ///   - entry: ours.
  ///   - names: what it may be called there; the first that exists is taken.
  ///   - expected: the shape there; that of `entry` when nil.
  ///   - arrange: makes our order of its elements.
  /// - Throws: ``CheckpointError`` when it is missing or has another shape.
  mutating func take(
    _ entry: ParameterLayout.Entry,
    from names: [String],
    shape expected: [Int]? = nil,
    _ arrange: ([Float]) -> [Float] = { $0 }
  ) throws {
    guard let name = names.first(where: { places[$0] != nil }), let place = places[name] else {
      throw CheckpointError(
        path: files.path,
        reason: "there is no tensor '\(names[0])', which '\(entry.name)' comes from"
      )
    }
    let found = files.shapes[place] ?? []
    let expected = expected ?? entry.shape
    guard found.filter({ $0 != 1 }) == expected.filter({ $0 != 1 }) else {
      throw CheckpointError(
        path: files.path,
        reason: "'\(place)' has shape \(found), expected \(expected) for '\(entry.name)'"
      )
    }
    let arranged = arrange(try files.floats(of: place))
    guard !entry.name.hasSuffix(".len") || arranged.allSatisfy(S4.isTruncation) else {
      throw CheckpointError(
        path: files.path,
        reason: "'\(place)' is \(arranged), expected a whole number up to 2^24"
      )
    }
    values[entry.name] = arranged
    taken.insert(name)
  }

  /// Sets a tensor that the file does not have.
  mutating func fill(_ entry: ParameterLayout.Entry, with value: Float) {
    values[entry.name] = Array(repeating: value, count: entry.range.count)
  }

  /// Leaves tensors where they are.
  mutating func leave(where isLeft: (String) -> Bool) {
    places = places.filter { !isLeft($0.key) || taken.contains($0.key) }
  }

  /// Whether there is a tensor of that name.
  func has(_ name: String) -> Bool { places[name] != nil }

  /// The extents of a tensor, or nil when there is none.
  func shape(of name: String) -> [Int]? { places[name].flatMap { files.shapes[$0] } }

  /// The elements of a tensor that is compared, not taken.
  func floats(of name: String) throws -> [Float] { try files.floats(of: places[name] ?? name) }

  /// Refuses a file of which something was neither taken nor left.
  ///
  /// - Throws: ``CheckpointError`` with the first such name.
  func finish() throws {
    guard let rest = places.filter({ !taken.contains($0.key) }).map(\.value).min() else { return }
    throw CheckpointError(
      path: files.path,
      reason: "it has the tensor '\(rest)', which this network has no place for"
    )
  }
}
