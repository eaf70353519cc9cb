/// A place in a workspace, in values from its start.
struct Slot: Sendable, Equatable {
  var offset = 0
  var count = 0
}

/// Adds up what the layers of a network need before any memory is taken.
///
/// Activations are all kept at once. The other four kinds are each one region that the layers
/// use in turn, so that the largest demand counts.
struct WorkspacePlan: Sendable, Equatable {
  /// Sequences in the batch.
  let rows: Int
  /// Positions of each sequence.
  let length: Int
  /// The workers that get scratch memory.
  let threads: Int
  /// The length that the block being planned computes its convolution kernels at, or 0.
  var kernelLength: Int
  /// Values kept from the forward to the backward pass.
  private(set) var activations = 0
  /// Those of `activations` that hold gradients of activations.
  private(set) var activationGradients = 0
  /// Values of one layer's gradients of activations.
  private(set) var temporary = 0
  /// Values of one layer's partial sums.
  private(set) var partials = 0
  /// Values of one layer's packed weights.
  private(set) var packed = 0
  /// Values of one worker's scratch.
  private(set) var scratch = 0

  /// The lengths of the Fourier transforms that layers use.
  private(set) var transformLengths: Set<Int> = []

  init(rows: Int, length: Int, threads: Int, kernelLength: Int = 0) {
    precondition(
      rows > 0 && length > 0 && threads > 0,
      "WorkspacePlan: \(rows) rows of length \(length), \(threads) threads"
    )
    self.rows = rows
    self.length = length
    self.threads = threads
    self.kernelLength = kernelLength
  }

  /// rows * length.
  var positions: Int { rows * length }

  /// The count rounded up so that the next slot starts on a cache line.
  private static func padded(_ count: Int) -> Int { (count + 15) & ~15 }

  /// Reserves values that stay until the backward pass.
  mutating func keep(_ count: Int) -> Slot {
    defer { activations += Self.padded(count) }
    return Slot(offset: activations, count: count)
  }

  /// Reserves values for a gradient that goes from layer to layer.
  mutating func keepGradient(_ count: Int) -> Slot {
    activationGradients += Self.padded(count)
    return keep(count)
  }

  /// A place among the activations.
  struct Mark: Sendable, Equatable {
    fileprivate var activations = 0
    fileprivate var gradients = 0
  }

  /// How far the activations reach now.
  var mark: Mark { Mark(activations: activations, gradients: activationGradients) }

  /// Lets what is kept next lie over what was kept since a mark.
  mutating func rewind(to mark: Mark) {
    (activations, activationGradients) = (mark.activations, mark.gradients)
  }

  /// Leaves behind everything up to the furthest of some marks.
  mutating func advance(beyond marks: [Mark]) {
    activations = marks.reduce(activations) { max($0, $1.activations) }
    activationGradients = marks.reduce(activationGradients) { max($0, $1.gradients) }
  }

  /// Asks for at least `count` values while one layer runs.
  mutating func needTemporary(_ count: Int) { temporary = max(temporary, Self.padded(count)) }

  /// Asks for at least `count` values of partial sums while one kernel runs.
  mutating func needPartials(_ count: Int) { partials = max(partials, Self.padded(count)) }

  /// Asks for at least `count` values of packed weights while one kernel runs.
  mutating func needPacked(_ count: Int) { packed = max(packed, Self.padded(count)) }

  /// Asks for at least `count` values per worker while one kernel runs.
  mutating func needScratch(_ count: Int) { scratch = max(scratch, Self.padded(count)) }

  /// Announces a Fourier transform.
  mutating func needTransform(_ length: Int) { transformLengths.insert(length) }

  /// All values beside the activations.
  var scratchTotal: Int { temporary + partials + packed + scratch * threads }

  /// All values.
  var total: Int { activations + scratchTotal }
}

/// The memory of a plan.
struct Workspace {
  let plan: WorkspacePlan
  let buffer: FloatBuffer

  /// Takes the memory of `plan`, reusing `buffer` when it is large enough.
  init(_ plan: WorkspacePlan, reusing buffer: FloatBuffer?) {
    self.plan = plan
    if let buffer, buffer.count >= plan.total {
      self.buffer = buffer
    } else {
      self.buffer = FloatBuffer(count: plan.total)
    }
  }

  /// The first value of a slot.
  subscript(slot: Slot) -> UnsafeMutablePointer<Float> { buffer.base + slot.offset }

  var temporary: UnsafeMutablePointer<Float> { buffer.base + plan.activations }

  var partials: UnsafeMutablePointer<Float> { temporary + plan.temporary }

  var packed: UnsafeMutablePointer<Float> { partials + plan.partials }

  /// The scratch memory of one worker.
  func scratch(_ worker: Int) -> UnsafeMutablePointer<Float> {
    packed + plan.packed + worker * plan.scratch
  }
}
