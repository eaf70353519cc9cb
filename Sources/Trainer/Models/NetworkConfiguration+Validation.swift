extension NetworkConfiguration {
  /// Refuses a configuration of which no network can be made.
  ///
  /// A network made of a refused configuration traps; check what comes from a file or a user.
  /// - Throws: ``NetworkError`` with the first fault.
  public func validate() throws(NetworkError) {
    guard width > 0 else { throw NetworkError("the width is \(width), expected at least 1") }
    guard depth >= 0 else { throw NetworkError("the depth is \(depth), expected at least 0") }
    guard max(width, depth, outputs, maximumLength, pairWidth ?? 1) <= Self.largestExtent else {
      throw NetworkError("a width, depth, length or number of outputs is more than 2^24")
    }
    if let deviation = normalInitialization, !(deviation >= 0 && deviation <= 1000) {
      throw NetworkError("normalInitialization is \(deviation), expected 0 ... 1000")
    }
    guard dropout >= 0, dropout < 1 else {
      throw NetworkError("dropout is \(dropout), expected 0 ..< 1")
    }
    guard head == .identity || outputs > 0 else {
      throw NetworkError("the head has \(outputs) outputs, expected at least 1")
    }
    guard head != .pairsConcatenated || (pairWidth ?? width) > 1, pairWidth ?? 1 > 0,
      !head.isForPairs || pooling != .all
    else {
      throw NetworkError("a head for pairs needs one vector of each sequence, of width 2 or more")
    }
    guard positions != .learned || maximumLength > 0 else {
      throw NetworkError("the learned position table has \(maximumLength) rows, expected some")
    }
    switch encoder {
    case .embedding(let vocabulary):
      guard (1...Self.largestExtent).contains(vocabulary) else {
        throw NetworkError("the vocabulary has \(vocabulary) tokens, expected 1 ... 2^24")
      }
    case .linear(let inputs):
      guard (1...Self.largestExtent).contains(inputs) else {
        throw NetworkError("the encoder has \(inputs) inputs, expected 1 ... 2^24")
      }
    }
    guard !isParallel || prenorm && !layers.isEmpty else {
      throw NetworkError("parallel layers need pre-norm and at least one layer a round")
    }
    if isParallel, layers.contains(where: { if case .mega = $0 { true } else { false } }) {
      throw NetworkError("a Mega layer cannot be one of parallel layers")
    }
    for layer in layers { try validate(layer) }
    try validateClassToken()
    try validateSize()
  }

  private static let largestExtent = 1 << 24

  /// Refuses networks whose parameters cannot be counted, let alone kept in memory.
  private func validateSize() throws(NetworkError) {
    // No one factor of a tensor is more than 2^24, but their product may be more than an Int holds.
    let wide = Double(width)
    let layerCounts = layers.map { $0.parameterBound(width: wide) }
    var bound = Double(max(1, depth)) * layerCounts.reduce(wide, +) + wide * Double(maximumLength)
    switch encoder {
    case .embedding(let rows), .linear(let rows): bound += wide * Double(rows)
    }
    bound += 4 * wide * max(wide, Double(outputs), Double(pairWidth ?? 0))
    guard bound < 0x1p40 else { throw NetworkError("the network has more than 2^40 parameters") }
  }

  /// Refuses batches whose activations cannot be counted, let alone kept in memory.
  func checkActivations(samples: Int) throws(NetworkError) {
    let positions = 2 * Double(samples) * Double(maximumLength + 1)
    let wide = Double(width)
    let perRound = layers.reduce(0) { $0 + 16 * wide + 8 * $1.parameterBound(width: wide) / wide }
    guard positions * (Double(depth) * perRound + 16 * wide) < 0x1p56 else {
      throw NetworkError(
        "batches of \(samples) samples of \(maximumLength) positions need more than 2^56 values"
      )
    }
  }

  private func validateClassToken() throws(NetworkError) {
    guard classToken != true || pooling == .first || pooling == .all else {
      throw NetworkError(
        "pooling is \(pooling.rawValue), expected first, as a class token is to be read"
      )
    }
  }

  private func validate(_ layer: Layer) throws(NetworkError) {
    switch layer {
    case .localAttention(
      let heads,
      let window,
      let back,
      let forward,
      let isCausal,
      let isRotary,
      _
    ):
      guard window > 0, back >= 0, forward >= 0, !isCausal || forward == 0 else {
        throw NetworkError(
          "local attention has windows of \(window) and sees \(back) before and \(forward) after"
            + (isCausal ? ", expected none after, being causal" : "")
        )
      }
      guard max(window, back, forward) <= 1 << 24 else {
        throw NetworkError("local attention has windows or a reach of more than 2^24")
      }
      try validate(.attention(heads: heads, causal: isCausal, rotary: isRotary))
    case .attention(let heads, _, let isRotary, _):
      guard heads > 0, width % heads == 0 else {
        throw NetworkError("\(heads) heads do not divide the width \(width)")
      }
      if isRotary { try validate(rotary ?? Rotary(), headWidth: width / heads) }
    case .feedForward(let expand, _):
      guard (1...1 << 16).contains(expand) else {
        throw NetworkError("a feed-forward layer expands \(expand) times, expected 1 ... 65536")
      }
    case .stateSpace(let model): try model.validate(width: width)
    case .mega(let model): try model.validate()
    }
  }

  private func validate(_ rotary: Rotary, headWidth: Int) throws(NetworkError) {
    guard rotary.fraction > 0, rotary.fraction <= 1 else {
      throw NetworkError(
        "rotary attention turns a fraction of \(rotary.fraction) of a head, expected more than 0 "
          + "and at most 1"
      )
    }
    let turned = rotary.width(ofHead: headWidth)
    if turned == headWidth, turned % 2 != 0 {
      throw NetworkError("rotary heads need an even width, theirs is \(headWidth)")
    }
    guard turned > 0, turned % 2 == 0 else {
      throw NetworkError(
        "rotary attention turns \(turned) of a head's \(headWidth) channels, expected pairs"
      )
    }
  }
}

extension NetworkConfiguration.Layer {
  /// About the parameters of a layer; at least a quarter of them.
  func parameterBound(width: Double) -> Double {
    switch self {
    case .attention, .localAttention: return 4 * width * width
    case .feedForward(let expand, _): return 2 * width * width * Double(expand)
    case .stateSpace(let model):
      switch model.family {
      case .s4(let states, let copies, let rank, _):
        return 2 * width * width + Double(states) * (2 * width + Double(copies) * Double(rank))
      case .s4d(let states, let copies, _, _, _):
        return 2 * width * width + Double(states) * (2 * width + Double(copies))
      case .dss(let states, _), .dlr(let states, _):
        return 2 * width * width + 4 * width * Double(states)
      }
    case .mega(let model):
      let inner = Double(model.valueWidth) + Double(model.queryWidth) + width
      return width * (2 * inner + 2 * width * Double(model.expand) + 8 * Double(model.states))
        + 2 * Double(model.maximumPositions)
    }
  }
}
