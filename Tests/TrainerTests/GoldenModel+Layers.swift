import Testing

@testable import Trainer

extension GoldenModel.Description.Model.Layer {
  /// The model of a state-space layer.
  func stateSpace(width: Int) throws -> StateSpace {
    let states = try #require(dState)
    let family: StateSpace.Family
    switch kind {
    case "s4":
      family = .s4(states: states, copies: nSsm ?? width, rank: rank ?? 1, maximumLength: lMax)
    case "s4d":
      family = .s4d(
        states: states,
        copies: nSsm ?? width,
        discretization: disc == "zoh" ? .zeroOrderHold : .bilinear,
        eigenvalues: `init` == "legs" ? .legS : `init` == "inv" ? .inverse : .linear
      )
    case "dss":
      let versions: [String: StateSpace.DSSVersion] = [
        "exp": .exp, "exp-re-im": .expLogarithmic, "exp-no-scale": .expUnscaled,
        "softmax": .softmax, "clip": .clip,
      ]
      family = .dss(states: states, version: try #require(versions[version ?? "exp"]))
    default:
      let versions: [String: StateSpace.DLRVersion] = [
        "complex": .complex, "real": .real, "imag": .imaginary,
      ]
      family = .dlr(states: states, version: try #require(versions[version ?? "complex"]))
    }
    return StateSpace(family, bidirectional: bidirectional ?? false, gated: post != "none")
  }

  /// The model of a Mega layer.
  func mega() throws -> Mega {
    Mega(
      queryWidth: try #require(z),
      valueWidth: try #require(v),
      states: try #require(n),
      chunk: chunk.flatMap { $0 > 0 ? $0 : nil },
      scores: try #require(Mega.Scores(rawValue: attn ?? "softmax")),
      bidirectional: bidirectional ?? false,
      maximumPositions: maxPositions ?? 1024,
      expand: ffExpand ?? 2
    )
  }
}
