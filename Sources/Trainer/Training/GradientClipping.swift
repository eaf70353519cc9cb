/// The global norm of gradients, and scaling them down to a largest norm.
public enum GradientClipping {
  /// The values of one partial sum; fixed, so that the sum does not depend on the threads.
  static let chunk = 16_384

  /// The Euclidean norm of all gradients, with partial sums in Double.
  public static func norm(of gradients: ParameterStore, pool: WorkerPool) -> Double {
    gradients.withValues { values in
      let chunks = (values.count + chunk - 1) / chunk
      let squares = [Double](unsafeUninitializedCapacity: chunks) { partial, count in
        let partials = partial
        pool.parallelFor(chunks) { index in
          var sum = 0.0
          for value in values[index * chunk..<min(values.count, (index + 1) * chunk)] {
            sum += Double(value) * Double(value)
          }
          partials.initializeElement(at: index, to: sum)
        }
        count = chunks
      }
      return squares.reduce(0, +).squareRoot()
    }
  }

  /// Multiplies the gradients by min(1, maximum / (norm + 1e-6)).
  ///
  /// - Returns: the norm before clipping; when it is not finite the gradients are left alone.
  @discardableResult
  public static func clip(
    _ gradients: ParameterStore,
    toNorm maximum: Double,
    pool: WorkerPool
  ) -> Double {
    let norm = norm(of: gradients, pool: pool)
    guard norm.isFinite, maximum < norm + 1e-6 else { return norm }
    let factor = Float(maximum / (norm + 1e-6))
    gradients.withValues { values in
      for index in values.indices { values[index] *= factor }
    }
    return norm
  }
}
