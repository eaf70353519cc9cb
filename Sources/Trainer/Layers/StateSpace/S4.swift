internal import ComplexModule
internal import RealModule

/// S4: kernels of normal plus low rank models, from their generating function.
///
/// A = diag(w) - sum over r of p_r p_r^H, w = -exp(log_neg_re) + i im, dt = exp(log_dt). The stored c is C' = C
/// (I - A'^len), with which the kernel's first `len` values have the spectrum of ``GeneratingFunction``; the
/// buffer "len" is 0 while c is still C.
///
/// Source: Gu, Goel and Re, "Efficiently modeling long sequences with structured state spaces", 2022.
struct S4: ConvolutionKernel {
  private let states: Int
  private let rank: Int
  private let copies: Int
  private let kernels: Int
  private let width: Int
  private let maximumLength: Int?
  private let shared: SharedTensors
  private let logStep: Int
  private let logDecay: Int
  private let frequency: Int
  private let lowRank: Int
  private let input: Int
  private let output: Int
  private let truncation: Int

  /// A model whose parameters are added as "name.log_dt", [width]; "name.log_neg_re" and "name.im", [copies, states];
  /// "name.p", [rank, copies, states, 2]; "name.b", [copies, states, 2]; "name.c", [kernels, width, states, 2]; and
  /// whose buffer is "name.len", [1].
  ///
  /// - Parameters:
  ///   - name: what names start with.
  ///   - width: channels.
  ///   - states: stored states, half of the model's.
  ///   - copies: channel h uses copy h mod `copies` of w, p and b.
  ///   - rank: the number of p.
  ///   - maximumLength: the first length to truncate at; nil for that of the first batch,
  ///     or what a run asks for before it.
  ///   - kernels: 1 or 2 a channel.
  ///   - layout: takes the parameters.
  ///   - buffers: takes the buffer.
  init(
    _ name: String,
    width: Int,
    states: Int,
    copies: Int,
    rank: Int,
    maximumLength: Int?,
    kernels: Int,
    in layout: inout ParameterLayout,
    buffers: inout ParameterLayout
  ) {
    (self.width, self.states, self.copies, self.kernels) = (width, states, copies, kernels)
    (self.rank, self.maximumLength) = (rank, maximumLength)
    logStep = layout.add("\(name).log_dt", [width]).lowerBound
    logDecay = layout.add("\(name).log_neg_re", [copies, states]).lowerBound
    frequency = layout.add("\(name).im", [copies, states]).lowerBound
    lowRank = layout.add("\(name).p", [rank, copies, states, 2]).lowerBound
    input = layout.add("\(name).b", [copies, states, 2]).lowerBound
    output = layout.add("\(name).c", [kernels, width, states, 2]).lowerBound
    truncation = buffers.add("\(name).len", [1]).lowerBound
    let (lowRank, vector) = (lowRank, 2 * copies * states)
    shared = SharedTensors(
      tensors: [(logDecay, states), (frequency, states), (input, 2 * states)]
        + (0..<rank).map { (lowRank + $0 * vector, 2 * states) },
      copies: copies
    )
  }

  /// A, B and dt of a channel.
  private func model(
    _ head: Int,
    _ parameters: UnsafeMutablePointer<Float>
  ) -> NormalPlusLowRank {
    let copy = head % copies
    let re = parameters.doubles(at: logDecay + copy * states, count: states)
    let im = parameters.doubles(at: frequency + copy * states, count: states)
    return NormalPlusLowRank(
      dt: .exp(Double(parameters[logStep + head])),
      w: zip(re, im).map { ComplexDouble(-Double.exp($0), $1) },
      p: (0..<rank).map {
        parameters.complex(at: lowRank + 2 * ($0 * copies + copy) * states, count: states)
      },
      b: parameters.complex(at: input + 2 * copy * states, count: states)
    )
  }

  private func outputPlace(_ kernel: Int, _ head: Int) -> Int {
    output + 2 * (kernel * width + head) * states
  }

  private func outputs(
    _ head: Int,
    _ parameters: UnsafeMutablePointer<Float>
  ) -> [[ComplexDouble]] {
    (0..<kernels).map { parameters.complex(at: outputPlace($0, head), count: states) }
  }

  /// Whether a stored "len" is a length that kernels can have; 0 says that C is not truncated yet.
  static func isTruncation(_ value: Float) -> Bool {
    value >= 0 && value <= 0x1p24 && value == value.rounded()
  }

  func freshLength(for length: Int) -> Int {
    var truncated = maximumLength ?? length
    while truncated < length { truncated *= 2 }
    return truncated
  }

  func extend(
    to length: Int,
    parameters: UnsafeMutablePointer<Float>,
    buffers: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) -> Int {
    var truncated = Int(buffers[truncation])
    func truncate(at length: Int, sign: Double) {
      pool.parallelFor(width) { head in
        let c = model(head, parameters)
          .truncated(outputs(head, parameters), length: length, sign: sign)
        for kernel in 0..<kernels { parameters.store(c[kernel], at: outputPlace(kernel, head)) }
      }
    }
    if truncated == 0 {
      truncated = maximumLength ?? length
      truncate(at: truncated, sign: -1)
    }
    while truncated < length {
      truncate(at: truncated, sign: 1)
      truncated *= 2
    }
    buffers[truncation] = Float(truncated)
    return truncated
  }

