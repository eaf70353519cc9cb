/// The backward pass, in three steps: through the update gate to what attention mixed, through
/// attention, and through the maps and the average to the input.
extension GatedAttention {
  /// Gradients that only the backward pass needs.
  private struct Gradients {
    /// Of attention(q, k, v).
    let mixed: Matrix
    /// Of q, k and v.
    let queries: Matrix
    let keys: Matrix
    let values: Matrix
    /// Of u, z, r and c.
    let mapped: Matrix
    /// Of EMA(x').
    let averaged: Matrix
    let kernel: UnsafeMutablePointer<Float>
  }

  /// Turns the gradient of y into that of x.
  ///
  /// - Parameters:
  ///   - input: x, as in the forward pass.
  ///   - gradient: that of y; replaced by that of x.
  ///   - branchGradient: [positions, width], scratch.
  ///   - pass: the pass under way.
  func backward(input: Matrix, gradient: Matrix, branchGradient: Matrix, _ pass: Pass) {
    if !isPrenorm {
      let updated = pass.matrix(slots.updated, columns: width)
      norm.backward(gradient, input: updated, into: gradient, adds: false, pass)
    }
    var temporary = MatrixStack(pass.workspace.temporary, rows: pass.positions)
    let inputs = attentionInputs(&temporary, pass)
    let gradients = Gradients(
      mixed: temporary.next(columns: model.valueWidth),
      queries: temporary.next(columns: model.queryWidth),
      keys: temporary.next(columns: model.queryWidth),
      values: temporary.next(columns: model.valueWidth),
      mapped: temporary.next(columns: map.outputs),
      averaged: temporary.next(columns: width),
      kernel: temporary.base
    )
    combineBackward(gradient, input: input, inputs, gradients, pass)
    attentionBackward(inputs, gradients, pass)
    // x' has a gradient of its own, or is x.
    let target = isPrenorm ? branchGradient : gradient
    mapBackward(input: input, gradients, into: target, pass)
    averageBackward(input: input, gradients, into: target, pass)
    if isPrenorm { norm.backward(target, input: input, into: gradient, adds: true, pass) }
  }

  /// Calls `body` for tiles of rows, a piece's tiles on one thread and in their order.
  private func forTiles(
    _ pass: Pass,
    _ body: (_ rows: Range<Int>, _ piece: Int, _ isFirst: Bool, _ worker: Int) -> Void
  ) {
    let pieces = Tiles(summing: pass.positions)
    pass.pool.parallelFor(pieces.count) { index, worker in
      let tiles = Tiles(of: pieces[index].count, size: tileRows)
      for tile in 0..<tiles.count {
        body(tiles[tile].shifted(by: pieces[index].lowerBound), index, tile == 0, worker)
      }
    }
  }

  private func addToGradients(count: Int, at offset: Int, _ pass: Pass) {
    addPartials(
      pass.workspace.partials,
      pieces: Tiles(summing: pass.positions).count,
      count: count,
      into: pass.gradients + offset,
      pass.pool
    )
  }

  /// Leaves in `gradient` what goes past the gate, and the gradients of u, r, c and of what attention
  /// mixed; computes q, k and v once more.
  private func combineBackward(
    _ gradient: Matrix,
    input: Matrix,
    _ inputs: ChunkedAttentionInputs,
    _ gradients: Gradients,
    _ pass: Pass
  ) {
    let mapped = pass.matrix(slots.mapped, columns: map.outputs)
    let mixed = pass.matrix(slots.mixed, columns: model.valueWidth)
    let candidate = pass.matrix(slots.candidate, columns: width)
    let weight = candidateMap.packedBackward(pass)
    forTiles(pass) { rows, piece, isFirst, worker in
      let parts = parts(mapped[rows: rows])
      let partGradients = self.parts(gradients.mapped[rows: rows])
      var scratch = MatrixStack(pass.workspace.scratch(worker), rows: rows.count)
      let gated = scratch.next(columns: model.valueWidth)
      let active = scratch.next(columns: width)
      activation.forward(candidate[rows: rows], into: active)
      pass.dropout?.apply(to: active, firstRow: rows.lowerBound, site: dropoutSites.candidate)
      updateBackward(
        gradient[rows: rows],
        input: input[rows: rows],
        update: parts.update,
        candidate: active,
        into: partGradients.update,
        candidateGradient: partGradients.candidate
      )
      pass.dropout?.apply(
        to: partGradients.candidate,
        firstRow: rows.lowerBound,
        site: dropoutSites.candidate
      )
      activation.backward(candidate[rows: rows], gradient: partGradients.candidate)
      activation.reset(mixed[rows: rows], by: parts.reset, into: gated)
      addLinearGradients(
        partGradients.candidate,
        input: gated,
        into: pass.workspace.partials + piece * candidateMap.parameterCount,
        adds: !isFirst
      )
      let mixedGradient = gradients.mixed[rows: rows]
      multiply(partGradients.candidate, weight, into: mixedGradient)
      activation.resetGradient(
        mixedGradient,
        input: mixed[rows: rows],
        by: parts.reset,
        into: partGradients.reset
      )
      fill(inputs, rows, pass)
    }
    addToGradients(count: candidateMap.parameterCount, at: candidateMap.offset, pass)
  }

