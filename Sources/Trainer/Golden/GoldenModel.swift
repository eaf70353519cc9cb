internal import DataKit

/// A model file: a network with its weights, a batch, and what three steps of training compute.
struct GoldenModel {
  let file: SafetensorsFile
  let description: GoldenModelDescription
  let configuration: NetworkConfiguration
  let noise: GoldenNoise

  init(_ file: SafetensorsFile) throws {
    self.file = file
    description = try GoldenFile.decode(GoldenModelDescription.self, of: file)
    do {
      configuration = try description.configuration()
      try configuration.validate()
    } catch {
      throw GoldenError(file.path, "\(error)")
    }
    guard let noise = file.metadata["noise"].flatMap(GoldenNoise.init(json:)) else {
      throw GoldenError(
        file.path,
        "its metadata has no usable 'noise', expected two numbers for every tensor"
      )
    }
    self.noise = noise
  }

  /// The batch of all passes.
  func batch(_ record: GoldenRecord) throws -> Batch {
    let input: Batch.Input
    switch configuration.encoder {
    case .embedding: input = .tokens(try record.values("in.x"))
    case .linear: input = .values(try record.values("in.x"))
    }
    return Batch(
      rows: description.batch * (description.isForPairs ? 2 : 1),
      length: description.length,
      input: input,
      lengths: record.has("in.lengths") ? try record.values("in.lengths") : nil
    )
  }

  func target(_ record: GoldenRecord) throws -> Target {
    switch description.loss {
    case "ce": .classes(try record.values("in.target"))
    case "mae": .values(try record.values("in.target"), .absolute)
    default: throw GoldenError(file.path, "the loss is '\(description.loss)', expected ce or mae")
    }
  }

  /// The rates of every parameter.
  func groups() throws -> [String: AdamW.Group] {
    try description.optimizer.groups.mapValues { rates in
      guard rates.count == 2 else {
        throw GoldenError(file.path, "a parameter group has \(rates.count) rates, expected 2")
      }
      return AdamW.Group(learningRate: rates[0], weightDecay: rates[1])
    }
  }

  /// A network with the file's initial weights and running statistics.
  func network(_ record: GoldenRecord) throws -> Network {
    // Nothing is allocated before the file has shown that it holds as much.
    let structure = NetworkStructure(configuration)
    let (own, described) = (
      Set(structure.layout.names), Set(description.optimizer.groups.keys)
    )
    guard own == described else {
      let names = own.symmetricDifference(described).sorted().joined(separator: ", ")
      throw GoldenError(
        file.path,
        "'optimizer.groups' and the network differ in \(names), expected the same parameters"
      )
    }
    func check(_ name: String, _ expected: [Int]) throws {
      let shape = try record.shape(name)
      guard shape == expected else {
        throw GoldenError(file.path, "'\(name)' has shape \(shape), expected \(expected)")
      }
    }
    for entry in structure.layout.entries { try check("w.\(entry.name)", entry.shape) }
    let rows = description.batch * (description.isForPairs ? 2 : 1)
    try check("act.enc", [rows, description.length, configuration.width])
    let network = Network(configuration, pool: record.pool)
    for entry in network.layout.entries {
      network.parameters[entry.name] = try record.values("w.\(entry.name)")
    }
    for entry in network.buffers.layout.entries {
      // A length is stored as a whole number, [] or [1].
      guard !entry.name.hasSuffix(".len") else {
        network.buffers[entry.name] = [try truncation("buf.\(entry.name)", record)]
        continue
      }
      try check("buf.\(entry.name)", entry.shape)
      network.buffers[entry.name] = try record.values("buf.\(entry.name)")
    }
    return network
  }

  /// The length that an S4 layer's c is truncated at; 0 when it is not.
  private func truncation(_ name: String, _ record: GoldenRecord) throws -> Float {
    let lengths: [Int32] = try record.values(name)
    let limit = GoldenModelDescription.longestLength
    guard lengths.count == 1, (0...limit).contains(Int(lengths[0])) else {
      let found = lengths.map(String.init).prefix(3).joined(separator: ", ")
      throw GoldenError(file.path, "'\(name)' is \(found), expected one length of 0 ... \(limit)")
    }
    return Float(lengths[0])
  }
}
