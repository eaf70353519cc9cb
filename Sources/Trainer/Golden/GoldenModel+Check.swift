extension GoldenModel {
  /// How many times the error of plain float32 arithmetic is allowed.
  private static let noiseFactor = 16.0
  /// The share of a tensor's magnitude that is allowed beside it.
  private static let magnitudeShare = 1e-6
  /// After a step, the share of the learning rate that a weight with a clear gradient may be off.
  private static let rateShare = 0.03

  /// Compares both passes, three steps of training and an evaluation.
  func check(_ record: GoldenRecord) throws {
    let network = try network(record)
    let (batch, target) = (try batch(record), try target(record))
    do {
      try checkForward(network, batch, record)
      try checkTraining(network, batch, target, record)
    } catch let error as NetworkError {
      throw GoldenError(file.path, "\(error)")
    }
  }

  /// Compares a result within the limits of its noise; without a finite one it is left out, which the
  /// report says.
  private func compare(
    _ name: String,
    _ found: [Float],
    magnitude: Double? = nil,
    _ record: GoldenRecord
  ) throws {
    guard let noise = noise.entries[name] else {
      throw GoldenError(file.path, "'noise' has no entry '\(name)', expected one for every result")
    }
    guard noise.isFinite else {
      record.leaveOut(name)
      return
    }
    let limit =
      Self.noiseFactor * noise.error + Self.magnitudeShare * (magnitude ?? noise.magnitude)
    try record.compare(name, found, share: 0, absolute: limit)
  }

  /// The forward pass leaves batch norm's running statistics as they were.
  private func checkForward(_ network: Network, _ batch: Batch, _ record: GoldenRecord) throws {
    try network.check(batch)
    let statistics = network.buffers.layout.names.map { ($0, network.buffers[$0]) }
    let pass = network.trainingForward(batch, dropoutSeed: 0, step: 0)
    for (name, values) in statistics where !name.hasSuffix(".len") {
      network.buffers[name] = values
    }
    let structure = network.structure
    func values(_ slot: Slot) -> [Float] {
      Array(UnsafeBufferPointer(start: pass.workspace[slot], count: slot.count))
    }
    try compare("act.enc", values(structure.encoded), record)
    for (index, block) in structure.blocks.enumerated() {
      let name = "kernel.block\(index)"
      if record.has(name), let slot = block.kernelSlot {
        let width = configuration.width
        // The last axis is that of the positions, which may be fewer than the batch's.
        let length = try record.shape(name).last ?? 0
        try record.require(name, count: slot.count)
        guard length > 0, slot.count % (width * length) == 0 else {
          throw GoldenError(
            file.path,
            "'\(name)' has rows of \(length) values, expected a divisor of \(slot.count / width)"
          )
        }
        let kernels = turned(
          values(slot),
          count: slot.count / (width * length),
          rows: length,
          columns: width
        )
        try compare(name, kernels, record)
      }
      try compare("act.block\(index)", values(block.output), record)
    }
    try compare("act.final", values(structure.final), record)
    try compare("out.logits", network.currentLogits(pass), record)
  }

  private func checkTraining(
    _ network: Network,
    _ batch: Batch,
    _ target: Target,
    _ record: GoldenRecord
  ) throws {
    let course = description.optimizer.schedule.schedule
    let betas = description.optimizer.betas
    guard betas.count == 2 else {
      throw GoldenError(file.path, "'optimizer.betas' has \(betas.count) values, expected 2")
    }
    let groups = try groups()
    let optimizer = AdamW(
      layout: network.layout,
      groups: groups,
      betas: AdamW.Betas(betas[0], betas[1]),
      epsilon: description.optimizer.eps ?? 1e-8,
      pool: record.pool
    )
    var (losses, norms): ([Float], [Float]) = ([], [])
    for step in 0..<3 {
      let result = try network.trainingPass(batch, target, dropoutSeed: 0, step: step)
      losses.append(Float(result.loss))
      if step == 0 { try checkGradients(network, batch, record) }
      if let limit = description.optimizer.clipNorm {
        let norm = GradientClipping.clip(network.gradients, toNorm: limit, pool: record.pool)
        norms.append(Float(norm))
      }
      optimizer.step(
        network.parameters,
        network.gradients,
        multiplier: course.multiplier(at: step)
      )
      if step != 1 { try checkWeights(network, after: step + 1, groups, record) }
    }
    try compare("loss", losses, record)
    if !norms.isEmpty { try compare("grad_norm", norms, record) }
    let evaluated = try network.evaluationPass(batch, target)
    try compare("loss.eval3", [Float(evaluated.loss)], record)
    try compare("out.eval3", network.logits(of: batch), record)
  }

  private func checkGradients(
    _ network: Network,
    _ batch: Batch,
    _ record: GoldenRecord
  ) throws {
    let largest = noise.largestGradient
    for name in network.layout.names {
      // Gradients that are zero in exact arithmetic are judged against the largest one.
      let own = noise.entries["g.\(name)"]?.magnitude ?? 0
      try compare(
        "g.\(name)",
        network.gradients[name],
        magnitude: own < 1e-6 * largest ? largest : own,
        record
      )
    }
    let pass = network.prepare(batch, isTraining: true, dropout: nil)
    let gradient = pass.matrix(network.structure.gradient, columns: configuration.width)
    try compare("g.act.enc", gradient.contiguousValues, record)
    guard let inputs = network.structure.encoder.inputs, record.has("g.in.x") else { return }
    let inputGradient = record.matrix(rows: gradient.rows, columns: inputs)
    // This adds to the encoder's own gradients once more, which are put back.
    let before = network.layout.names.map { ($0, network.gradients[$0]) }
    network.structure.encoder.backward(gradient, input: batch.input, into: inputGradient, pass)
    for (name, values) in before { network.gradients[name] = values }
    try compare("g.in.x", inputGradient.contiguousValues, record)
  }

  /// Weights whose gradient was clear at all three steps, and running statistics.
  private func checkWeights(
    _ network: Network,
    after step: Int,
    _ groups: [String: AdamW.Group],
    _ record: GoldenRecord
  ) throws {
    for name in network.layout.names {
      let expected: [Float] = try record.values("w\(step).\(name)")
      let stable: [UInt8] = try record.values("stable.\(name)")
      let found = network.parameters[name]
      guard stable.count == found.count, expected.count == found.count else {
        throw GoldenError(
          file.path,
          "'stable.\(name)' and 'w\(step).\(name)' have \(stable.count) and \(expected.count) values, "
            + "expected \(found.count)"
        )
      }
      let kept = stable.indices.filter { stable[$0] == 1 }
      record.add(
        GoldenComparison(
          "w\(step).\(name)",
          kept.map { found[$0] },
          expected: kept.map { expected[$0] },
          relative: 1e-6,
          absolute: Self.rateShare * (groups[name]?.learningRate ?? 0)
        )
      )
    }
    for name in network.buffers.layout.names where record.has("buf\(step).\(name)") {
      try compare("buf\(step).\(name)", network.buffers[name], record)
    }
  }
}
