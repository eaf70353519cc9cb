internal import DataKit
internal import RealModule

extension Network {
  /// Draws the initial weights; a pure function of seed, parameter name and element.
  ///
  /// The distributions are PyTorch's: U(-1 / sqrt(inputs), 1 / sqrt(inputs)) for weight and bias
  /// of a linear map, N(0, 1) for an embedding, 1 and 0 for norms, N(0, 0.02^2) for learned
  /// positions and the class token. With `identicalProjections` k, v and o of an attention layer are
  /// copies of q. State-space models and Mega have distributions of their own. With `normalInitialization` every number of
  /// the network, norms and biases too, is normal with that deviation instead. Running statistics
  /// become 0 and 1, gradients 0.
  public func initialize(seed: UInt64) {
    let generator = Philox(seed: seed, purpose: .weights)
    for entry in layout.entries {
      parameters[entry.name] = initialValues(of: entry, generator)
    }
    for entry in buffers.layout.entries {
      let value: Float = entry.name.hasSuffix("running_var") ? 1 : 0
      buffers[entry.name] = Array(repeating: value, count: entry.range.count)
    }
    gradients.zero()
  }

  private func initialValues(of entry: ParameterLayout.Entry, _ generator: Philox) -> [Float] {
    let parts = entry.name.split(separator: ".")
    let count = entry.range.count
    if let deviation = configuration.normalInitialization {
      let draws = Draws(generator, name: entry.name)
      return (0..<count).map { deviation * draws.normal(at: $0) }
    }
    let own = Draws(generator, name: entry.name)
    switch layer(of: entry.name) {
    case .stateSpace(let model):
      if let values = model.initialValues(of: entry, own) { return values }
    case .mega(let model):
      if let values = model.initialValues(of: entry, own) { return values }
    default: break
    }
    if parts.contains("ln") || parts.contains("bn") {
      return Array(repeating: parts.last == "weight" ? 1 : 0, count: count)
    }
    let draws = Draws(generator, name: drawName(of: entry.name))
    if entry.name == "pos" || entry.name == "cls" {
      return (0..<count).map { 0.02 * draws.normal(at: $0) }
    }
    if entry.name == "enc.weight", case .embedding = configuration.encoder {
      return (0..<count).map { draws.normal(at: $0) }
    }
    let bound = 1 / Float(inputs(of: entry)).squareRoot()
    return (0..<count).map { bound * (2 * draws.unit(at: $0) - 1) }
  }

  /// The layer that a parameter belongs to, or nil.
  private func layer(of name: String) -> NetworkConfiguration.Layer? {
    let parts = name.split(separator: ".")
    guard parts.count > 3, parts[0] == "blocks", parts[2] == "layer", let index = Int(parts[1])
    else { return nil }
    return configuration.layers[index % configuration.layers.count]
  }

  /// The name that the draws of a parameter depend on.
  private func drawName(of name: String) -> String {
    guard configuration.identicalProjections else { return name }
    for part in ["k", "v", "o"] {
      for kind in ["weight", "bias"] where name.hasSuffix(".layer.\(part).\(kind)") {
        return String(name.dropLast(kind.count + 2)) + "q." + kind
      }
    }
    return name
  }

  /// The inputs of the linear map that a weight or a bias belongs to.
  private func inputs(of entry: ParameterLayout.Entry) -> Int {
    if entry.shape.count > 1 { return entry.shape[1] }
    let weight = entry.name.dropLast("bias".count) + "weight"
    guard let shape = layout[String(weight)]?.shape, shape.count > 1 else {
      preconditionFailure("Network: '\(entry.name)' belongs to no linear map")
    }
    return shape[1]
  }
}

/// Random numbers that depend on (seed, name, element).
struct Draws {
  private let generator: Philox
  private let nameHash: UInt64

  init(_ generator: Philox, name: String) {
    self.generator = generator
    // FNV-1a, 64 bits: stable from run to run, unlike Hasher.
    nameHash = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
  }

  private func words(at element: Int) -> SIMD4<UInt32> {
    generator.words(
      at: SIMD4(
        UInt32(truncatingIfNeeded: element),
        UInt32(truncatingIfNeeded: element >> 32),
        UInt32(truncatingIfNeeded: nameHash),
        UInt32(truncatingIfNeeded: nameHash >> 32)
      )
    )
  }

  /// A number in [0, 1) with 24 random bits.
  func unit(at element: Int) -> Float { Float(words(at: element)[0] >> 8) * 0x1p-24 }

  /// A normal number: Box and Muller's sqrt(-2 ln u) cos(2 pi v), in Double.
  func normal(at element: Int) -> Float {
    let words = words(at: element)
    let radius = (-2 * Double.log((Double(words[0]) + 0.5) * 0x1p-32)).squareRoot()
    return Float(radius * Double.cos(2 * .pi * Double(words[1]) * 0x1p-32))
  }
}
