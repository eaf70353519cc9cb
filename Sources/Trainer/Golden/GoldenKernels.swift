internal import ComplexModule
internal import RealModule

/// Kernels of state-space models and the numbers that they start from.
struct GoldenKernels {
  /// Sizes; the file's own names are H, N, S, channels and length.
  private struct Sizes: Decodable {
    var width: Int
    var states: Int
    var copies: Int
    var kernels: Int
    var length: Int

    enum CodingKeys: String, CodingKey {
      case width = "H"
      case states = "N"
      case copies = "S"
      case kernels = "channels"
      case length
    }

    var areUsable: Bool {
      [width, states, copies, kernels, length].allSatisfy { (1...1 << 16).contains($0) }
    }
  }

  let record: GoldenRecord

  /// Kernels that are sums of powers: `family_variant.name`.
  func checkDiagonal() throws {
    let sizes = try GoldenFile.decode(Sizes.self, of: record.file)
    guard sizes.areUsable else {
      throw record.error("'config' has sizes below 1")
    }
    for tag in record.tags {
      // Averages have as many heads and states as their tensors, and kernels that share nothing.
      let average = try tag == "ema" ? record.shape("ema.delta") : [0, 0]
      guard average.count == 2 else { throw record.error("'ema.delta' has shape \(average)") }
      let width = tag == "ema" ? average[0] : sizes.width
      guard let make = try family(tag, sizes, averages: (heads: average[0], states: average[1]))
      else { continue }
      let bench = KernelCase(
        width: width,
        length: sizes.length,
        kernels: tag == "ema" ? 1 : sizes.kernels,
        pool: record.pool
      ) { layout, _ in
        make(&layout)
      }
      try check(bench, tag)
    }
  }

  /// What makes the kernels of a tag; nil for another tag.
  private func family(
    _ tag: String,
    _ sizes: Sizes,
    averages: (heads: Int, states: Int)
  ) throws -> ((inout ParameterLayout) -> any ConvolutionKernel)? {
    func powers(_ family: any PowerSumFamily, width: Int) -> any ConvolutionKernel {
      PowerSumConvolution(family: family, width: width)
    }
    let parts = tag.split(separator: "_").map(String.init)
    let variant = parts.dropFirst().joined(separator: "-")
    let (width, states, kernels) = (sizes.width, sizes.states, sizes.kernels)
    let heads = averages.heads
    switch parts.first {
    case "s4d":
      let rule = try GoldenModelDescription.choose(
        tag,
        parts.last ?? "",
        of: ["bilinear": StateSpace.Discretization.bilinear, "zoh": .zeroOrderHold]
      )
      return {
        powers(
          S4D(
            "k",
            width: width,
            states: states,
            copies: sizes.copies,
            kernels: kernels,
            rule,
            in: &$0
          ),
          width: width
        )
      }
    case "dss":
      let version = try GoldenModelDescription.dssVersion(variant)
      return {
        powers(
          DSS("k", width: width, states: states, kernels: kernels, version, in: &$0),
          width: width
        )
      }
    case "dlr":
      let version = try GoldenModelDescription.dlrVersion(variant)
      return { DLR("k", width: width, states: states, kernels: kernels, version, in: &$0) }
    case "ema":
      return {
        powers(MovingAverage("k", heads: heads, states: averages.states, in: &$0), width: heads)
      }
    default: return nil
    }
  }

  /// Compares kernels and the gradients of their parameters.
  ///
  /// - Parameters:
  ///   - bench: the kernels, with parameters of the names "k.name".
  ///   - tag: the group of the file.
  ///   - names: the tensors in the file of parameters that are called otherwise there.
  ///   - share: the error allowed.
  /// - Throws: ``GoldenError`` when tensors do not fit.
  private func check(
    _ bench: KernelCase,
    _ tag: String,
    names: [String: String] = [:],
    share: Double = 2e-6
  ) throws {
    func source(_ name: String) -> String { names[name] ?? String(name.dropFirst(2)) }
    for entry in bench.parameters.layout.entries {
      let values: [Float] = try record.values("\(tag).\(source(entry.name))")
      guard values.count == entry.range.count else {
        throw record.error("'\(tag).\(source(entry.name))' is not of shape \(entry.shape)")
      }
      bench.parameters[entry.name] = values
    }
    try record.compare("\(tag).y", bench.forward(), share: share)
    bench.backward(try record.values("\(tag).dy"))
    for name in bench.parameters.layout.names {
      try record.compare("\(tag).d\(source(name))", bench.gradients[name], share: share)
    }
  }

  private struct Variants: Decodable {
    struct Variant: Decodable {
      var tag: String
      var rank: Int
      var sizes: Sizes

      private enum Keys: CodingKey { case tag, rank }

      init(from decoder: any Swift.Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        tag = try fields.decode(String.self, forKey: .tag)
        rank = try fields.decode(Int.self, forKey: .rank)
        sizes = try Sizes(from: decoder)
      }
    }

    var variants: [Variant]
  }

