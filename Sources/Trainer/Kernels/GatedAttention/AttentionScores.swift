/// The mean and the deviation of the Laplace function, 1/sqrt 2 and 1/sqrt(4 pi) as published.
private let laplaceMean: Float = 0.707107
private let laplaceDeviation: Float = 0.282095

extension Mega.Scores {
  /// What scores are multiplied with before the bias is added.
  func scale(queryWidth: Int, keys: Int) -> Float {
    self == .softmax ? 1 / Float(queryWidth).squareRoot() : 1 / Float(keys)
  }

  /// Turns the scores of one query into weights, in place.
  ///
  /// - Parameters:
  ///   - scores: x, `count` values with the bias in them; overwritten with the weights.
  ///   - count: the keys, at least one.
  func weigh(_ scores: UnsafeMutablePointer<Float>, count: Int) {
    switch self {
    case .softmax:
      let maximum = maximumValue(scores, count: count)
      let factor = Lanes(
        repeating: 1 / sumOfExponentials(scores, count: count, minus: maximum, stores: true)
      )
      forLaneSpans(count) { $0.store($0.load(scores) * factor, to: scores) }
    case .laplace:
      forLaneSpans(count) { $0.store(laplaceWithSlope($0.load(scores)).value, to: scores) }
    case .squaredRelu:
      forLaneSpans(count) { span in
        let positive = span.load(scores).larger(.zero)
        span.store(positive * positive, to: scores)
      }
    }
  }

  /// The backward pass of ``weigh(_:count:)``, which computes the weights once more.
  ///
  /// softmax: dx = p (dp - sum(p dp)); otherwise dx = dp f'(x)
  ///
  /// - Parameters:
  ///   - scores: x; overwritten with the weights p.
  ///   - gradient: dp; overwritten with dx.
  ///   - count: the keys, at least one.
  func weighBackward(
    _ scores: UnsafeMutablePointer<Float>,
    gradient: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    switch self {
    case .softmax:
      weigh(scores, count: count)
      var products = Lanes.zero
      forLaneSpans(count) { products.addProduct($0.load(scores), $0.load(gradient)) }
      let product = Lanes(repeating: products.laneSum)
      forLaneSpans(count) { span in
        span.store(span.load(scores) * (span.load(gradient) - product), to: gradient)
      }
    case .laplace:
      forLaneSpans(count) { span in
        let (value, slope) = laplaceWithSlope(span.load(scores))
        span.store(value, to: scores)
        span.store(span.load(gradient) * slope, to: gradient)
      }
    case .squaredRelu:
      forLaneSpans(count) { span in
        let positive = span.load(scores).larger(.zero)
        span.store(positive * positive, to: scores)
        span.store(span.load(gradient) * (positive + positive), to: gradient)
      }
    }
  }
}

/// The Laplace function and its derivative in every lane.
@inline(__always)
func laplaceWithSlope(_ x: Lanes) -> (value: Lanes, slope: Lanes) {
  let z = (x - Lanes(repeating: laplaceMean)) * Lanes(repeating: 1 / laplaceDeviation)
  let (cumulative, bell) = normalDistribution(z)
  return (cumulative, bell * Lanes(repeating: 0.398_942_28 / laplaceDeviation))
}
