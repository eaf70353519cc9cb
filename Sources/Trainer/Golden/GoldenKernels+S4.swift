internal import ComplexModule
internal import RealModule

extension GoldenKernels {
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
      else {
        throw record.error(
          "'\(variant.tag)' has sizes of kernels, expected 1 ... 65536, rank 1 ... 1024"
        )
      }
      try require(variant)
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

  /// As ``require(_:_:names:values:)``.
  private func require(_ variant: Variants.Variant) throws {
    let sizes = variant.sizes
    let count = sizes.kernels * sizes.width * sizes.length
    var (layout, buffers) = (ParameterLayout(), ParameterLayout())
    _ = s4(variant, in: &layout, buffers: &buffers)
    try require(layout, variant.tag, names: ["k.c": "ct"], values: count)
    try record.require("\(variant.tag).y_doubled", count: 2 * count)
    for name in ["c", "ct_doubled"] {
      try record.require("\(variant.tag).\(name)", count: 2 * count / sizes.length * sizes.states)
    }
  }

  private func s4(
    _ variant: Variants.Variant,
    in layout: inout ParameterLayout,
    buffers: inout ParameterLayout
  ) -> S4 {
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

  private func bench(_ variant: Variants.Variant, length: Int) -> KernelCase {
    let bench = KernelCase(
      width: variant.sizes.width,
      length: length,
      kernelLength: length,
      kernels: variant.sizes.kernels,
      pool: record.pool
    ) { layout, buffers in
      s4(variant, in: &layout, buffers: &buffers)
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
}
