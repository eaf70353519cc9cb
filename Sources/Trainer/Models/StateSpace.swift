/// A state-space layer: y = W_out f(k * u + d u) + b_out, f mostly gelu, gated by its second half.
///
/// The families differ in how few numbers make the long kernel k of every channel.
public struct StateSpace: Codable, Sendable, Equatable {
  /// How a continuous model becomes a discrete one.
  public enum Discretization: String, Codable, Sendable {
    case bilinear
    /// The input is held between two steps.
    case zeroOrderHold
  }

  /// The eigenvalues that S4D starts from.
  public enum Eigenvalues: String, Codable, Sendable {
    /// -1/2 + i pi k
    case linear
    /// -1/2 + i (N / pi) (N / (1 + 2 k) - 1)
    case inverse
    /// Those of the normal part of HiPPO-LegS.
    case legS
  }

  /// How DSS scales its terms and holds its eigenvalues.
  public enum DSSVersion: String, Codable, Sendable {
    /// a = -exp(.) + i im; terms scaled by (e^(a dt) - 1) / a.
    case exp
    /// As `exp`, with the logarithm of the imaginary part as parameter.
    case expLogarithmic
    /// As `exp`, unscaled.
    case expUnscaled
    /// As `expLogarithmic`, unscaled.
    case expLogarithmicUnscaled
    /// a is free; terms are normalized over the length.
    case softmax
    /// a is free up to a real part of 1e-4; scaled as `exp`.
    case clip
    /// As `clip`, unscaled.
    case clipUnscaled
  }

  /// Which eigenvalues DLR has.
  public enum DLRVersion: String, Codable, Sendable {
    case complex
    case real
    case imaginary
  }

  /// What makes the kernels.
  ///
  /// `states` counts both of each conjugate pair in S4 and S4D, half of which are stored; channel h
  /// uses copy h mod `copies` of eigenvalues and input. With a `maximumLength`, kernels have no values
  /// beyond it, however long the sequences are.
  public enum Family: Codable, Sendable, Equatable {
    /// Structured state spaces: normal plus low rank. What is stored of C is truncated at
    /// `maximumLength`, or when absent, at the length of the first batch, in a run that of the data's longest
    /// sequence; and doubled at need.
    case s4(states: Int, copies: Int, rank: Int, maximumLength: Int?)
    /// Diagonal state spaces.
    case s4d(
      states: Int,
      copies: Int,
      discretization: Discretization,
      eigenvalues: Eigenvalues,
      maximumLength: Int? = nil
    )
    /// Diagonal state spaces with eigenvalues that all channels share.
    case dss(states: Int, version: DSSVersion)
    /// Diagonal linear recurrences: no step sizes, eigenvalues that all channels share.
    case dlr(states: Int, version: DLRVersion)
  }

  /// What makes the kernels.
  public var family: Family
  /// Whether a second kernel looks at what follows.
  public var bidirectional: Bool
  /// Whether the output map has twice the width and its second half gates the first.
  public var gated: Bool
  /// What stands between the convolution and the output map; gelu when absent.
  public var activation: Activation?
  /// The smallest step size (for DLR: twice the decay) to start with.
  public var smallestStep: Double
  /// The largest step size to start with.
  public var largestStep: Double

  /// A layer; step sizes start between 0.001 and 0.1, or between 0.0001 and 0.1 for DLR.
  public init(
    _ family: Family,
    bidirectional: Bool = true,
    gated: Bool = true,
    activation: Activation? = nil,
    smallestStep: Double? = nil,
    largestStep: Double = 0.1
  ) {
    self.family = family
    self.bidirectional = bidirectional
    self.gated = gated
    self.activation = activation
    if case .dlr = family {
      self.smallestStep = smallestStep ?? 1e-4
    } else {
      self.smallestStep = smallestStep ?? 1e-3
    }
    self.largestStep = largestStep
  }

