/// Turns the last vectors into outputs, after pooling them over each sequence.
///
/// linear: W x + b; mlp: W_down relu(W_up x + b_up) + b_down; identity: x
struct Decoder {
  private enum Head {
    case linear(LinearPlace)
    case mlp(up: LinearPlace, down: LinearPlace)
    case identity
    case pairs(PairHead)
  }

  private var head: Head
  private let width: Int
  private let outputs: Int
  private let pooling: NetworkConfiguration.Pooling
  private let poolsOverLengths: Bool
  /// The positions before a sequence's own: 1 with a class token.
  private let tokensBefore: Int
  private var pooled = Slot()
  private var pooledGradient = Slot()
  private var choices = Slot()
  private var hidden = Slot()
  private var hiddenGradient = Slot()
  private(set) var logits = Slot()

  /// A decoder whose parameters are added as "dec.lin.weight", or "dec.up.weight" and
  /// "dec.down.weight", and so on.
  init(_ configuration: NetworkConfiguration, in layout: inout ParameterLayout) {
    width = configuration.width
    outputs = configuration.logitWidth
    pooling = configuration.pooling
    poolsOverLengths = configuration.poolsOverLengths
    tokensBefore = configuration.tokensBefore
    switch configuration.head {
    case .linear:
      head = .linear(LinearPlace("dec.lin", inputs: width, outputs: outputs, in: &layout))
    case .mlp:
      let up = LinearPlace("dec.up", inputs: width, outputs: width, in: &layout)
      let down = LinearPlace("dec.down", inputs: width, outputs: outputs, in: &layout)
      head = .mlp(up: up, down: down)
    case .identity: head = .identity
    case .pairs, .pairsConcatenated: head = .pairs(PairHead(configuration, in: &layout))
    }
  }

  private var isForPairs: Bool { if case .pairs = head { true } else { false } }

  /// Whether the vectors that the head sees are not those of all positions.
  private var selects: Bool { pooling != .all || tokensBefore > 0 }

  /// The rows of the outputs for a batch's shape, the length being that without a class token.
  func outputRows(rows: Int, length: Int) -> Int {
    if isForPairs { return rows / 2 }
    return pooling == .all ? rows * length : rows
  }

  /// What is wrong with the number of sequences, or nil.
  func fault(ofRows rows: Int) -> NetworkError? {
    guard isForPairs, rows % 2 != 0 else { return nil }
    return NetworkError("the batch has \(rows) rows, a head for pairs needs two a pair")
  }

  mutating func reserve(in plan: inout WorkspacePlan) {
    let rows = outputRows(rows: plan.rows, length: plan.length - tokensBefore)
    if selects {
      let vectors = pooling == .all ? rows : plan.rows
      pooled = plan.keep(vectors * width)
      pooledGradient = plan.keepGradient(vectors * width)
    }
    if pooling == .max { choices = plan.keep(plan.rows * width) }
    logits = plan.keep(rows * outputs)
    switch head {
    case .linear(let place): place.reserve(in: &plan, rows: rows)
    case .mlp(let up, let down):
      hidden = plan.keep(rows * width)
      hiddenGradient = plan.keepGradient(rows * width)
      up.reserve(in: &plan, rows: rows)
      down.reserve(in: &plan, rows: rows)
    case .identity: break
    case .pairs(var pairs):
      pairs.reserve(in: &plan)
      head = .pairs(pairs)
    }
  }

  /// The outputs, [rows or positions, outputs].
  func logitMatrix(_ pass: Pass) -> Matrix {
    Matrix(
      pass.workspace[logits],
      rows: outputRows(rows: pass.rows, length: pass.length - tokensBefore),
      columns: outputs
    )
  }

  private func counts(_ lengths: [Int32]?, _ pass: Pass) -> [Int] {
    guard poolsOverLengths, let lengths else {
      return Array(repeating: pass.length, count: pass.rows)
    }
    return lengths.map { Int($0) + tokensBefore }
  }

  private func rowMatrix(_ slot: Slot, _ pass: Pass) -> Matrix {
    Matrix(
      pass.workspace[slot],
      rows: pooling == .all ? pass.positions - pass.rows * tokensBefore : pass.rows,
      columns: width
    )
  }

  /// Computes the outputs of [positions, width].
  func forward(_ input: Matrix, lengths: [Int32]?, _ pass: Pass) {
    var vectors = input
    if selects { vectors = rowMatrix(pooled, pass) }
    if selects, pooling == .all {
      removeFirst(input, length: pass.length, into: vectors, pass.pool)
    } else if pooling != .all {
      poolForward(
        input,
        mode: pooling,
        length: pass.length,
        counts: counts(lengths, pass),
        choices: pass.workspace[choices],
        into: vectors,
        pass.pool
      )
    }
    let logits = logitMatrix(pass)
    switch head {
    case .linear(let place): place.forward(vectors, into: logits, pass)
    case .mlp(let up, let down):
      let hidden = rowMatrix(hidden, pass)
      up.forward(vectors, into: hidden, pass)
      reluForward(hidden.base, into: hidden.base, count: hidden.rows * width)
      down.forward(hidden, into: logits, pass)
    case .identity: logits.base.update(from: vectors.base, count: logits.rows * outputs)
    case .pairs(let pairs): pairs.forward(vectors, into: logits, pass)
    }
  }

  /// Computes the gradient of the input from that of the outputs, which lies over the outputs.
  ///
  /// - Parameters:
  ///   - input: as in the forward pass.
  ///   - lengths: the positions that count, per row.
  ///   - inputGradient: [positions, width]; overwritten.
  ///   - pass: the pass under way.
  func backward(input: Matrix, lengths: [Int32]?, into inputGradient: Matrix, _ pass: Pass) {
    let gradient = logitMatrix(pass)
    let vectors = selects ? rowMatrix(pooled, pass) : input
    let target = selects ? rowMatrix(pooledGradient, pass) : inputGradient
    switch head {
    case .linear(let place): place.backward(gradient, input: vectors, into: target, pass)
    case .mlp(let up, let down):
      let (hidden, hiddenGradient) = (rowMatrix(hidden, pass), rowMatrix(hiddenGradient, pass))
      down.backward(gradient, input: hidden, into: hiddenGradient, pass)
      reluBackward(
        output: hidden.base,
        gradient: hiddenGradient.base,
        count: hidden.rows * width
      )
      up.backward(hiddenGradient, input: vectors, into: target, pass)
    case .identity: target.base.update(from: gradient.base, count: gradient.rows * outputs)
    case .pairs(let pairs): pairs.backward(gradient, input: vectors, into: target, pass)
    }
    if selects, pooling == .all {
      insertFirst(nil, before: target, length: pass.length, into: inputGradient, pass.pool)
    } else if pooling != .all {
      poolBackward(
        target,
        mode: pooling,
        length: pass.length,
        counts: counts(lengths, pass),
        choices: pass.workspace[choices],
        into: inputGradient,
        pass.pool
      )
    }
  }
}
