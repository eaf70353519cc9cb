/// A head for pairs of sequences.
///
/// The rows are all first vectors a, then all second ones b. f = (a, b, a - b, a b) goes through two
/// linear maps, f = (a, b) through three, with activations between them; the second of three halves.
struct PairHead {
  private let places: [LinearPlace]
  private let width: Int
  private let compares: Bool
  private let activation: Activation
  /// The inputs of each map, and what they were before the activation; the first ones are f.
  private var inputs: [Slot] = []
  private var before: [Slot] = []
  /// The gradients of two inputs in turn, as wide as the widest.
  private var gradients: [Slot] = []

  /// A head whose parameters are added as "dec.lins.0.weight" and so on.
  init(_ configuration: NetworkConfiguration, in layout: inout ParameterLayout) {
    width = configuration.width
    compares = configuration.head == .pairs
    activation = configuration.pairActivation ?? .gelu
    let middle = configuration.pairWidth ?? width
    let widths =
      compares
      ? [4 * width, middle, configuration.outputs]
      : [2 * width, middle, middle / 2, configuration.outputs]
    places = (0..<widths.count - 1).map {
      LinearPlace("dec.lins.\($0)", inputs: widths[$0], outputs: widths[$0 + 1], in: &layout)
    }
  }

  mutating func reserve(in plan: inout WorkspacePlan) {
    let pairs = plan.rows / 2
    inputs = places.map { plan.keep(pairs * $0.inputs) }
    before = places.map { plan.keep(pairs * $0.inputs) }
    let widest = places.reduce(0) { max($0, $1.inputs) }
    gradients = (0..<2).map { _ in plan.keepGradient(pairs * widest) }
    for place in places { place.reserve(in: &plan, rows: pairs) }
  }

  private func matrix(_ slot: Slot, _ index: Int, _ pass: Pass) -> Matrix {
    Matrix(pass.workspace[slot], rows: pass.rows / 2, columns: places[index].inputs)
  }

  /// Computes the outputs, [rows / 2, outputs], of [rows, width].
  func forward(_ input: Matrix, into output: Matrix, _ pass: Pass) {
    let first = matrix(inputs[0], 0, pass)
    for pair in 0..<first.rows {
      let (a, b, f) = (input.row(pair), input.row(first.rows + pair), first.row(pair))
      f.update(from: a, count: width)
      (f + width).update(from: b, count: width)
      guard compares else { continue }
      for column in 0..<width {
        f[2 * width + column] = a[column] - b[column]
        f[3 * width + column] = a[column] * b[column]
      }
    }
    for index in places.indices {
      let input = matrix(inputs[index], index, pass)
      guard index + 1 < places.count else {
        places[index].forward(input, into: output, pass)
        return
      }
      let hidden = matrix(before[index + 1], index + 1, pass)
      places[index].forward(input, into: hidden, pass)
      let active = matrix(inputs[index + 1], index + 1, pass)
      activation.forward(hidden.base, into: active.base, count: hidden.rows * hidden.columns)
    }
  }

  /// Adds to the gradients of the parameters and computes that of the input, [rows, width].
  func backward(
    _ outputGradient: Matrix,
    input: Matrix,
    into inputGradient: Matrix,
    _ pass: Pass
  ) {
    var gradient = outputGradient
    for index in places.indices.reversed() {
      let values = matrix(inputs[index], index, pass)
      let target = matrix(gradients[index % 2], index, pass)
      places[index].backward(gradient, input: values, into: target, pass)
      if index > 0 {
        activation.backward(
          pass.workspace[before[index]],
          output: values.base,
          gradient: target.base,
          count: target.rows * target.columns
        )
      }
      gradient = target
    }
    for pair in 0..<gradient.rows {
      let (a, b, df) = (input.row(pair), input.row(gradient.rows + pair), gradient.row(pair))
      let (da, db) = (inputGradient.row(pair), inputGradient.row(gradient.rows + pair))
      for column in 0..<width {
        var (first, second) = (df[column], df[width + column])
        if compares {
          let (difference, product) = (df[2 * width + column], df[3 * width + column])
          first += difference + product * b[column]
          second += product * a[column] - difference
        }
        (da[column], db[column]) = (first, second)
      }
    }
  }
}

extension NetworkConfiguration.Head {
  /// Whether two sequences make one output.
  var isForPairs: Bool { self == .pairs || self == .pairsConcatenated }
}
