import ComplexModule
import DataKit
import RealModule
import TestSupport
import Testing

@testable import Trainer

@Suite struct StateSpaceGoldenTests {
  private func file(_ name: String) throws -> SafetensorsFile {
    try SafetensorsFile(path: Fixtures.path("golden/\(name).safetensors"))
  }

  private func check(
    _ bench: KernelBench,
    _ file: SafetensorsFile,
    _ tag: String,
    tolerance: Double = 2e-6
  ) throws {
    for name in bench.parameters.layout.names {
      let source = name == "k.c" && file.tensors["\(tag).ct"] != nil ? "ct" : "\(name.dropFirst(2))"
      bench.parameters[name] = try file.elements(of: "\(tag).\(source)")
    }
    func expect(_ name: String, _ found: [Float]) throws {
      let expected: [Float] = try file.elements(of: "\(tag).\(name)")
      let magnitude = expected.reduce(0) { max($0, Double(abs($1))) }
      expectClose(found, expected, absolute: tolerance * magnitude, "\(tag).\(name)")
    }
    try expect("y", bench.forward())
    bench.backward(try file.elements(of: "\(tag).dy"))
    for name in bench.parameters.layout.names {
      let source = name == "k.c" && file.tensors["\(tag).ct"] != nil ? "ct" : "\(name.dropFirst(2))"
      try expect("d\(source)", bench.gradients[name])
    }
  }

  @Test(arguments: [
    ("s4d_lin_bilinear", StateSpace.Discretization.bilinear), ("s4d_lin_zoh", .zeroOrderHold),
    ("s4d_legs_bilinear", .bilinear), ("s4d_legs_zoh", .zeroOrderHold),
  ])
  func `S4D kernels`(tag: String, rule: StateSpace.Discretization) throws {
    let bench = KernelBench(width: 4, length: 48, kernels: 2) { layout, _ in
      let family = S4D("k", width: 4, states: 8, copies: 2, kernels: 2, rule, in: &layout)
      return PowerSumConvolution(family: family, width: 4)
    }
    try check(bench, file("op_diag_kernels"), tag)
  }

  @Test func `DSS kernels`() throws {
    let bench = KernelBench(width: 4, length: 48, kernels: 2) { layout, _ in
      let family = DSS("k", width: 4, states: 8, kernels: 2, .exp, in: &layout)
      return PowerSumConvolution(family: family, width: 4)
    }
    try check(bench, file("op_diag_kernels"), "dss_exp")
  }

  @Test(arguments: [("dlr_complex", StateSpace.DLRVersion.complex), ("dlr_real", .real)])
  func `DLR kernels`(tag: String, version: StateSpace.DLRVersion) throws {
    let bench = KernelBench(width: 4, length: 48, kernels: 2) { layout, _ in
      let family = DLR("k", width: 4, states: 8, kernels: 2, version, in: &layout)
      return PowerSumConvolution(family: family, width: 4)
    }
    try check(bench, file("op_diag_kernels"), tag)
  }

  @Test func `moving averages`() throws {
    let bench = KernelBench(width: 4, length: 48, kernels: 1) { layout, _ in
      PowerSumConvolution(
        family: MovingAverage("k", heads: 4, states: 4, in: &layout),
        width: 4
      )
    }
    try check(bench, file("op_diag_kernels"), "ema")
  }

  /// The variants of the file: width, stored states, copies, kernels, length.
  static let variants: [(String, Int, Int, Int, Int, Int)] = [
    ("even", 4, 8, 2, 2, 32), ("odd", 3, 4, 3, 1, 27), ("random", 4, 8, 1, 2, 32),
    ("long", 2, 32, 2, 2, 1024),
  ]

  @Test(arguments: variants)
  func `S4 kernels`(
    tag: String,
    width: Int,
    states: Int,
    copies: Int,
    kernels: Int,
    length: Int
  ) throws {
    let file = try file("op_s4_kernel")
    func bench(_ length: Int) -> KernelBench {
      let bench = KernelBench(
        width: width,
        length: length,
        kernelLength: length,
        kernels: kernels
      ) { layout, buffers in
        S4(
          "k",
          width: width,
          states: states,
          copies: copies,
          rank: 1,
          maximumLength: nil,
          kernels: kernels,
          in: &layout,
          buffers: &buffers
        )
      }
      bench.buffers["k.len"] = [Float(length)]
      return bench
    }
    let first = bench(length)
    try check(first, file, tag, tolerance: 5e-6)
    let doubled = bench(2 * length)
    for name in first.parameters.layout.names {
      doubled.parameters[name] = first.parameters[name]
    }
    doubled.parameters["k.c"] = try file.elements(of: "\(tag).ct_doubled")
    let expected: [Float] = try file.elements(of: "\(tag).y_doubled")
    expectClose(
      doubled.forward(),
      expected,
      absolute: 5e-6 * Double(expected.map(abs).max() ?? 0),
      "doubled"
    )
  }

