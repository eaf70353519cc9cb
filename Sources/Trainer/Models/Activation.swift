/// What is done to every value between two linear maps.
public enum Activation: String, Codable, Sendable, CaseIterable {
  /// x C(x), C the standard normal distribution: the exact one.
  case gelu
  /// max(x, 0)
  case relu
  /// x sigmoid(x)
  case silu
  /// max(x, 0)^2
  case squaredRelu = "relu2"
  /// 1/2 (1 + erf((x - 0.707107) / (0.282095 sqrt 2)))
  case laplace
  /// x
  case identity
}

extension Activation: LaneFunction {
  /// The function and its derivative in every lane.
  @inline(__always)
  func withSlope(_ x: Lanes) -> (value: Lanes, slope: Lanes) {
    switch self {
    case .gelu: return geluWithSlope(x)
    case .relu:
      return (x.larger(.zero), Lanes.zero.replacing(with: Lanes(repeating: 1), where: x .> .zero))
    case .silu: return siluWithSlope(x)
    case .squaredRelu:
      let positive = x.larger(.zero)
      return (positive * positive, positive + positive)
    case .laplace: return laplaceWithSlope(x)
    case .identity: return (x, Lanes(repeating: 1))
    }
  }

  /// y of `count` values x; `output` may be `input`.
  func forward(
    _ input: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    switch self {
    case .gelu: geluForward(input, into: output, count: count)
    case .silu: siluForward(input, into: output, count: count)
    case .relu: reluForward(input, into: output, count: count)
    case .squaredRelu, .laplace, .identity:
      forLaneSpans(count) { span in
        span.store(withSlope(span.load(input)).value, to: output)
      }
    }
  }

  /// Overwrites `output`, if any, with y, and dy in `gradient` with dx.
  func backward(
    _ input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>?,
    gradient: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    switch (self, output) {
    case (.gelu, let output?):
      geluBackward(input, output: output, gradient: gradient, count: count)
    case (.silu, _): siluBackward(input, output: output, gradient: gradient, count: count)
    case (.relu, let output?):
      reluForward(input, into: output, count: count)
      reluBackward(output: output, gradient: gradient, count: count)
    default:
      forLaneSpans(count) { span in
        let (y, slope) = withSlope(span.load(input))
        if let output { span.store(y, to: output) }
        span.store(span.load(gradient) * slope, to: gradient)
      }
    }
  }

  /// y = f(x) for [rows, width], row by row.
  func forward(_ input: Matrix, into output: Matrix) {
    for row in 0..<input.rows {
      forward(input.row(row), into: output.row(row), count: input.columns)
    }
  }

  /// The backward pass for [rows, width]: dy is overwritten with dx, `output`, if any, with y.
  func backward(_ input: Matrix, output: Matrix? = nil, gradient: Matrix) {
    for row in 0..<input.rows {
      backward(
        input.row(row),
        output: output?.row(row),
        gradient: gradient.row(row),
        count: input.columns
      )
    }
  }
}
