extension GoldenModelDescription.Layer {
  private typealias Description = GoldenModelDescription

  /// The layer that is described.
  ///
  /// - Throws: ``NetworkError`` for what no layer of this build has.
  func layer(width: Int) throws -> NetworkConfiguration.Layer {
    switch kind {
    case "attn":
      return .attention(
        heads: try Description.require(heads, "heads"),
        causal: causal ?? false,
        rotary: rotary ?? false,
        bias: bias
      )
    case "local":
      return .localAttention(
        heads: try Description.require(heads, "heads"),
        window: try Description.require(window, "window"),
        back: back ?? 1,
        forward: fwd ?? 1,
        causal: causal ?? false,
        rotary: rotary ?? false,
        bias: bias
      )
    case "mega": return .mega(model: try mega())
    case "ff":
      return .feedForward(
        expand: try Description.require(expand, "expand"),
        activation: try act.map { try Description.activation($0) }
      )
    case "s4", "s4d", "dss", "dlr": return .stateSpace(model: try stateSpace(width: width))
    default:
      throw NetworkError(
        "a layer is '\(kind)', expected one of attn, local, ff, mega, s4, s4d, dss, dlr"
      )
    }
  }

  private func mega() throws -> Mega {
    Mega(
      queryWidth: try Description.require(z, "z"),
      valueWidth: try Description.require(v, "v"),
      states: try Description.require(n, "n"),
      chunk: chunk.flatMap { $0 > 0 ? $0 : nil },
      scores: try Description.choose(
        "attn",
        attn ?? "softmax",
        of: ["softmax": .softmax, "laplace": .laplace, "relu2": .squaredRelu]
      ),
      bidirectional: bidirectional ?? false,
      maximumPositions: maxPositions ?? 1024,
      expand: ffExpand ?? 2,
      activation: try act.map { try Description.activation($0) },
      norm: try Description.norm(norm ?? "layer"),
      prenorm: prenorm ?? true
    )
  }

  private func stateSpace(width: Int) throws -> StateSpace {
    let states = try Description.require(dState, "d_state")
    // 0 stands for none.
    let copies = nSsm.flatMap { $0 == 0 ? nil : $0 } ?? width
    let limit = lMax.flatMap { $0 == 0 ? nil : $0 }
    guard limit ?? 1 <= Description.longestLength else {
      throw NetworkError("'l_max' is \(limit ?? 0), expected at most \(Description.longestLength)")
    }
    let family: StateSpace.Family
    switch kind {
    case "s4":
      family = .s4(
        states: states & ~1,
        copies: copies,
        rank: rank ?? 1,
        maximumLength: limit
      )
    case "s4d":
      family = .s4d(
        states: states & ~1,
        copies: copies,
        discretization: try Description.choose(
          "disc",
          disc ?? "bilinear",
          of: ["bilinear": .bilinear, "zoh": .zeroOrderHold]
        ),
        eigenvalues: try Description.choose(
          "init",
          self.`init` ?? "lin",
          of: ["lin": .linear, "inv": .inverse, "legs": .legS, "random": .linear]
        ),
        maximumLength: limit
      )
    case "dss":
      family = .dss(
        states: states,
        version: try Description.dssVersion(version ?? "exp")
      )
    default:
      family = .dlr(
        states: states,
        version: try Description.dlrVersion(version ?? "complex")
      )
    }
    return StateSpace(
      family,
      bidirectional: bidirectional ?? false,
      gated: post ?? "glu" == "glu",
      activation: try act.map { try Description.activation($0) }
    )
  }
}

extension GoldenModelDescription {
  /// The most positions of a sequence or a kernel.
  static let longestLength = 1 << 20

  static func dssVersion(_ name: String) throws -> StateSpace.DSSVersion {
    try choose(
      "version",
      name,
      of: [
        "exp": .exp, "exp-re-im": .expLogarithmic, "exp-no-scale": .expUnscaled,
        "exp-re-im-no-scale": .expLogarithmicUnscaled, "softmax": .softmax, "clip": .clip,
        "clip-no-scale": .clipUnscaled,
      ]
    )
  }

  static func dlrVersion(_ name: String) throws -> StateSpace.DLRVersion {
    try choose("version", name, of: ["complex": .complex, "real": .real, "imag": .imaginary])
  }
}
