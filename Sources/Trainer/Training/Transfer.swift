internal import DataKit

/// What became of every tensor when a network took its weights from a pretrained one.
public struct TransferReport: Sendable, Equatable {
  /// Taken over as they were.
  public var loaded: [String] = []
  /// Taken over in part, with the reason.
  public var adapted: [String] = []
  /// Left in the checkpoint.
  public var dropped: [String] = []
  /// Drawn anew.
  public var initialised: [String] = []
}

extension Checkpoint {
  /// Copies everything but the head into a network that was initialised for another objective.
  ///
  /// A class token comes along where both have one; a new one is drawn, an old one is dropped.
  /// The mask column of a linear encoder is dropped: [width, channels + 1] gives all but its last
  /// column. Running
  /// statistics come along; moments do not.
  ///
  /// - Throws: ``CheckpointError`` when the architectures differ; the network is unchanged then.
  func transfer(to network: Network) throws -> TransferReport {
    if let difference = structuralDifference(from: network.configuration) {
      throw CheckpointError(
        path: path,
        reason: "another architecture: \(difference)",
        hint: "it was written by preset '\(configuration.preset)'; use the same preset"
      )
    }
    var report = TransferReport()
    var found = shapes("parameter.")
    var copies: [(name: String, values: [Float])] = []
    for entry in network.layout.entries {
      let shape = found.removeValue(forKey: entry.name)
      if entry.name.hasPrefix("dec.") {
        report.initialised.append(entry.name)
        if shape != nil { report.dropped.append(entry.name) }
        continue
      }
      if entry.name == "cls", shape == nil {
        report.initialised.append(entry.name)
        continue
      }
      let values: [Float]? = try shape.map { _ in try file.elements(of: "parameter." + entry.name) }
      if let values, shape == entry.shape {
        copies.append((entry.name, values))
        report.loaded.append(entry.name)
      } else if let values, entry.name == "enc.weight", entry.shape.count == 2,
        shape == [entry.shape[0], entry.shape[1] + 1]
      {
        let columns = entry.shape[1] + 1
        let kept = values.indices.filter { $0 % columns != columns - 1 }
        copies.append((entry.name, kept.map { values[$0] }))
        report.adapted.append("enc.weight (of \(columns) columns the mask column is dropped)")
      } else {
        throw mismatch(entry.name, shape, entry.shape)
      }
    }
    for name in found.keys.sorted() {
      guard name.hasPrefix("dec.") || name == "cls" else { throw mismatch(name, found[name], nil) }
      report.dropped.append(name)
    }
    try checkTruncations(network.buffers.layout)
    for (name, values) in copies { network.parameters[name] = values }
    try transferBuffers(to: network, &report)
    return report
  }

  private func transferBuffers(to network: Network, _ report: inout TransferReport) throws {
    let found = shapes("buffer.")
    for entry in network.buffers.layout.entries {
      guard found[entry.name] == entry.shape else {
        throw mismatch(entry.name, found[entry.name], entry.shape)
      }
      network.buffers[entry.name] = try file.elements(of: "buffer." + entry.name)
      report.loaded.append(entry.name)
    }
  }

  /// The first difference that shapes do not show.
  private func structuralDifference(from other: NetworkConfiguration) -> String? {
    func differs(_ name: String, _ there: some Equatable, _ here: some Equatable) -> String? {
      "\(there)" == "\(here)" ? nil : "\(name) is \(there) there, \(here) in this network"
    }
    let mine = configuration.network
    func heads(_ network: NetworkConfiguration) -> [String] {
      network.layers.map { layer in
        switch layer {
        case .attention(let heads, _, let rotary, _):
          "attention(heads \(heads)\(rotary ? ", rotary" : ""))"
        case .localAttention(let heads, let window, let back, let forward, _, let rotary, _):
          "local attention(heads \(heads), windows \(window), \(back) before, \(forward) after"
            + "\(rotary ? ", rotary" : ""))"
        case .feedForward(let expand, let activation):
          "feed-forward(expand \(expand), \((activation ?? .gelu).rawValue))"
        case .stateSpace(let model): model.summary
        case .mega(let model): model.summary(in: network)
        }
      }
    }
    return differs("width", mine.width, other.width) ?? differs("depth", mine.depth, other.depth)
      ?? differs("prenorm", mine.prenorm, other.prenorm) ?? differs("norm", mine.norm, other.norm)
      ?? differs("positions", mine.positions, other.positions)
      ?? differs("residual", mine.residual ?? .sequential, other.residual ?? .sequential)
      ?? differs("rotary", (mine.rotary ?? .init()).summary, (other.rotary ?? .init()).summary)
      ?? differs(
        "a round of layers",
        heads(mine).joined(separator: " "),
        heads(other).joined(separator: " ")
      )
  }
}
