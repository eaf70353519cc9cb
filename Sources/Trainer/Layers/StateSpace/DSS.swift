internal import ComplexModule
internal import RealModule

/// Diagonal state spaces: K[l] = Re sum over n of w_n s_n e^(x_n l), x = dt a, dt = exp(log_dt).
///
/// All channels share a. The scale s is that of ``StateSpace/DSSVersion``:
///
///     exp, clip    (e^x - 1) conj(a) / max(|a|^2, 1e-7)
///     expUnscaled  1
///     softmax      (e^x' - 1) conj(q) / (|q|^2 + 1e-7), q = (e^(L x') - 1) a, x' = -x where Re a > 0, else x
///
/// In `softmax`, terms with Re a > 0 are e^(x l - x (L - 1)), the subtracted part being a constant for the
/// gradient.
///
/// Source: Gupta, Gu and Berant, "Diagonal state spaces are as effective as structured state spaces", 2022.
struct DSS: PowerSumFamily {
  let states: Int
  let kernels: Int
  let shared: SharedTensors
  private let width: Int
  private let version: StateSpace.DSSVersion
  private let logStep: Int
  /// log_neg_re, or lam.
  private let eigenvalue: Int
  private let frequency: Int
  private let weight: Int

  /// The smallest |a|^2 that is divided by.
  private static let smallest = 1e-7
  /// The largest real part in `clip`.
  private static let largestReal = 1e-4

  /// A family whose parameters are added as "name.log_dt", [width]; "name.log_neg_re" and "name.im",
  /// [states], or "name.lam", [states, 2], for `softmax` and `clip`; "name.w", [kernels, width, states, 2].
  init(
    _ name: String,
    width: Int,
    states: Int,
    kernels: Int,
    _ version: StateSpace.DSSVersion,
    in layout: inout ParameterLayout
  ) {
    (self.width, self.states, self.kernels, self.version) = (width, states, kernels, version)
    logStep = layout.add("\(name).log_dt", [width]).lowerBound
    eigenvalue = layout.count
    if version.hasFreeEigenvalues {
      layout.add("\(name).lam", [states, 2])
      shared = SharedTensors(tensors: [(eigenvalue, 2 * states)], copies: 1)
      frequency = eigenvalue
    } else {
      layout.add("\(name).log_neg_re", [states])
      frequency = layout.add("\(name).im", [states]).lowerBound
      shared = SharedTensors(tensors: [(eigenvalue, states), (frequency, states)], copies: 1)
    }
    weight = layout.add("\(name).w", [kernels, width, states, 2]).lowerBound
  }

  /// a, [states].
  private func eigenvalues(_ parameters: UnsafeMutablePointer<Float>) -> [ComplexDouble] {
    switch version {
    case .softmax: return parameters.complex(at: eigenvalue, count: states)
    case .clip:
      return parameters.complex(at: eigenvalue, count: states).map {
        ComplexDouble(min($0.real, Self.largestReal), $0.imaginary)
      }
    case .exp, .expUnscaled, .expLogarithmic:
      let re = parameters.doubles(at: eigenvalue, count: states).map { -Double.exp($0) }
      let im = parameters.doubles(at: frequency, count: states)
      return zip(re, im).map {
        ComplexDouble($0, version == .expLogarithmic ? Double.exp($1) : $1)
      }
    }
  }

  private func step(_ head: Int, _ parameters: UnsafeMutablePointer<Float>) -> Double {
    .exp(Double(parameters[logStep + head]))
  }

  func sum(of head: Int, length: Int, _ parameters: UnsafeMutablePointer<Float>) -> PowerSum {
    let (a, dt) = (eigenvalues(parameters), step(head, parameters))
    let scales = a.map { Scale($0, dt: dt, length: length, version).value }
    var sum = PowerSum(
      ratios: a.map { .exp($0.multiplied(by: dt)) },
      weights: (0..<kernels).map { kernel in
        let w = parameters.complex(
          at: weight + 2 * (kernel * width + head) * states,
          count: states
        )
        return zip(w, scales).map { $0 * $1 }
      }
    )
    if version == .softmax {
      for (n, a) in a.enumerated() where a.real > 0 {
        let x = a.multiplied(by: dt)
        sum.shifted[n] = (x, x.multiplied(by: Double(length - 1)))
      }
    }
    return sum
  }

