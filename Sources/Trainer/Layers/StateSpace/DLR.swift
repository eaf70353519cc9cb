internal import ComplexModule

/// Diagonal linear recurrences: K[l] = Re sum over n of w_n e^(lambda_n l), lambda = -s^2 + i im.
///
/// All channels share lambda; there is no step size. `complex` has all of this, `real` im = 0 and a
/// real w, `imaginary` s = 0. im reaches 2 pi, so that phases of long kernels need Double. Sharing makes the
/// kernels of all channels one product of matrices, see ``PowerTable``.
///
/// Source: Gupta, Mehta and Berant, "Simplifying and understanding state space models with diagonal
/// linear RNNs", 2022.
struct DLR: ConvolutionKernel {
  private let width: Int
  private let states: Int
  private let kernels: Int
  private let version: StateSpace.DLRVersion
  private let decayRoot: Int
  private let frequency: Int
  private let weight: Int

  /// Kernels whose parameters are added as "name.sqrt_neg_re" and "name.im", [states], without the
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
    decayRoot = layout.count
    if version != .imaginary { layout.add("\(name).sqrt_neg_re", [states]) }
    frequency = layout.count
    if version != .real { layout.add("\(name).im", [states]) }
    let shape = [kernels, width, states] + (version == .real ? [] : [2])
    weight = layout.add("\(name).w", shape).lowerBound
  }

  private func powers(_ parameters: UnsafeMutablePointer<Float>) -> PowerTable {
    PowerTable(
      exponents: (0..<states).map { n in
        let root = version == .imaginary ? 0 : Double(parameters[decayRoot + n])
        let im = version == .real ? 0 : Double(parameters[frequency + n])
        return ComplexDouble(-root * root, im)
      },
      isReal: version == .real
    )
  }

  /// The values of w of a state and a channel.
  private var parts: Int { version == .real ? 1 : 2 }

  /// States whose gradients one task computes.
  private static let stateTile = 64

  /// w of one side, or its gradient: [width, parts * states].
  private func weights(_ block: UnsafeMutablePointer<Float>, side: Int) -> Matrix {
    let columns = parts * states
    return Matrix(block + weight + side * width * columns, rows: width, columns: columns)
  }

  /// The values of the packed weights of one side.
  private var packedCount: Int {
    PackedFactor.countEitherWay(rows: width, columns: parts * states)
  }

  /// w of every side as the right factor of products, packed.
  private func packedWeights(transposed: Bool, _ pass: Pass) -> [PackedFactor] {
    (0..<kernels).map { side in
      PackedFactor(
        weights(pass.parameters, side: side),
        transposed: transposed,
        at: pass.workspace.packed + side * packedCount,
        pass.pool
      )
    }
  }

  func reserve(in plan: inout WorkspacePlan) {
    let columns = parts * states
    plan.needPartials(PowerTable.count(columns: columns))
    plan.needPacked(kernels * packedCount)
    plan.needScratch(
      max(
        PowerTable.count(columns: columns),
        2 * PowerTable.count(columns: parts * min(states, Self.stateTile)) + 4 * Self.stateTile
      )
    )
  }

  func forward(into kernel: UnsafeMutablePointer<Float>, _ pass: Pass) {
    let powers = powers(pass.parameters)
    let first = pass.workspace.partials
    powers.fillFirstTile(first, pass.pool)
    let weights = packedWeights(transposed: true, pass)
    let tiles = Tiles(of: pass.length, size: PowerTable.tile)
    pass.pool.parallelFor(tiles.count) { index, worker in
      let positions = tiles[index]
      let table = Matrix(
        pass.workspace.scratch(worker),
        rows: positions.count,
        columns: powers.columns
      )
      powers.fill(from: positions.lowerBound, states: 0..<states, first: first, into: table)
      for side in 0..<kernels {
        let output = Matrix(
          kernel + (side * pass.length + positions.lowerBound) * width,
          rows: positions.count,
          columns: width
        )
        multiply(table, weights[side], into: output)
      }
    }
  }

  func backward(_ kernelGradient: UnsafePointer<Float>, _ pass: Pass) {
    let powers = powers(pass.parameters)
    let first = pass.workspace.partials
    powers.fillFirstTile(first, pass.pool)
    let weights = packedWeights(transposed: false, pass)
    let tiles = Tiles(of: states, size: Self.stateTile)
    pass.pool.parallelFor(tiles.count) { index, worker in
      addGradients(
        of: tiles[index],
        powers,
        weights,
        UnsafeMutablePointer(mutating: kernelGradient),
        first: first,
        scratch: pass.workspace.scratch(worker),
        pass
      )
    }
  }

  /// The gradients of w and lambda of some states, over all positions in their order.
  private func addGradients(
    of states: Range<Int>,
    _ powers: PowerTable,
    _ packedWeights: [PackedFactor],
    _ kernelGradient: UnsafeMutablePointer<Float>,
    first: UnsafePointer<Float>,
    scratch: UnsafeMutablePointer<Float>,
    _ pass: Pass
  ) {
    let columns = parts * states.lowerBound..<parts * states.upperBound
    var sums = [ComplexDouble](repeating: 0, count: states.count)
    let positions = Tiles(of: pass.length, size: PowerTable.tile)
    for index in 0..<positions.count {
      let tile = positions[index]
      let table = Matrix(scratch, rows: tile.count, columns: columns.count)
      let tableGradient = Matrix(
        scratch + PowerTable.count(columns: columns.count),
        rows: tile.count,
        columns: columns.count
      )
      powers.fill(from: tile.lowerBound, states: states, first: first, into: table)
      for side in 0..<kernels {
        let gradient = Matrix(
          kernelGradient + (side * pass.length + tile.lowerBound) * width,
          rows: tile.count,
          columns: width
        )
        multiply(
          gradient,
          table,
          transposing: .left,
          into: weights(pass.gradients, side: side)[columns: columns],
          keep: 1
        )
        multiply(
          gradient,
          packedWeights[side][columns: columns],
          into: tableGradient,
          adds: side > 0
        )
      }
      addLogGradients(
        table,
        tableGradient,
        from: tile.lowerBound,
        to: &sums,
        moments: scratch + 2 * PowerTable.count(columns: columns.count)
      )
    }
    for (state, sum) in zip(states, sums) {
      if version != .imaginary {
        let root = Double(pass.parameters[decayRoot + state])
        pass.gradients[decayRoot + state] += Float(-2 * root * sum.real)
      }
      if version != .real { pass.gradients[frequency + state] += Float(sum.imaginary) }
    }
  }

  /// sums += sum over l of l conj(r^l) dL/dr^l.
  ///
  /// - Parameters:
  ///   - powers: x = Re r^l and y = -Im r^l.
  ///   - gradients: dL/dx and dL/dy.
  ///   - start: the first position.
  ///   - sums: a number for every state.
  ///   - moments: room for four numbers of every state.
  private func addLogGradients(
    _ powers: Matrix,
    _ gradients: Matrix,
    from start: Int,
    to sums: inout [ComplexDouble],
    moments: UnsafeMutablePointer<Float>
  ) {
    let count = powers.columns
    // Of conj(r^l) dL/dr^l alone, and times the position in the tile.
    let (zeroth, first) = (moments, moments + count)
    moments.update(repeating: 0, count: 2 * count)
    for row in 0..<powers.rows {
      let (power, gradient) = (powers.row(row), gradients.row(row))
      let position = Float(row)
      if version == .real {
        for index in 0..<count {
          let product = power[index] * gradient[index]
          zeroth[index] += product
          first[index] += position * product
        }
      } else {
        for index in stride(from: 0, to: count, by: 2) {
          let (x, y) = (power[index], power[index + 1])
          let (dx, dy) = (gradient[index], gradient[index + 1])
          let (re, im) = (x * dx + y * dy, y * dx - x * dy)
          zeroth[index] += re
          zeroth[index + 1] += im
          first[index] += position * re
          first[index + 1] += position * im
        }
      }
    }
    for state in sums.indices {
      func total(_ place: Int) -> Double {
        Double(start) * Double(zeroth[place]) + Double(first[place])
      }
      sums[state] +=
        version == .real
        ? ComplexDouble(total(state), 0) : ComplexDouble(total(2 * state), total(2 * state + 1))
    }
  }
}
