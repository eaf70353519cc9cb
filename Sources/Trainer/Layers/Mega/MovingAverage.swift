internal import RealModule

/// The multi-dimensional damped moving average: K[l] = sum over n of p_n beta_n gamma_n q_n^l / sqrt(N).
///
/// p = sigmoid(delta) is the weight of what is new and q = 1 - p sigmoid(alpha) what is kept of the old. It
/// is the response of y_t = sum of gamma_n h_tn / sqrt(N), h_tn = p_n beta_n x_t + q_n h_(t-1)n. Both
/// sides have parameters of their own, and both see the position itself.
///
/// Source: Ma et al., "Mega: Moving average equipped gated attention", 2023, section 3.1.
struct MovingAverage: PowerSumFamily {
  /// N, the averages of a channel.
  let states: Int
  let kernels = 1
  let shared = SharedTensors(tensors: [], copies: 1)
  private let delta: Int
  private let alpha: Int
  private let beta: Int
  private let gamma: Int

  /// A family whose parameters are added as "name.delta", "name.alpha", "name.beta" and "name.gamma",
  /// [heads, states]; a two-sided average has two heads a channel.
  init(_ name: String, heads: Int, states: Int, in layout: inout ParameterLayout) {
    self.states = states
    func add(_ part: String) -> Int {
      layout.add("\(name).\(part)", [heads, states]).lowerBound
    }
    (delta, alpha, beta, gamma) = (add("delta"), add("alpha"), add("beta"), add("gamma"))
  }

  /// One average.
  private struct Average {
    let delta, alpha, beta, gamma: Double

    init(_ delta: Float, _ alpha: Float, _ beta: Float, _ gamma: Float) {
      (self.delta, self.alpha) = (Double(delta), Double(alpha))
      (self.beta, self.gamma) = (Double(beta), Double(gamma))
    }

    /// p and 1 - p, both without loss of digits.
    var new: (share: Double, rest: Double) { sigmoids(delta) }
    /// sigmoid(alpha) and 1 - sigmoid(alpha).
    var damping: (share: Double, rest: Double) { sigmoids(alpha) }
    /// q = 1 - p sigmoid(alpha).
    var kept: Double { new.rest + new.share * damping.rest }

    private func sigmoids(_ x: Double) -> (share: Double, rest: Double) {
      (1 / (1 + .exp(-x)), 1 / (1 + .exp(x)))
    }
  }

  private func average(
    _ head: Int,
    _ n: Int,
    _ parameters: UnsafeMutablePointer<Float>
  ) -> Average {
    let place = head * states + n
    return Average(
      parameters[delta + place],
      parameters[alpha + place],
      parameters[beta + place],
      parameters[gamma + place]
    )
  }

  private var scale: Double { 1 / Double(states).squareRoot() }

  func sum(of head: Int, length: Int, _ parameters: UnsafeMutablePointer<Float>) -> PowerSum {
    let averages = (0..<states).map { average(head, $0, parameters) }
    return PowerSum(
      ratios: averages.map { ComplexDouble($0.kept) },
      weights: [
        averages.map { ComplexDouble($0.new.share * $0.beta * $0.gamma * scale) }
      ]
    )
  }

  func backward(
    _ gradient: PowerSumGradient,
    of head: Int,
    length: Int,
    _ parameters: UnsafeMutablePointer<Float>,
    into gradients: UnsafeMutablePointer<Float>,
    sharedGradient: UnsafeMutablePointer<Float>
  ) {
    for n in 0..<states {
      let average = average(head, n, parameters)
      let (new, damping) = (average.new, average.damping)
      let dw = gradient.weights[0][n].real * scale
      // The gradient is that of log q; where q is 0, so are its powers.
      let dq = gradient.logRatios[n].real / max(average.kept, .leastNormalMagnitude)
      let dp = dw * average.beta * average.gamma - dq * damping.share
      let place = head * states + n
      gradients[delta + place] += Float(dp * new.share * new.rest)
      gradients[alpha + place] -= Float(dq * new.share * damping.share * damping.rest)
      gradients[beta + place] += Float(dw * new.share * average.gamma)
      gradients[gamma + place] += Float(dw * new.share * average.beta)
    }
  }
}
