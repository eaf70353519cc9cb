extension GatedAttention {
  /// Computes y in its slot.
  func forward(_ input: Matrix, _ pass: Pass) {
    let x = averageInput(input, pass)
    if isPrenorm { norm.forward(input, into: x, pass) }
    let shape = convolution(length: pass.length)
    kernel.forward(into: pass.workspace[slots.kernel], pass)
    convolutionForward(
      x,
      kernel: pass.workspace[slots.kernel],
      skip: pass.parameters + skip,
      counts: nil,
      into: pass.matrix(slots.averaged, columns: width),
      shape,
      transform: pass.transforms(shape.transformLength),
      scratch: pass.workspace.scratch,
      pass.pool
    )
    var temporary = MatrixStack(pass.workspace.temporary, rows: pass.positions)
    let inputs = attentionInputs(&temporary, pass)
    mapForward(x, inputs, pass)
    chunkedAttentionForward(
      inputs,
      attention(length: pass.length),
      into: pass.matrix(slots.mixed, columns: model.valueWidth),
      scratch: pass.workspace.scratch,
      pass.pool
    )
    combineForward(input, pass)
    if !isPrenorm {
      norm.forward(
        pass.matrix(slots.updated, columns: width),
        into: pass.matrix(slots.output, columns: width),
        pass
      )
    }
  }

  /// q, k and v in temporary memory, and the bias.
  func attentionInputs(_ temporary: inout MatrixStack, _ pass: Pass) -> ChunkedAttentionInputs {
    ChunkedAttentionInputs(
      queries: temporary.next(columns: model.queryWidth),
      keys: temporary.next(columns: model.queryWidth),
      values: temporary.next(columns: model.valueWidth),
      bias: pass.parameters + bias + model.reach - 1
    )
  }

  /// Computes W_v x', u, z, r and c, and from them q, k and v.
  private func mapForward(_ x: Matrix, _ inputs: ChunkedAttentionInputs, _ pass: Pass) {
    let averaged = pass.matrix(slots.averaged, columns: width)
    let mapped = pass.matrix(slots.mapped, columns: map.outputs)
    let values = pass.matrix(slots.values, columns: model.valueWidth)
    let valueWeight = valueMap.packedForward(pass)
    let mapWeight = map.packedForward(pass, at: valueMap.packedCount)
    let tiles = Tiles(of: pass.positions, size: tileRows)
    pass.pool.parallelFor(tiles.count) { index, worker in
      let rows = tiles[index]
      linearTile(
        x[rows: rows],
        weight: valueWeight,
        bias: valueMap.bias(pass.parameters),
        adding: nil,
        into: values[rows: rows]
      )
      let active = Matrix(pass.workspace.scratch(worker), rows: rows.count, columns: width)
      activation.forward(averaged[rows: rows], into: active)
      pass.dropout?.apply(to: active, firstRow: rows.lowerBound, site: dropoutSites.average)
      linearTile(
        active,
        weight: mapWeight,
        bias: map.bias(pass.parameters),
        adding: nil,
        into: mapped[rows: rows]
      )
      fill(inputs, rows, pass)
    }
  }

  /// Computes some rows of q, k and v.
  func fill(_ inputs: ChunkedAttentionInputs, _ rows: Range<Int>, _ pass: Pass) {
    let mapped = pass.matrix(slots.mapped, columns: map.outputs)
    let values = pass.matrix(slots.values, columns: model.valueWidth)
    activation.forward(values[rows: rows], into: inputs.values[rows: rows])
    activation.queriesAndKeys(
      parts(mapped[rows: rows]).shared,
      scale: pass.parameters + scale,
      shift: pass.parameters + shift,
      queries: inputs.queries[rows: rows],
      keys: inputs.keys[rows: rows]
    )
  }

  /// Computes h from what attention mixed, and y before a norm.
  private func combineForward(_ input: Matrix, _ pass: Pass) {
    let mapped = pass.matrix(slots.mapped, columns: map.outputs)
    let mixed = pass.matrix(slots.mixed, columns: model.valueWidth)
    let candidate = pass.matrix(slots.candidate, columns: width)
    let updated = pass.matrix(slots.updated, columns: width)
    let weight = candidateMap.packedForward(pass)
    let tiles = Tiles(of: pass.positions, size: tileRows)
    pass.pool.parallelFor(tiles.count) { index, worker in
      let rows = tiles[index]
      let parts = parts(mapped[rows: rows])
      var scratch = MatrixStack(pass.workspace.scratch(worker), rows: rows.count)
      let gated = scratch.next(columns: model.valueWidth)
      activation.reset(mixed[rows: rows], by: parts.reset, into: gated)
      linearTile(
        gated,
        weight: weight,
        bias: candidateMap.bias(pass.parameters),
        adding: parts.candidate,
        into: candidate[rows: rows]
      )
      let active = scratch.next(columns: width)
      activation.forward(candidate[rows: rows], into: active)
      pass.dropout?.apply(to: active, firstRow: rows.lowerBound, site: dropoutSites.candidate)
      updateForward(
        input[rows: rows],
        update: parts.update,
        candidate: active,
        into: updated[rows: rows]
      )
    }
  }
}
