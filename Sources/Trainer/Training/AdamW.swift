internal import RealModule

/// The optimizer AdamW: Adam with weight decay apart from the gradient.
///
/// At step t, counted from 1, for learning rate r (times the schedule's multiplier):
///
///     w <- w (1 - r decay)
///     m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
///     w <- w - r (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
///
/// Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
public final class AdamW {
  /// The rates of one parameter.
  public struct Group: Codable, Sendable, Equatable {
    /// The size of a step, r.
    public var learningRate: Double
    /// What a weight loses per step, over r.
    public var weightDecay: Double

    /// A group with the given rates.
    public init(learningRate: Double, weightDecay: Double) {
      self.learningRate = learningRate
      self.weightDecay = weightDecay
    }
  }

  /// The decay rates of the moments.
  public struct Betas: Codable, Sendable, Equatable {
    /// b1.
    public var first: Double
    /// b2.
    public var second: Double

    /// Rates for the first and the second moment.
    public init(_ first: Double = 0.9, _ second: Double = 0.999) {
      self.first = first
      self.second = second
    }
  }

  /// The names, shapes and positions of parameters, gradients and moments.
  public let layout: ParameterLayout
  /// Each parameter's rates by name.
  public let groups: [String: Group]
  /// The decay rates of the moments.
  public let betas: Betas
  /// Added to the denominator.
  public let epsilon: Double
  /// The running mean of the gradients, m.
  public let firstMoment: ParameterStore
  /// The running mean of their squares, v.
  public let secondMoment: ParameterStore
  /// The number of steps taken, t; to be set when a checkpoint is restored.
  public var stepCount = 0
  private let pool: WorkerPool?
  private let pieces: [Piece]

  /// Values that share rates and are updated by one task.
  private struct Piece {
    var range: Range<Int>
    var group: Group
  }

  /// An optimizer that has taken no step.
  ///
  /// - Parameters:
  ///   - layout: the layout of the parameters.
  ///   - groups: every parameter's rates; all names must be there.
  ///   - betas: decay rates of the moments.
  ///   - epsilon: added to the denominator.
  ///   - pool: the threads to use, or nil for the calling one.
  public init(
    layout: ParameterLayout,
    groups: [String: Group],
    betas: Betas = Betas(),
    epsilon: Double = 1e-8,
    pool: WorkerPool? = nil
  ) {
    self.layout = layout
    self.groups = groups
    self.betas = betas
    self.epsilon = epsilon
    self.pool = pool
    firstMoment = ParameterStore(layout: layout)
    secondMoment = ParameterStore(layout: layout)
    pieces = layout.entries.flatMap { entry -> [Piece] in
      guard let group = groups[entry.name] else {
        preconditionFailure("AdamW: no rates for '\(entry.name)'")
      }
      let chunk = GradientClipping.chunk
      return stride(from: entry.range.lowerBound, to: entry.range.upperBound, by: chunk).map {
        Piece(range: $0..<min($0 + chunk, entry.range.upperBound), group: group)
      }
    }
  }

  /// An optimizer with the same rates for every parameter.
  public convenience init(
    layout: ParameterLayout,
    learningRate: Double,
    weightDecay: Double,
    betas: Betas = Betas(),
    epsilon: Double = 1e-8,
    pool: WorkerPool? = nil
  ) {
    let group = Group(learningRate: learningRate, weightDecay: weightDecay)
    self.init(
      layout: layout,
      groups: Dictionary(uniqueKeysWithValues: layout.names.map { ($0, group) }),
      betas: betas,
      epsilon: epsilon,
      pool: pool
    )
  }

  /// Takes one step with every learning rate times `multiplier`.
  ///
  /// The result does not depend on the number of threads.
  /// - Precondition: both stores have the optimizer's layout.
  public func step(
    _ parameters: ParameterStore,
    _ gradients: ParameterStore,
    multiplier: Double = 1
  ) {
    precondition(
      parameters.layout == layout && gradients.layout == layout,
      "AdamW: layouts of \(layout.count), \(parameters.layout.count) and "
        + "\(gradients.layout.count) values"
    )
    stepCount += 1
    let update: (Int) -> Void = { [self] index in
      updatePiece(pieces[index], parameters.base, gradients.base, multiplier)
    }
    if let pool {
      pool.parallelFor(pieces.count, update)
    } else {
      for index in pieces.indices { update(index) }
    }
  }

  private func updatePiece(
    _ piece: Piece,
    _ weights: UnsafeMutablePointer<Float>,
    _ gradients: UnsafeMutablePointer<Float>,
    _ multiplier: Double
  ) {
    let rate = piece.group.learningRate * multiplier
    let keep = Float(1 - rate * piece.group.weightDecay)
    let corrected = Float(rate / (1 - Double.pow(betas.first, Double(stepCount))))
    let correction = Float(1 / (1 - Double.pow(betas.second, Double(stepCount))).squareRoot())
    let (first, second) = (Float(betas.first), Float(betas.second))
    let (firstRest, secondRest) = (Float(1 - betas.first), Float(1 - betas.second))
    let epsilon = Float(epsilon)
    let (means, squares) = (firstMoment.base, secondMoment.base)
    for index in piece.range {
      let gradient = gradients[index]
      let mean = first * means[index] + firstRest * gradient
      let square = second * squares[index] + secondRest * gradient * gradient
      means[index] = mean
      squares[index] = square
      weights[index] =
        weights[index] * keep - corrected * mean / (square.squareRoot() * correction + epsilon)
    }
  }
}
