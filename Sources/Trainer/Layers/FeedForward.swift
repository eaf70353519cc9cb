/// Two linear maps with an activation between them, run in tiles of rows that stay in the cache.
///
/// h = x W_up^T + b_up; y = a(h) W_down^T + b_down. Only h is kept for the backward pass.
struct FeedForward: Layer {
  private let up: LinearPlace
  private let down: LinearPlace
  private let width: Int
  private let hiddenWidth: Int
  private let activation: Activation
  private let dropoutSite: Int
  private var hidden = Slot()

  /// A layer whose parameters are added as "name.up.weight" and so on.
  init(
    _ name: String,
    width: Int,
    expand: Int,
    activation: Activation = .gelu,
    dropoutSite: Int,
    in layout: inout ParameterLayout
  ) {
    precondition(expand > 0, "FeedForward: expand is \(expand)")
    self.width = width
    self.hiddenWidth = width * expand
    self.activation = activation
    self.dropoutSite = dropoutSite
    up = LinearPlace("\(name).up", inputs: width, outputs: width * expand, in: &layout)
    down = LinearPlace("\(name).down", inputs: width * expand, outputs: width, in: &layout)
  }

  /// The rows of a tile: about 64 Ki hidden values, but enough rows that a product does not spend
  /// its time on arranging the weights.
  private var tileRows: Int { min(256, max(128, 65_536 / hiddenWidth)) }

  /// The parameters of both maps, which lie together.
  private var parameterCount: Int { 2 * width * hiddenWidth + hiddenWidth + width }

  mutating func reserve(in plan: inout WorkspacePlan) {
    hidden = plan.keep(plan.positions * hiddenWidth)
    plan.needScratch(2 * tileRows * hiddenWidth)
    plan.needPartials(Tiles(summing: plan.positions).count * parameterCount)
    plan.needPacked(up.packedCount + down.packedCount)
  }

  func forward(_ input: Matrix, adding residual: Matrix?, into output: Matrix, _ pass: Pass) {
    let hidden = pass.matrix(hidden, columns: hiddenWidth)
    let upWeight = up.packedForward(pass)
    let downWeight = down.packedForward(pass, at: up.packedCount)
    let tiles = Tiles(of: pass.positions, size: tileRows)
    pass.pool.parallelFor(tiles.count) { index, worker in
      let rows = tiles[index]
      let before = hidden[rows: rows]
      let active = Matrix(
        pass.workspace.scratch(worker),
        rows: rows.count,
        columns: hiddenWidth
      )
      linearTile(
        input[rows: rows],
        weight: upWeight,
        bias: up.bias(pass.parameters),
        adding: nil,
        into: before
      )
      activation.forward(before.base, into: active.base, count: rows.count * hiddenWidth)
      pass.dropout?.apply(to: active, firstRow: rows.lowerBound, site: dropoutSite)
      linearTile(
        active,
        weight: downWeight,
        bias: down.bias(pass.parameters),
        adding: residual?[rows: rows],
        into: output[rows: rows]
      )
    }
  }

  func backward(
    _ outputGradient: Matrix,
    input: Matrix,
    into inputGradient: Matrix,
    adds: Bool,
    _ pass: Pass
  ) {
    let weights = (
      up: up.packedBackward(pass), down: down.packedBackward(pass, at: up.packedCount)
    )
    let pieces = Tiles(summing: pass.positions)
    pass.pool.parallelFor(pieces.count) { index, worker in
      let piece = pieces[index]
      let tiles = Tiles(of: piece.count, size: tileRows)
      for tile in 0..<tiles.count {
        let rows = piece.lowerBound + tiles[tile].lowerBound
        backwardTile(
          rows..<rows + tiles[tile].count,
          outputGradient,
          weights,
          input: input,
          into: inputGradient,
          adds: adds,
          partials: pass.workspace.partials + index * parameterCount,
          isFirst: tile == 0,
          scratch: pass.workspace.scratch(worker),
          pass
        )
      }
    }
    addPartials(
      pass.workspace.partials,
      pieces: pieces.count,
      count: parameterCount,
      into: pass.gradients + up.offset,
      pass.pool
    )
  }

  private func backwardTile(
    _ rows: Range<Int>,
    _ outputGradient: Matrix,
    _ weights: (up: PackedFactor, down: PackedFactor),
    input: Matrix,
    into inputGradient: Matrix,
    adds: Bool,
    partials: UnsafeMutablePointer<Float>,
    isFirst: Bool,
    scratch: UnsafeMutablePointer<Float>,
    _ pass: Pass
  ) {
    let count = rows.count * hiddenWidth
    let before = pass.matrix(hidden, columns: hiddenWidth)[rows: rows]
    let active = Matrix(scratch, rows: rows.count, columns: hiddenWidth)
    let gradient = Matrix(scratch + count, rows: rows.count, columns: hiddenWidth)
    multiply(outputGradient[rows: rows], weights.down, into: gradient)
    pass.dropout?.apply(to: gradient, firstRow: rows.lowerBound, site: dropoutSite)
    activation.backward(before.base, output: active.base, gradient: gradient.base, count: count)
    pass.dropout?.apply(to: active, firstRow: rows.lowerBound, site: dropoutSite)
    addLinearGradients(
      outputGradient[rows: rows],
      input: active,
      into: partials + down.offset - up.offset,
      adds: !isFirst
    )
    addLinearGradients(gradient, input: input[rows: rows], into: partials, adds: !isFirst)
    multiply(gradient, weights.up, into: inputGradient[rows: rows], adds: adds)
  }
}