  @Test(arguments: variants)
  func `S4 truncated, doubled and run step by step`(
    tag: String,
    width: Int,
    states: Int,
    copies: Int,
    kernels: Int,
    length: Int
  ) throws {
    let file = try file("op_s4_kernel")
    func values(_ name: String) throws -> [Float] { try file.elements(of: "\(tag).\(name)") }
    func complex(_ values: [Float], _ row: Int) -> [ComplexDouble] {
      (0..<states).map {
        let place = 2 * (row * states + $0)
        return ComplexDouble(Double(values[place]), Double(values[place + 1]))
      }
    }
    let (steps, decays, phases) = (
      try values("log_dt"), try values("log_neg_re"), try values("im")
    )
    let (p, b, c) = (try values("p"), try values("b"), try values("c"))
    let (truncated, doubled) = (try values("ct"), try values("ct_doubled"))
    let recurrence = try values("y_recurrence")
    for head in 0..<width {
      let copy = head % copies
      let model = NormalPlusLowRank(
        dt: Double.exp(Double(steps[head])),
        w: (0..<states).map { n in
          ComplexDouble(
            -Double.exp(Double(decays[copy * states + n])),
            Double(phases[copy * states + n])
          )
        },
        p: [complex(p, copy)],
        b: complex(b, copy)
      )
      for kernel in 0..<kernels {
        let row = kernel * width + head
        let first = model.truncated([complex(c, row)], length: length, sign: -1)[0]
        let second = model.truncated([first], length: length, sign: 1)[0]
        for (found, expected, label) in [(first, truncated, "ct"), (second, doubled, "doubled")] {
          let expected = complex(expected, row)
          expectClose(
            found.flatMap { [Float($0.real), Float($0.imaginary)] },
            expected.flatMap { [Float($0.real), Float($0.imaginary)] },
            absolute: 2e-6,
            label
          )
        }
        let found = model.recurrence(complex(c, row), length: length).map(Float.init)
        let expected = Array(recurrence[row * length..<(row + 1) * length])
        expectClose(
          found,
          expected,
          absolute: 1e-6 * Double(expected.map(abs).max() ?? 0),
          "recurrence"
        )
      }
    }
  }

  @Test(arguments: [8, 16, 64])
  func initialization(size: Int) throws {
    let file = try file("op_init")
    func pairs(_ values: [ComplexDouble]) -> [Float] {
      values.flatMap { [Float($0.real), Float($0.imaginary)] }
    }
    let (w, p, b) = HiPPO.legS(size: size)
    func expect(_ name: String, _ found: [Float]) throws {
      expectClose(found, try file.elements(of: name), relative: 1e-6, absolute: 1e-6, name)
    }
    try expect("legs\(size).w", pairs(w))
    try expect("legs\(size).absP2", p.map { Float($0.lengthSquared) })
    try expect("legs\(size).absB2", b.map { Float($0.lengthSquared) })
    try expect("legs\(size).conjP_B", pairs(zip(p, b).map { $0.conjugate * $1 }))
    try expect("s4d_lin\(size).A", pairs(HiPPO.diagonal(.linear, size: size)))
    try expect("s4d_inv\(size).A", pairs(HiPPO.diagonal(.inverse, size: size)))
    try expect("s4d_legs\(size).A", pairs(HiPPO.diagonal(.legS, size: size)))
  }

  @Test(arguments: [
    ("one.L32k32", ConvolutionShape.Sides.causal, 32, 32), ("one.L33k33", .causal, 33, 33),
    ("one.L40k24", .causal, 40, 24), ("two.L32k32", .bothApart, 32, 32),
    ("two.L33k33", .bothApart, 33, 33), ("two.L40k24", .bothApart, 40, 24),
    ("centre.L32", .bothCentered, 32, 32), ("centre.L33", .bothCentered, 33, 33),
  ])
  func `long convolutions`(
    tag: String,
    sides: ConvolutionShape.Sides,
    length: Int,
    kernelLength: Int
  ) throws {
    let file = try file("op_conv")
    let shape = ConvolutionShape(length: length, kernelLength: kernelLength, width: 3, sides: sides)
    let test = ConvolutionCase(shape: shape, rows: 2)
    func values(_ name: String, count: Int, _ length: Int) throws -> [Float] {
      ConvolutionCase.turned(
        try file.elements(of: "\(tag).\(name)"),
        count: count,
        outer: 3,
        inner: length
      )
    }
    let names = sides == .causal ? ["k"] : ["kf", "kb"]
    let kernel = try names.flatMap { try values($0, count: 1, kernelLength) }
    let u = try values("u", count: 2, length)
    expectClose(
      test.forward(u, kernel, skip: nil),
      try values("y", count: 2, length),
      absolute: 1e-5,
      "y"
    )
    let found = test.backward(
      u,
      kernel,
      skip: [0, 0, 0],
      try values("dy", count: 2, length)
    )
    expectClose(found.u, try values("du", count: 2, length), absolute: 1e-5, "du")
    let gradient = try names.flatMap { try values("d\($0)", count: 1, kernelLength) }
    expectClose(found.kernel, gradient, absolute: 2e-5, "dk")
  }
}
