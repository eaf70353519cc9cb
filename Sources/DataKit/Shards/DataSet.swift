/// A prepared data set, opened for reading.
public final class DataSet: Sendable {
  /// The folder.
  public let folder: String
  /// The commit record.
  public let manifest: Manifest
  /// SHA-256 of the manifest without its mask sets: names samples, labels and their order.
  public let digest: String

  /// Opens the data set in `folder`; shards are mapped when a split is asked for.
  ///
  /// - Throws: ``DataSetError`` when the folder holds no finished data set of a known version.
  public init(opening folder: String) throws {
    self.folder = folder
    manifest = try Manifest.read(from: folder)
    var samples = manifest
    samples.masks = []
    digest = try samples.encoded().withUnsafeBytes { SHA256Digester.digest($0) }
  }

  /// Maps the shards of a split.
  ///
  /// `validation` gives the split that stands for it, which is `test` for tasks without one.
  ///
  /// - Throws: ``DataSetError`` when the data set lacks the split, and what opening a shard throws.
  public func split(_ split: Split) throws -> DataSplit {
    let actual = split == .validation ? manifest.validationSplit : split
    guard let description = manifest.splits[actual.rawValue] else {
      throw DataSetError(path: folder, reason: "the data set has no split '\(actual.rawValue)'")
    }
    return try DataSplit(actual, description, in: self)
  }

  /// The positions of the longest sequence of any split.
  ///
  /// - Throws: what opening a shard throws.
  public func longestSequence() throws -> Int {
    if let length = manifest.fixedLength { return length }
    var longest = 0
    for name in manifest.splits.keys.sorted() {
      guard let split = Split(rawValue: name) else { continue }
      let samples = try self.split(split)
      for index in 0..<samples.count {
        for sequence in 0..<manifest.sequences {
          longest = max(longest, samples.length(at: index, sequence: sequence))
        }
      }
    }
    return longest
  }

  /// The stored mask set that follows `policy` at any ratio or seed, or the one named `name`.
  ///
  /// - Throws: ``DataSetError`` when there is none or the name is unknown.
  public func maskSet(named name: String? = nil) throws -> MaskSet {
    let stored = manifest.masks.filter { $0.policy != "causal" }
    let found = name == nil ? stored.first : manifest.masks.first { $0.name == name }
    guard let found else {
      let names = manifest.masks.map(\.name).joined(separator: ", ")
      throw DataSetError(
        path: folder,
        reason: name.map { "the data set has no mask set '\($0)' (it has: \(names))" }
          ?? "the data set has no masks",
        hint: "add some with 'lra-prep mask \(folder) --mask token:0.5:seed=0:variants=4'"
      )
    }
    return try found.maskSet(in: folder)
  }
}

extension MaskSetDescription {
  /// The mask set as a value.
  ///
  /// - Throws: ``DataSetError`` when the description contradicts itself.
  public func maskSet(in folder: String) throws -> MaskSet {
    switch (policy, ratio, spanLength) {
    case ("token", let ratio?, _):
      return MaskSet(policy: .token(ratio: ratio), seed: seed, variants: variants)
    case ("span", let ratio?, let length?):
      return MaskSet(policy: .span(ratio: ratio, length: length), seed: seed, variants: variants)
    case ("causal", _, _): return MaskSet(policy: .causal, variants: 0)
    default:
      throw DataSetError(path: folder, reason: "mask set '\(name)' has no usable policy")
    }
  }
}