  private var functionScratch: Int {
    GeneratingFunction.scratchCount(states: states, rank: rank, kernels: kernels)
  }

  func reserve(in plan: inout WorkspacePlan) {
    let buffer = RealFourierTransform.bufferCount(length: plan.kernelLength)
    plan.needScratch((kernels + 1) * buffer + 2 * functionScratch)
    plan.needPartials(width * shared.count)
    plan.needTransform(plan.kernelLength)
  }

  /// One tile's buffers: a spectrum for every kernel, another one, and the generating function's.
  private func buffers(
    _ pass: Pass,
    _ worker: Int,
    length: Int
  ) -> (
    spectra: [UnsafeMutablePointer<Float>], spare: UnsafeMutablePointer<Float>,
    doubles: UnsafeMutablePointer<Double>
  ) {
    let count = RealFourierTransform.bufferCount(length: length)
    let base = pass.workspace.scratch(worker)
    return (
      (0..<kernels).map { base + $0 * count }, base + kernels * count,
      (base + (kernels + 1) * count).asDoubles(functionScratch)
    )
  }

  func forward(into kernel: UnsafeMutablePointer<Float>, _ pass: Pass) {
    let length = Int(pass.buffers[truncation])
    let transform = pass.transforms(length)
    let function = GeneratingFunction(
      states: states,
      rank: rank,
      kernels: kernels,
      length: length
    )
    let tiles = Tiles(of: width, size: 8)
    pass.pool.parallelFor(tiles.count) { index, worker in
      let heads = tiles[index]
      let (spectra, spare, doubles) = buffers(pass, worker, length: length)
      if heads.count < 8 {
        for spectrum in spectra { spectrum.update(repeating: 0, count: 16 * (length / 2 + 1)) }
      }
      for head in heads {
        let lane = head - heads.lowerBound
        let (model, c) = (model(head, pass.parameters), outputs(head, pass.parameters))
        function.forward(model, c, scratch: doubles) { bin, side, value in
          spectra[side][16 * bin + lane] = Float(value.real)
          spectra[side][16 * bin + 8 + lane] = Float(value.imaginary)
        }
      }
      for side in 0..<kernels {
        let values = transform.values(ofSpectrum: spectra[side], scratch: spare)
        for position in 0..<pass.length {
          let target = kernel + (side * pass.length + position) * width + heads.lowerBound
          let source = Lanes(values + 8 * position) * transform.inverseScale
          source.store(to: target, count: heads.count)
        }
      }
    }
  }

  func backward(_ kernelGradient: UnsafePointer<Float>, _ pass: Pass) {
    let length = Int(pass.buffers[truncation])
    let transform = pass.transforms(length)
    let function = GeneratingFunction(
      states: states,
      rank: rank,
      kernels: kernels,
      length: length
    )
    let tiles = Tiles(of: width, size: 8)
    let partials = pass.workspace.partials
    pass.pool.parallelFor(tiles.count) { index, worker in
      let heads = tiles[index]
      var (spectra, spare, doubles) = buffers(pass, worker, length: length)
      for side in 0..<kernels {
        let values = spectra[side]
        for position in 0..<pass.length {
          let source = kernelGradient + (side * pass.length + position) * width
          Lanes(source + heads.lowerBound, count: heads.count, filler: 0)
            .store(to: values + 8 * position)
        }
        (values + 8 * pass.length).update(repeating: 0, count: 8 * (length - pass.length))
        spectra[side] = transform.spectrum(values, scratch: spare)
        if spectra[side] == spare { spare = values }
      }
      for head in heads {
        let lane = head - heads.lowerBound
        let (model, c) = (model(head, pass.parameters), outputs(head, pass.parameters))
        let gradient = function.backward(model, c, scratch: doubles) { bin, side in
          // Every bin but the first and, for even lengths, the last stands for two.
          let scale = (bin == 0 || 2 * bin == length ? 1 : 2) / Double(length)
          let place = spectra[side] + 16 * bin + lane
          return ComplexDouble(Double(place[0]) * scale, Double(place[8]) * scale)
        }
        store(gradient, head, model, partials + head * shared.count, pass)
      }
    }
    shared.add(partials, heads: width, to: pass.gradients)
  }

  private func store(
    _ gradient: GeneratingFunction.Gradient,
    _ head: Int,
    _ model: NormalPlusLowRank,
    _ sharedGradient: UnsafeMutablePointer<Float>,
    _ pass: Pass
  ) {
    pass.gradients[logStep + head] += Float(gradient.dt * model.dt)
    for kernel in 0..<kernels {
      pass.gradients.add(gradient.c[kernel], at: outputPlace(kernel, head))
    }
    let decays = zip(gradient.scaled, model.w).map { $0.real * model.dt * $1.real }
    sharedGradient.store(decays, at: 0)
    sharedGradient.store(gradient.scaled.map { $0.imaginary * model.dt }, at: states)
    sharedGradient.store(gradient.b, at: 2 * states)
    for r in 0..<rank { sharedGradient.store(gradient.p[r], at: (4 + 2 * r) * states) }
  }
}