  private func attentionBackward(
    _ inputs: ChunkedAttentionInputs,
    _ gradients: Gradients,
    _ pass: Pass
  ) {
    let shape = attention(length: pass.length)
    chunkedAttentionBackward(
      gradients.mixed,
      inputs,
      shape,
      into: ChunkedAttentionGradients(
        queries: gradients.queries,
        keys: gradients.keys,
        values: gradients.values,
        bias: pass.workspace.partials
      ),
      scratch: pass.workspace.scratch,
      pass.pool
    )
    addPartials(
      pass.workspace.partials,
      pieces: shape.partCount(rows: pass.positions),
      count: shape.distanceCount,
      into: pass.gradients + bias + model.reach - shape.chunk,
      pass.pool
    )
  }

  /// Computes the gradient of EMA(x'), and that of x' by way of the values alone.
  private func mapBackward(
    input: Matrix,
    _ gradients: Gradients,
    into target: Matrix,
    _ pass: Pass
  ) {
    let x = averageInput(input, pass)
    let averaged = pass.matrix(slots.averaged, columns: width)
    let mapped = pass.matrix(slots.mapped, columns: map.outputs)
    let values = pass.matrix(slots.values, columns: model.valueWidth)
    let valueWeight = valueMap.packedBackward(pass)
    let mapWeight = map.packedBackward(pass, at: valueMap.packedCount)
    forTiles(pass) { rows, piece, isFirst, worker in
      let partials = pass.workspace.partials + piece * mapParameterCount
      let mapPartials = partials + valueMap.parameterCount
      let scalePartials = mapPartials + map.parameterCount
      if isFirst { scalePartials.update(repeating: 0, count: 4 * model.queryWidth) }
      let mappedGradient = gradients.mapped[rows: rows]
      activation.queriesAndKeysGradient(
        gradients.queries[rows: rows],
        gradients.keys[rows: rows],
        input: parts(mapped[rows: rows]).shared,
        scale: pass.parameters + scale,
        into: parts(mappedGradient).shared,
        sums: scalePartials
      )
      let active = Matrix(pass.workspace.scratch(worker), rows: rows.count, columns: width)
      let averagedGradient = gradients.averaged[rows: rows]
      let site = dropoutSites.average
      multiply(mappedGradient, mapWeight, into: averagedGradient)
      pass.dropout?.apply(to: averagedGradient, firstRow: rows.lowerBound, site: site)
      activation.backward(averaged[rows: rows], output: active, gradient: averagedGradient)
      pass.dropout?.apply(to: active, firstRow: rows.lowerBound, site: site)
      addLinearGradients(mappedGradient, input: active, into: mapPartials, adds: !isFirst)
      let valueGradient = gradients.values[rows: rows]
      activation.backward(values[rows: rows], gradient: valueGradient)
      addLinearGradients(valueGradient, input: x[rows: rows], into: partials, adds: !isFirst)
      multiply(valueGradient, valueWeight, into: target[rows: rows], adds: !isPrenorm)
    }
    addToGradients(count: mapParameterCount, at: valueMap.offset, pass)
  }

  /// Adds the gradient of x' by way of the average.
  private func averageBackward(
    input: Matrix,
    _ gradients: Gradients,
    into target: Matrix,
    _ pass: Pass
  ) {
    let shape = convolution(length: pass.length)
    convolutionBackward(
      gradients.averaged,
      input: averageInput(input, pass),
      kernel: pass.workspace[slots.kernel],
      skip: pass.parameters + skip,
      counts: nil,
      into: target,
      adds: true,
      kernelGradient: gradients.kernel,
      skipGradient: pass.gradients + skip,
      shape,
      transform: pass.transforms(shape.transformLength),
      scratch: pass.workspace.scratch,
      pass.pool
    )
    kernel.backward(gradients.kernel, pass)
  }
}