  /// S4's kernels: from the truncated c, after doubling, and by the recurrence.
  func checkS4() throws {
    for variant in try GoldenFile.decode(Variants.self, of: record.file).variants {
      guard variant.sizes.areUsable, (1...1024).contains(variant.rank)
      else { throw record.error("'\(variant.tag)' has sizes below 1") }
      // Sums over the nodes of the transform lose more than sums over the states.
      let share = 5e-6
      let first = bench(variant, length: variant.sizes.length)
      try check(first, variant.tag, names: ["k.c": "ct"], share: share)
      let doubled = bench(variant, length: 2 * variant.sizes.length)
      for name in first.parameters.layout.names {
        doubled.parameters[name] = first.parameters[name]
      }
      doubled.parameters["k.c"] = try record.values("\(variant.tag).ct_doubled")
      try record.compare("\(variant.tag).y_doubled", doubled.forward(), share: share)
      try checkStates(variant)
    }
  }

  private func bench(_ variant: Variants.Variant, length: Int) -> KernelCase {
    let bench = KernelCase(
      width: variant.sizes.width,
      length: length,
      kernelLength: length,
      kernels: variant.sizes.kernels,
      pool: record.pool
    ) { layout, buffers in
      S4(
        "k",
        width: variant.sizes.width,
        states: variant.sizes.states,
        copies: variant.sizes.copies,
        rank: variant.rank,
        maximumLength: nil,
        kernels: variant.sizes.kernels,
        in: &layout,
        buffers: &buffers
      )
    }
    bench.buffers["k.len"] = [Float(length)]
    return bench
  }

  /// Truncation, doubling and the step by step view, in Double.
  private func checkStates(_ variant: Variants.Variant) throws {
    let tag = variant.tag
    func values(_ name: String) throws -> [Float] { try record.values("\(tag).\(name)") }
    func complex(_ values: [Float], _ row: Int) -> [ComplexDouble] {
      (0..<variant.sizes.states).map {
        let place = 2 * (row * variant.sizes.states + $0)
        return ComplexDouble(Double(values[place]), Double(values[place + 1]))
      }
    }
    let (steps, decays) = (try values("log_dt"), try values("log_neg_re"))
    let (phases, p) = (try values("im"), try values("p"))
    let (b, c) = (try values("b"), try values("c"))
    var (truncated, doubled, recurrence): ([Float], [Float], [Float]) = ([], [], [])
    for row in 0..<variant.sizes.kernels * variant.sizes.width {
      let head = row % variant.sizes.width
      let copy = head % variant.sizes.copies
      let model = NormalPlusLowRank(
        dt: Double.exp(Double(steps[head])),
        w: (0..<variant.sizes.states).map { n in
          let place = copy * variant.sizes.states + n
          return ComplexDouble(-Double.exp(Double(decays[place])), Double(phases[place]))
        },
        p: (0..<variant.rank).map { complex(p, $0 * variant.sizes.copies + copy) },
        b: complex(b, copy)
      )
      let start = complex(c, row)
      let once = model.truncated([start], length: variant.sizes.length, sign: -1)[0]
      let twice = model.truncated([once], length: variant.sizes.length, sign: 1)[0]
      truncated += pairs(once)
      doubled += pairs(twice)
      recurrence += model.recurrence(start, length: variant.sizes.length).map(Float.init)
    }
    try record.compare("\(tag).ct", truncated)
    try record.compare("\(tag).ct_doubled", doubled)
    try record.compare("\(tag).y_recurrence", recurrence)
  }

  private func pairs(_ values: [ComplexDouble]) -> [Float] {
    values.flatMap { [Float($0.real), Float($0.imaginary)] }
  }

  /// HiPPO-LegS and the eigenvalues of S4D: `kindN.name` for N states.
  func checkInitialization() throws {
    for tag in record.tags {
      let kind = tag.dropLast(tag.reversed().prefix(while: \.isNumber).count)
      guard let size = Int(tag.dropFirst(kind.count)), size > 0, size % 2 == 0 else {
        throw record.error("'\(tag)' does not end in an even number of states")
      }
      func compare(_ name: String, _ found: [Float]) throws {
        try record.compare("\(tag).\(name)", found, share: 1e-6, relative: 1e-6)
      }
      switch kind {
      case "legs":
        let (a, bias, low) = HiPPO.legSMatrix(size: size)
        try compare("A", a.flatMap { $0.map(Float.init) })
        try compare("B", bias.map(Float.init))
        try compare("P", low.map(Float.init))
        let (w, p, b) = HiPPO.legS(size: size)
        try compare("w", pairs(w))
        try compare("absP2", p.map { Float($0.lengthSquared) })
        try compare("absB2", b.map { Float($0.lengthSquared) })
        try compare("conjP_B", pairs(zip(p, b).map { $0.conjugate * $1 }))
      case "s4d_lin": try compare("A", pairs(HiPPO.diagonal(.linear, size: size)))
      case "s4d_inv": try compare("A", pairs(HiPPO.diagonal(.inverse, size: size)))
      case "s4d_legs": try compare("A", pairs(HiPPO.diagonal(.legS, size: size)))
      default: break
      }
    }
  }
}
