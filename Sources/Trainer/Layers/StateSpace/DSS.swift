internal import ComplexModule
internal import RealModule

/// Diagonal state spaces: K[l] = Re sum over n of w_n s_n e^(x_n l), x = dt a, dt = exp(log_dt).
///
/// All channels share a. The scale s is one of ``Scaling``:
///
///     none     1
///     inverse  (e^x - 1) conj(a) / max(|a|^2, 1e-7)
///     softmax  (e^x' - 1) conj(q) / (|q|^2 + 1e-7), q = (e^(L x') - 1) a, x' = -x where Re a > 0, else x
///
/// In `softmax`, terms with Re a > 0 are e^(x l - x (L - 1)), the subtracted part being a constant for the
/// gradient.
///
/// Source: Gupta, Gu and Berant, "Diagonal state spaces are as effective as structured state spaces", 2022.
struct DSS: PowerSumFamily {
  /// How a is held.
  enum Eigenvalues {
    /// -exp(log_neg_re) + i im.
    case negative
    /// -exp(log_neg_re) + i exp(im).
    case logarithmic
    /// lam.
    case free
    /// lam, with a real part of at most 1e-4.
    case clipped
  }

  /// What terms are scaled by.
  enum Scaling {
    case none
    case inverse
    case softmax
  }

  let states: Int
  let kernels: Int
  let shared: SharedTensors
  private let width: Int
  private let kind: Eigenvalues
  private let scaling: Scaling
  private let logStep: Int
  /// log_neg_re, or lam.
  private let eigenvalue: Int
  private let frequency: Int
  private let weight: Int

  /// The smallest |a|^2 that is divided by.
  private static let smallest = 1e-7
  /// The largest real part of clipped eigenvalues.
  private static let largestReal = 1e-4

  /// A family whose parameters are added as "name.log_dt", [width]; "name.log_neg_re" and "name.im",
  /// [states], or "name.lam", [states, 2], for free and clipped eigenvalues; "name.w", [kernels, width,
  /// states, 2].
  init(
    _ name: String,
    width: Int,
    states: Int,
    kernels: Int,
    _ kind: Eigenvalues,
    _ scaling: Scaling,
    in layout: inout ParameterLayout
  ) {
    (self.width, self.states, self.kernels) = (width, states, kernels)
    (self.kind, self.scaling) = (kind, scaling)
    logStep = layout.add("\(name).log_dt", [width]).lowerBound
    eigenvalue = layout.count
    switch kind {
    case .free, .clipped:
      layout.add("\(name).lam", [states, 2])
      shared = SharedTensors(tensors: [(eigenvalue, 2 * states)], copies: 1)
      frequency = eigenvalue
    case .negative, .logarithmic:
      layout.add("\(name).log_neg_re", [states])
      frequency = layout.add("\(name).im", [states]).lowerBound
      shared = SharedTensors(tensors: [(eigenvalue, states), (frequency, states)], copies: 1)
    }
    weight = layout.add("\(name).w", [kernels, width, states, 2]).lowerBound
  }

  /// The family of a version.
  init(
    _ name: String,
    width: Int,
    states: Int,
    kernels: Int,
    _ version: StateSpace.DSSVersion,
    in layout: inout ParameterLayout
  ) {
    self.init(
      name,
      width: width,
      states: states,
      kernels: kernels,
      version.eigenvalues,
      version.scaling,
      in: &layout
    )
  }

  /// a, [states].
  private func eigenvalues(_ parameters: UnsafeMutablePointer<Float>) -> [ComplexDouble] {
    switch kind {
    case .free: return parameters.complex(at: eigenvalue, count: states)
    case .clipped:
      return parameters.complex(at: eigenvalue, count: states).map {
        ComplexDouble(min($0.real, Self.largestReal), $0.imaginary)
      }
    case .negative, .logarithmic:
      let re = parameters.doubles(at: eigenvalue, count: states).map { -Double.exp($0) }
      let im = parameters.doubles(at: frequency, count: states)
      return zip(re, im).map {
        ComplexDouble($0, kind == .logarithmic ? Double.exp($1) : $1)
      }
    }
  }

  private func step(_ head: Int, _ parameters: UnsafeMutablePointer<Float>) -> Double {
    .exp(Double(parameters[logStep + head]))
  }

  func sum(of head: Int, length: Int, _ parameters: UnsafeMutablePointer<Float>) -> PowerSum {
    let (a, dt) = (eigenvalues(parameters), step(head, parameters))
    let scales = a.map { Scale($0, dt: dt, length: length, scaling).value }
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
    if scaling == .softmax {
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
    let scales = a.map { Scale($0, dt: dt, length: length, scaling) }
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
    switch kind {
    case .free: sharedGradient.store(da, at: 0)
    case .clipped:
      let free = parameters.complex(at: eigenvalue, count: states)
      let held = da.indices.map { n in
        ComplexDouble(free[n].real > Self.largestReal ? 0 : da[n].real, da[n].imaginary)
      }
      sharedGradient.store(held, at: 0)
    case .negative, .logarithmic:
      sharedGradient.store(da.indices.map { da[$0].real * a[$0].real }, at: 0)
      sharedGradient.store(
        da.indices.map {
          da[$0].imaginary * (kind == .logarithmic ? a[$0].imaginary : 1)
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
    private let scaling: Scaling

    init(_ a: ComplexDouble, dt: Double, length: Int, _ scaling: Scaling) {
      (self.a, self.length, self.scaling) = (a, Double(length), scaling)
      let x = a.multiplied(by: scaling == .softmax && a.real > 0 ? -dt : dt)
      self.x = x
      switch scaling {
      case .none: value = 1
      case .inverse:
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
      switch scaling {
      case .none: return (0, 0)
      case .inverse:
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
  /// How a is held.
  var eigenvalues: DSS.Eigenvalues {
    switch self {
    case .exp, .expUnscaled: .negative
    case .expLogarithmic, .expLogarithmicUnscaled: .logarithmic
    case .softmax: .free
    case .clip, .clipUnscaled: .clipped
    }
  }

  /// What terms are scaled by.
  var scaling: DSS.Scaling {
    switch self {
    case .exp, .expLogarithmic, .clip: .inverse
    case .expUnscaled, .expLogarithmicUnscaled, .clipUnscaled: .none
    case .softmax: .softmax
    }
  }
}
