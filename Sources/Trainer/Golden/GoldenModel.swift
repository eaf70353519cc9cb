internal import DataKit

/// A model file: a network with its weights, a batch, and what three steps of training compute.
struct GoldenModel {
  let file: SafetensorsFile
  let description: GoldenModelDescription
  let configuration: NetworkConfiguration
  /// By tensor, its largest magnitude and the largest error of float32 arithmetic.
  let noise: [String: [Double]]

  init(_ file: SafetensorsFile) throws {
    self.file = file
    description = try GoldenFile.decode(GoldenModelDescription.self, of: file)
    do {
      configuration = try description.configuration()
      try configuration.validate()
    } catch {
      throw GoldenError(file.path, "\(error)")
    }
    guard let noise = file.metadata["noise"],
      let values = try? JSON.decode([String: [Double]].self, from: Array(noise.utf8)),
      values.values.allSatisfy({ $0.count == 2 })
    else { throw GoldenError(file.path, "its metadata has no usable 'noise'") }
    self.noise = values
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
    default: throw GoldenError(file.path, "the loss '\(description.loss)' is neither ce nor mae")
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
    let network = Network(configuration, pool: record.pool)
    let (own, described) = (
      Set(network.layout.names), Set(description.optimizer.groups.keys)
    )
    guard own == described else {
      let names = own.symmetricDifference(described).sorted().joined(separator: ", ")
      throw GoldenError(file.path, "these parameters are not on both sides: \(names)")
    }
    func check(_ name: String, _ expected: [Int]) throws {
      let shape = try record.shape(name)
      guard shape == expected else {
        throw GoldenError(file.path, "'\(name)' has shape \(shape), expected \(expected)")
      }
    }
    for entry in network.layout.entries {
      try check("w.\(entry.name)", entry.shape)
      network.parameters[entry.name] = try record.values("w.\(entry.name)")
    }
    for entry in network.buffers.layout.entries {
      // A length is stored as a whole number, [] or [1].
      guard !entry.name.hasSuffix(".len") else {
        let length: [Int32] = try record.values("buf.\(entry.name)")
        network.buffers[entry.name] = [Float(length.first ?? 0)]
        continue
      }
      try check("buf.\(entry.name)", entry.shape)
      network.buffers[entry.name] = try record.values("buf.\(entry.name)")
    }
    return network
  }
}
