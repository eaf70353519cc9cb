/// The gaussian error linear unit, the exact one.
///
/// y = x C(x), C the standard normal distribution (Hendrycks and Gimpel 2016)
///
/// - Parameters:
///   - input: x, `count` values.
///   - output: y; overwritten. May be `input`.
///   - count: the number of values.
func geluForward(
  _ input: UnsafePointer<Float>,
  into output: UnsafeMutablePointer<Float>,
  count: Int
) {
  forLanes(count) { start in
    let x = Lanes(input + start)
    (x * normalDistribution(x).cumulative).store(to: output + start)
  } rest: { start, rest in
    let x = Lanes(input + start, count: rest, filler: 0)
    (x * normalDistribution(x).cumulative).store(to: output + start, count: rest)
  }
}

/// The backward pass of y = x C(x), which computes y once more.
///
/// dx = dy (C(x) + x c(x)), c the normal density
///
/// - Parameters:
///   - input: x.
///   - output: y; overwritten.
///   - gradient: dy; overwritten with dx.
///   - count: the number of values.
func geluBackward(
  _ input: UnsafePointer<Float>,
  output: UnsafeMutablePointer<Float>,
  gradient: UnsafeMutablePointer<Float>,
  count: Int
) {
  forLanes(count) { start in
    let x = Lanes(input + start)
    let (y, slope) = geluWithSlope(x)
    y.store(to: output + start)
    (Lanes(gradient + start) * slope).store(to: gradient + start)
  } rest: { start, rest in
    let x = Lanes(input + start, count: rest, filler: 0)
    let (y, slope) = geluWithSlope(x)
    y.store(to: output + start, count: rest)
    let dy = Lanes(UnsafePointer(gradient + start), count: rest, filler: 0)
    (dy * slope).store(to: gradient + start, count: rest)
  }
}

/// x C(x) and its derivative in every lane.
@inline(__always)
func geluWithSlope(_ x: Lanes) -> (value: Lanes, slope: Lanes) {
  let (cumulative, bell) = normalDistribution(x)
  let density = bell * Lanes(repeating: 0.398_942_28)
  return (x * cumulative, cumulative.addingProduct(x, density))
}

/// The rectified linear unit: y = max(x, 0).
///
/// - Parameters:
///   - input: x.
///   - output: y; overwritten. May be `input`.
///   - count: the number of values.
func reluForward(
  _ input: UnsafePointer<Float>,
  into output: UnsafeMutablePointer<Float>,
  count: Int
) {
  for index in 0..<count { output[index] = input[index] > 0 ? input[index] : 0 }
}

/// The backward pass of y = max(x, 0): dx = dy where y > 0, else 0.
///
/// - Parameters:
///   - output: y; x does as well.
///   - gradient: dy; overwritten with dx.
///   - count: the number of values.
func reluBackward(
  output: UnsafePointer<Float>,
  gradient: UnsafeMutablePointer<Float>,
  count: Int
) {
  for index in 0..<count { gradient[index] = output[index] > 0 ? gradient[index] : 0 }
}

/// The sigmoid linear unit.
///
/// y = x sigmoid(x) (Elfwing, Uchibe and Doya 2017)
///
/// - Parameters:
///   - input: x, `count` values.
///   - output: y; overwritten. May be `input`.
///   - count: the number of values.
func siluForward(
  _ input: UnsafePointer<Float>,
  into output: UnsafeMutablePointer<Float>,
  count: Int
) {
  forLaneSpans(count) { span in
    let x = span.load(input)
    span.store(x * sigmoid(x), to: output)
  }
}

/// The backward pass of y = x sigmoid(x), which computes y once more.
///
/// dx = dy (sigmoid(x) + y (1 - sigmoid(x)))
///
/// - Parameters:
///   - input: x.
///   - output: y; overwritten. nil when it is not needed.
///   - gradient: dy; overwritten with dx.
///   - count: the number of values.
func siluBackward(
  _ input: UnsafePointer<Float>,
  output: UnsafeMutablePointer<Float>?,
  gradient: UnsafeMutablePointer<Float>,
  count: Int
) {
  forLaneSpans(count) { span in
    let (y, slope) = siluWithSlope(span.load(input))
    if let output { span.store(y, to: output) }
    span.store(span.load(gradient) * slope, to: gradient)
  }
}

/// x sigmoid(x) and its derivative in every lane.
@inline(__always)
func siluWithSlope(_ x: Lanes) -> (value: Lanes, slope: Lanes) {
  let gate = sigmoid(x)
  let value = x * gate
  return (value, gate.addingProduct(value, 1 - gate))
}
