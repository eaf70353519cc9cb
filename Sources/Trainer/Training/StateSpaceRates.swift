/// The learning rates of a state-space layer's own parameters; those that are absent are the global
/// rate.
public struct StateSpaceRates: Codable, Sendable, Equatable {
  /// Of the step sizes: log_dt.
  public var step: Double?
  /// Of the state matrix: log_neg_re, sqrt_neg_re, im, lam and p.
  public var state: Double?
  /// Of the input: b.
  public var input: Double?
  /// Of the weights of DSS and DLR: w.
  public var weight: Double?
  /// Whether sqrt_neg_re of the first layer has the global rate, as in the published code.
  public var firstDecayIsGlobal: Bool?

  /// Rates of their own for some parameters.
  public init(
    step: Double? = nil,
    state: Double? = nil,
    input: Double? = nil,
    weight: Double? = nil,
    firstDecayIsGlobal: Bool? = nil
  ) {
    self.step = step
    self.state = state
    self.input = input
    self.weight = weight
    self.firstDecayIsGlobal = firstDecayIsGlobal
  }
}

extension RunConfiguration.Optimizer {
  /// The rates of a parameter.
  ///
  /// What makes the kernels of a state-space layer never decays, except C and d, which do.
  func group(of name: String) -> AdamW.Group {
    let rate: Double?
    switch name.split(separator: ".").last {
    case "log_dt": rate = stateSpace?.step
    case "log_neg_re", "im", "lam", "p": rate = stateSpace?.state
    case "sqrt_neg_re":
      let isFirst = name.hasPrefix("blocks.0.")
      rate = isFirst && stateSpace?.firstDecayIsGlobal == true ? nil : stateSpace?.state
    case "b": rate = stateSpace?.input
    case "w": rate = stateSpace?.weight
    default: return AdamW.Group(learningRate: learningRate, weightDecay: weightDecay)
    }
    return AdamW.Group(learningRate: rate ?? learningRate, weightDecay: 0)
  }
}