  func backward(
    _ gradient: PowerSumGradient,
    of head: Int,
    length: Int,
    _ parameters: UnsafeMutablePointer<Float>,
    into gradients: UnsafeMutablePointer<Float>,
    sharedGradient: UnsafeMutablePointer<Float>
  ) {
    let (a, dt) = (eigenvalues(parameters), step(head, parameters))
    let scales = a.map { Scale($0, dt: dt, length: length, version) }
    var scaleGradients = [ComplexDouble](repeating: 0, count: states)
    for kernel in 0..<kernels {
      let place = weight + 2 * (kernel * width + head) * states
      let w = parameters.complex(at: place, count: states)
      for n in 0..<states { scaleGradients[n] += gradient.weights[kernel][n] * w[n].conjugate }
      gradients.add(
        zip(gradient.weights[kernel], scales).map { $0 * $1.value.conjugate },
        at: place
      )
    }
    var stepGradient = 0.0
    var da = [ComplexDouble](repeating: 0, count: states)
    for n in 0..<states {
      let (dx, direct) = scales[n].backward(scaleGradients[n])
      let total = dx + gradient.logRatios[n]
      stepGradient += (total * a[n].conjugate).real
      da[n] = total.multiplied(by: dt) + direct
    }
    gradients[logStep + head] += Float(stepGradient * dt)
    switch version {
    case .softmax: sharedGradient.store(da, at: 0)
    case .clip:
      let free = parameters.complex(at: eigenvalue, count: states)
      let held = da.indices.map { n in
        ComplexDouble(free[n].real > Self.largestReal ? 0 : da[n].real, da[n].imaginary)
      }
      sharedGradient.store(held, at: 0)
    case .exp, .expUnscaled, .expLogarithmic:
      sharedGradient.store(da.indices.map { da[$0].real * a[$0].real }, at: 0)
      sharedGradient.store(
        da.indices.map {
          da[$0].imaginary * (version == .expLogarithmic ? a[$0].imaginary : 1)
        },
        at: states
      )
    }
  }

  /// s of one term, with what its gradient needs.
  private struct Scale {
    let value: ComplexDouble
    private let a, x: ComplexDouble
    private let length: Double
    private let version: StateSpace.DSSVersion

    init(_ a: ComplexDouble, dt: Double, length: Int, _ version: StateSpace.DSSVersion) {
      (self.a, self.length, self.version) = (a, Double(length), version)
      let x = a.multiplied(by: version == .softmax && a.real > 0 ? -dt : dt)
      self.x = x
      switch version {
      case .expUnscaled: value = 1
      case .exp, .expLogarithmic, .clip:
        let square = max(a.lengthSquared, DSS.smallest)
        value = ComplexDouble.expMinusOne(x) * a.conjugate.multiplied(by: 1 / square)
      case .softmax:
        let q = ComplexDouble.expMinusOne(x.multiplied(by: Double(length))) * a
        let inverse = q.conjugate.multiplied(by: 1 / (q.lengthSquared + DSS.smallest))
        value = ComplexDouble.expMinusOne(x) * inverse
      }
    }

    /// The gradients of x = dt a and, besides it, of a, from that of s.
    func backward(_ ds: ComplexDouble) -> (x: ComplexDouble, a: ComplexDouble) {
      let numerator = ComplexDouble.expMinusOne(x)
      switch version {
      case .expUnscaled: return (0, 0)
      case .exp, .expLogarithmic, .clip:
        let square = max(a.lengthSquared, DSS.smallest)
        let factor = a.conjugate.multiplied(by: 1 / square)
        let dx = ds * (factor * .exp(x)).conjugate
        let dfactor = ds * numerator.conjugate
        // The factor is 1 / a, or a constant times conj(a) next to 0.
        let da =
          a.lengthSquared > DSS.smallest
          ? -(dfactor * (factor * factor).conjugate)
          : dfactor.conjugate.multiplied(by: 1 / square)
        return (dx, da)
      case .softmax:
        let grown = ComplexDouble.exp(x.multiplied(by: length))
        let difference = ComplexDouble.expMinusOne(x.multiplied(by: length))
        let q = difference * a
        let sum = q.lengthSquared + DSS.smallest
        let inverse = q.conjugate.multiplied(by: 1 / sum)
        let dinverse = ds * numerator.conjugate
        // inverse = conj(q) / (q conj(q) + e) depends on q and on conj(q).
        let dq =
          dinverse.conjugate.multiplied(by: DSS.smallest / (sum * sum))
          - dinverse * (inverse * inverse).conjugate
        let dx =
          ds * (inverse * .exp(x)).conjugate
          + dq * (grown * a).conjugate.multiplied(by: length)
        return (a.real > 0 ? -dx : dx, dq * difference.conjugate)
      }
    }
  }
}

extension StateSpace.DSSVersion {
  /// Whether a is a parameter itself.
  var hasFreeEigenvalues: Bool { self == .softmax || self == .clip }
}
