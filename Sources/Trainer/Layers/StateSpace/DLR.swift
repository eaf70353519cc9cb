internal import ComplexModule

/// Diagonal linear recurrences: K[l] = Re sum over n of w_n e^(lambda_n l), lambda = -s^2 + i im.
///
/// All channels share lambda; there is no step size. `complex` has all of this, `real` im = 0 and a
/// real w, `imaginary` s = 0. im reaches 2 pi, so that phases of long kernels need Double.
///
/// Source: Gupta, Mehta and Berant, "Simplifying and understanding state space models with diagonal
/// linear RNNs", 2022.
struct DLR: PowerSumFamily {
  let states: Int
  let kernels: Int
  let shared: SharedTensors
  private let width: Int
  private let version: StateSpace.DLRVersion
  private let decayRoot: Int
  private let frequency: Int
  private let weight: Int

  /// A family whose parameters are added as "name.sqrt_neg_re" and "name.im", [states], without the
  /// one that the version lacks; "name.w", [kernels, width, states, 2], or [kernels, width, states] for `real`.
  init(
    _ name: String,
    width: Int,
    states: Int,
    kernels: Int,
    _ version: StateSpace.DLRVersion,
    in layout: inout ParameterLayout
  ) {
    (self.width, self.states, self.kernels, self.version) = (width, states, kernels, version)
    var tensors: [(offset: Int, count: Int)] = []
    decayRoot = layout.count
    if version != .imaginary {
      layout.add("\(name).sqrt_neg_re", [states])
      tensors.append((decayRoot, states))
    }
    frequency = layout.count
    if version != .real {
      layout.add("\(name).im", [states])
      tensors.append((frequency, states))
    }
    shared = SharedTensors(tensors: tensors, copies: 1)
    let shape = [kernels, width, states] + (version == .real ? [] : [2])
    weight = layout.add("\(name).w", shape).lowerBound
  }

  func sum(of head: Int, length: Int, _ parameters: UnsafeMutablePointer<Float>) -> PowerSum {
    let ratios = (0..<states).map { n in
      let root = version == .imaginary ? 0 : Double(parameters[decayRoot + n])
      let im = version == .real ? 0 : Double(parameters[frequency + n])
      return ComplexDouble.exp(ComplexDouble(-root * root, im))
    }
    let weights = (0..<kernels).map { kernel -> [ComplexDouble] in
      let row = (kernel * width + head) * states
      return version == .real
        ? parameters.doubles(at: weight + row, count: states).map { ComplexDouble($0, 0) }
        : parameters.complex(at: weight + 2 * row, count: states)
    }
    return PowerSum(ratios: ratios, weights: weights)
  }

  func backward(
    _ gradient: PowerSumGradient,
    of head: Int,
    length: Int,
    _ parameters: UnsafeMutablePointer<Float>,
    into gradients: UnsafeMutablePointer<Float>,
    sharedGradient: UnsafeMutablePointer<Float>
  ) {
    for kernel in 0..<kernels {
      let row = (kernel * width + head) * states
      if version == .real {
        for n in 0..<states {
          gradients[weight + row + n] += Float(gradient.weights[kernel][n].real)
        }
      } else {
        gradients.add(gradient.weights[kernel], at: weight + 2 * row)
      }
    }
    var place = 0
    if version != .imaginary {
      for n in 0..<states {
        let root = Double(parameters[decayRoot + n])
        sharedGradient[n] = Float(-2 * root * gradient.logRatios[n].real)
      }
      place = states
    }
    if version != .real {
      sharedGradient.store(gradient.logRatios.map(\.imaginary), at: place)
    }
  }
}