  /// 1 or 2 kernels a channel.
  var kernels: Int { bidirectional ? 2 : 1 }

  /// The values that a kernel has for sequences of `length`.
  func kernelLength(for length: Int) -> Int {
    switch family {
    case .s4(_, _, _, let limit), .s4d(_, _, _, _, let limit): min(length, limit ?? length)
    case .dss, .dlr: length
    }
  }

  /// Whether the layer's input counts as 0 beyond each sequence's length, as S4's and S4D's does.
  var masksInput: Bool {
    switch family {
    case .s4, .s4d: true
    case .dss, .dlr: false
    }
  }
}

extension StateSpace {
  /// What two networks must agree on to exchange weights, in one line.
  var summary: String {
    familySummary + " with \((activation ?? .gelu).rawValue)"
  }

  private var familySummary: String {
    switch family {
    case .s4(let states, let copies, let rank, _):
      "s4(states \(states), copies \(copies), rank \(rank))"
    case .s4d(let states, let copies, let rule, _, _):
      "s4d(states \(states), copies \(copies), \(rule.rawValue))"
    case .dss(let states, let version): "dss(states \(states), \(version.rawValue))"
    case .dlr(let states, let version): "dlr(states \(states), \(version.rawValue))"
    }
  }

  /// Refuses a model of which no layer can be made.
  func validate(width: Int) throws(NetworkError) {
    guard smallestStep > 0, largestStep >= smallestStep, largestStep.isFinite else {
      throw NetworkError(
        "step sizes start between \(smallestStep) and \(largestStep), expected 0 < first <= second"
      )
    }
    switch family {
    case .s4(let states, let copies, let rank, let maximumLength):
      try validate(pairs: states, copies: copies, width: width)
      // Their first matrix is diagonalized in time n^3.
      guard states <= 1024 else {
        throw NetworkError("an S4 layer has \(states) states, expected at most 1024")
      }
      guard (1...1024).contains(rank) else {
        throw NetworkError("an S4 layer has rank \(rank), expected 1 ... 1024")
      }
      try validate(maximumLength: maximumLength, "S4")
    case .s4d(let states, let copies, _, _, let maximumLength):
      try validate(pairs: states, copies: copies, width: width)
      try validate(maximumLength: maximumLength, "S4D")
    case .dss(let states, _), .dlr(let states, _):
      guard (1...Self.mostStates).contains(states) else {
        throw NetworkError(
          "a state-space layer has \(states) states, expected 1 ... \(Self.mostStates)"
        )
      }
    }
  }

  private static let mostStates = 1 << 16

  private func validate(maximumLength: Int?, _ name: String) throws(NetworkError) {
    guard let maximumLength, !(1..<1 << 24).contains(maximumLength) else { return }
    throw NetworkError(
      "an \(name) layer has the maximum length \(maximumLength), expected 1 ..< 2^24"
    )
  }

  private func validate(pairs: Int, copies: Int, width: Int) throws(NetworkError) {
    guard pairs > 0, pairs % 2 == 0, pairs <= Self.mostStates else {
      throw NetworkError(
        "a state-space layer has \(pairs) states, expected conjugate pairs, at most "
          + "\(Self.mostStates)"
      )
    }
    guard copies > 0, width % copies == 0 else {
      throw NetworkError("\(copies) copies of a state space do not divide the width \(width)")
    }
  }
}

extension StateSpace {
  /// The same model, with kernels as long as any sequence.
  var uncut: StateSpace {
    var model = self
    switch family {
    case .s4(let states, let copies, let rank, _):
      model.family = .s4(states: states, copies: copies, rank: rank, maximumLength: nil)
    case .s4d(let states, let copies, let rule, let eigenvalues, _):
      model.family = .s4d(
        states: states,
        copies: copies,
        discretization: rule,
        eigenvalues: eigenvalues
      )
    case .dss, .dlr: break
    }
    return model
  }
}
