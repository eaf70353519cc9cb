internal import ComplexModule
internal import RealModule

/// S4D: K[l] = 2 Re sum over n of C_n B_n f_n g_n^l, with a = -exp(log_neg_re) + i im.
///
/// bilinear: f = dt / (1 - a dt/2), g = (1 + a dt/2) / (1 - a dt/2); zero-order hold: f = (e^(a dt) - 1) / a,
/// g = e^(a dt); dt = exp(log_dt). One state of each conjugate pair is stored, hence the 2.
///
/// Source: Gu, Gupta, Goel and Re, "On the parameterization and initialization of diagonal state
/// space models", 2022.
struct S4D: PowerSumFamily {
  /// Stored states, half of the model's.
  let states: Int
  let kernels: Int
  let shared: SharedTensors
  private let width: Int
  private let copies: Int
  private let discretization: StateSpace.Discretization
  private let logStep: Int
  private let logDecay: Int
  private let frequency: Int
  private let input: Int
  private let output: Int

  /// A family whose parameters are added as "name.log_dt", [width]; "name.log_neg_re" and "name.im",
  /// [copies, states]; "name.b", [copies, states, 2]; "name.c", [kernels, width, states, 2].
  init(
    _ name: String,
    width: Int,
    states: Int,
    copies: Int,
    kernels: Int,
    _ discretization: StateSpace.Discretization,
    in layout: inout ParameterLayout
  ) {
    (self.width, self.states, self.copies, self.kernels) = (width, states, copies, kernels)
    self.discretization = discretization
    logStep = layout.add("\(name).log_dt", [width]).lowerBound
    logDecay = layout.add("\(name).log_neg_re", [copies, states]).lowerBound
    frequency = layout.add("\(name).im", [copies, states]).lowerBound
    input = layout.add("\(name).b", [copies, states, 2]).lowerBound
    output = layout.add("\(name).c", [kernels, width, states, 2]).lowerBound
    shared = SharedTensors(
      tensors: [(logDecay, states), (frequency, states), (input, 2 * states)],
      copies: copies
    )
  }

  /// f and g with the derivatives of f and log g by a and by dt.
  private struct Discrete {
    let f, g, fByA, fByStep, logByA, logByStep: ComplexDouble

    init(_ a: ComplexDouble, dt: Double, _ rule: StateSpace.Discretization) {
      let x = a.multiplied(by: dt)
      switch rule {
      case .bilinear:
        let half = x.multiplied(by: 0.5)
        let inverse = 1 / (1 - half)
        let slope = 1 / ((1 - half) * (1 + half))
        f = inverse.multiplied(by: dt)
        g = (1 + half) * inverse
        fByA = (inverse * inverse).multiplied(by: dt * dt / 2)
        fByStep = inverse * inverse
        logByA = slope.multiplied(by: dt)
        logByStep = slope * a
      case .zeroOrderHold:
        f = ComplexDouble.expMinusOne(x) / a
        g = .exp(x)
        fByA = (g.multiplied(by: dt) - f) / a
        fByStep = g
        logByA = ComplexDouble(dt, 0)
        logByStep = a
      }
    }
  }

  /// One head's model in Double.
  private struct Head {
    let dt: Double
    let a: [ComplexDouble]
    let b: [ComplexDouble]
    let c: [[ComplexDouble]]
  }

  private func head(_ head: Int, _ parameters: UnsafeMutablePointer<Float>) -> Head {
    let copy = head % copies
    let re = parameters.doubles(at: logDecay + copy * states, count: states)
    let im = parameters.doubles(at: frequency + copy * states, count: states)
    return Head(
      dt: .exp(Double(parameters[logStep + head])),
      a: zip(re, im).map { ComplexDouble(-Double.exp($0), $1) },
      b: parameters.complex(at: input + 2 * copy * states, count: states),
      c: (0..<kernels).map {
        parameters.complex(at: output + 2 * ($0 * width + head) * states, count: states)
      }
    )
  }

  func sum(of head: Int, length: Int, _ parameters: UnsafeMutablePointer<Float>) -> PowerSum {
    let head = self.head(head, parameters)
    let discrete = head.a.map { Discrete($0, dt: head.dt, discretization) }
    return PowerSum(
      ratios: discrete.map(\.g),
      weights: head.c.map { c in
        (0..<states).map { (c[$0] * head.b[$0] * discrete[$0].f).multiplied(by: 2) }
      }
    )
  }

  func backward(
    _ gradient: PowerSumGradient,
    of index: Int,
    length: Int,
    _ parameters: UnsafeMutablePointer<Float>,
    into gradients: UnsafeMutablePointer<Float>,
    sharedGradient: UnsafeMutablePointer<Float>
  ) {
    let head = self.head(index, parameters)
    let zeros = [ComplexDouble](repeating: 0, count: states)
    var (da, db, step) = (zeros, zeros, 0.0)
    var dc = Array(repeating: zeros, count: kernels)
    for n in 0..<states {
      let discrete = Discrete(head.a[n], dt: head.dt, discretization)
      var df = ComplexDouble(0)
      for kernel in 0..<kernels {
        let dw = gradient.weights[kernel][n].multiplied(by: 2)
        let c = head.c[kernel][n]
        df += dw * (c * head.b[n]).conjugate
        db[n] += dw * (c * discrete.f).conjugate
        dc[kernel][n] = dw * (head.b[n] * discrete.f).conjugate
      }
      let dlog = gradient.logRatios[n]
      da[n] = df * discrete.fByA.conjugate + dlog * discrete.logByA.conjugate
      step +=
        (df * discrete.fByStep.conjugate + dlog * discrete.logByStep.conjugate).real
    }
    gradients[logStep + index] += Float(step * head.dt)
    for kernel in 0..<kernels {
      gradients.add(dc[kernel], at: output + 2 * (kernel * width + index) * states)
    }
    sharedGradient.store((0..<states).map { da[$0].real * head.a[$0].real }, at: 0)
    sharedGradient.store(da.map(\.imaginary), at: states)
    sharedGradient.store(db, at: 2 * states)
  }
}
