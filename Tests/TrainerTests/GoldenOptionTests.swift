import Foundation
import TestSupport
import Testing

@testable import Trainer

/// Files of other shapes, names and options than those of the fixtures.
@Suite struct GoldenOptionTests {
  /// Networks whose options no published network has.
  static let paths = GoldenTests.files(in: "golden-options")

  @Test func `there are files with options`() { #expect(Self.paths.count == 18) }

  @Test(arguments: paths)
  func `networks with other options come out`(path: String) throws {
    let report = try GoldenFile(path: path).check(WorkerPool(threads: 2))
    for comparison in report.comparisons where !comparison.passes {
      Issue.record("\(comparison.tensor): error \(comparison.error), limit \(comparison.limit)")
    }
    #expect(report.passes)
    #expect(report.unused.isEmpty && report.unlimited.isEmpty)
  }

  @Test(arguments: [true, false], ["layer", "batch"])
  func `Mega's norms are the layer's own`(prenorm: Bool, norm: String) throws {
    for name in ["mega_softmax_postnorm", "mega_laplace_chunk_bn"] {
      var copy = try GoldenCopy(name)
      try copy.describe("model", "prenorm", as: prenorm)
      try copy.describe("model", "norm", as: norm)
      #expect(try copy.report().passes)
      try copy.describe("model", "layers", 0, "prenorm", as: name.contains("postnorm"))
      #expect(try !copy.report().passes)
    }
  }

  @Test(arguments: [
    "op_attention", "op_basic", "op_conv", "op_diag_kernels", "op_init", "op_losses", "op_optim",
    "op_positions", "op_s4_kernel", "data_masks", "data_pixels",
  ])
  func `a file's name need not be a known one`(name: String) throws {
    let original = try GoldenCopy(name)
    let count = try original.report().comparisons.count
    for other in [name + "_2", "something else"] {
      var copy = original
      try copy.describe("case", as: other)
      let report = try copy.report()
      #expect(report.passes && report.comparisons.count == count, "\(other)")
    }
  }

  @Test func `a file with nothing known in it is refused`() {
    var copy = GoldenCopy(case: "op_other")
    copy.tensors["a.b"] = .floats([1])
    #expect(
      copy.refusal()?.hasPrefix("no check is known for the case 'op_other', expected a name")
        == true
    )
  }

  @Test func `a mask's probability is the description's, not its tag's`() throws {
    var copy = try GoldenCopy("data_masks")
    var draws = try #require(copy.tensors["p15.uniform"]).floats
    let place = try #require(draws.firstIndex { $0 > 0.15 })
    draws[place] = 0.148
    copy.tensors["p15.uniform"] = .floats(draws)
    #expect(try !copy.report().passes)
    try copy.describe("probabilities", as: [0.5, 0.146])
    #expect(try copy.report().passes)
    try copy.describe("probabilities", as: [0.5])
    #expect(
      copy.refusal()
        == "'p15' is a group's name, expected one of the probabilities [0.5]"
    )
  }

  @Test func `noise that is no number limits nothing, and that is said`() throws {
    var copy = try GoldenCopy("s4d_lin")
    let noise = try #require(copy.metadata["noise"])
    // An entry for a tensor that is not judged by its noise, and a string with such a word.
    let unused = #""w1.dec.lin.bias": [Infinity, NaN], "NaN \" -Infinity": [-Infinity, 1],"#
    copy.metadata["noise"] = "{" + unused + noise.dropFirst()
    let whole = try copy.report()
    #expect(whole.passes && whole.unlimited.isEmpty)
    let own = try #require(noise.range(of: #""act.enc": \[[^]]*\]"#, options: .regularExpression))
    for numbers in ["[NaN, NaN]", "[1.0, Infinity]", "[Infinity, 0.0]"] {
      copy.metadata["noise"] = noise.replacingCharacters(in: own, with: #""act.enc": "# + numbers)
      let report = try copy.report()
      #expect(report.passes && report.unlimited == ["act.enc"])
      #expect(report.comparisons.count == whole.comparisons.count - 1)
      #expect(report.unused.isEmpty)
    }
    for text in ["{\"x\": [1]}", "{\"x\": [1, null]}", "{\"x\": [1, \"one\"]}", "[NaN]", "NaN"] {
      copy.metadata["noise"] = text
      #expect(copy.refusal()?.hasPrefix("its metadata has no usable 'noise'") == true, "\(text)")
    }
  }

  @Test func `pooling the first position of a causal network is computed, but not trained`() throws
  {
    let path = Fixtures.path("golden-options/local_no_bias_first.safetensors")
    #expect(try GoldenFile(path: path).check(WorkerPool(threads: 1)).passes)
    var run = try Preset.named("demo-listops").finetune
    run.network.pooling = .first
    try run.check()
    run.network.isCausal = true
    let error = #expect(throws: RunError.self) { try run.check() }
    #expect(
      try #require(error).description.contains("nothing lets the first position see the others")
    )
  }

  /// A layer norm of two channels, whose gradients nearly cancel.
  @Test func `gradients that cancel are judged by the others of their group`() throws {
    let rows = 6
    let x = (0..<12).map { Float($0 % 2 == 0 ? 3 : -2) + 0.1 * Float($0) }
    let (gain, bias, dy) = (drawn(2, seed: 2), drawn(2, seed: 3), drawn(12, seed: 4))
    var (y, dx) = ([Float](), [Float]())
    var (dgain, dbias) = ([0.0, 0.0], [0.0, 0.0])
    for row in 0..<rows {
      let values = x[2 * row..<2 * row + 2].map(Double.init)
      let gradient = dy[2 * row..<2 * row + 2].map(Double.init)
      let mean = (values[0] + values[1]) / 2
      let variance = (values[0] - mean) * (values[0] - mean)
      let scale = 1 / (variance + 1e-5).squareRoot()
      let normed = values.map { ($0 - mean) * scale }
      let scaled = (0..<2).map { gradient[$0] * Double(gain[$0]) }
      let along = (scaled[0] * normed[0] + scaled[1] * normed[1]) / 2
      for column in 0..<2 {
        y.append(Float(normed[column] * Double(gain[column]) + Double(bias[column])))
        let rest = scaled[column] - (scaled[0] + scaled[1]) / 2 - normed[column] * along
        dx.append(Float(scale * rest))
        dgain[column] += gradient[column] * normed[column]
        dbias[column] += gradient[column]
      }
    }
    var copy = GoldenCopy(case: "op_basic_narrow")
    copy.tensors = [
      "layernorm.x": .floats(x, [rows, 2]), "layernorm.y": .floats(y, [rows, 2]),
      "layernorm.dx": .floats(dx, [rows, 2]), "layernorm.dy": .floats(dy, [rows, 2]),
      "layernorm.weight": .floats(gain), "layernorm.bias": .floats(bias),
      "layernorm.dweight": .floats(dgain.map { Float($0) }),
      "layernorm.dbias": .floats(dbias.map { Float($0) }),
    ]
    let report = try copy.report()
    #expect(report.passes && report.comparisons.count == 4)
    let largest = (dx + dy).reduce(0) { max($0, abs($1)) }
    #expect((dx.map { abs($0) }.max() ?? 0) < 1e-3 * largest)
    copy.tensors["layernorm.dx"] = .floats(dx.map { $0 + 1e-4 }, [rows, 2])
    #expect(try !copy.report().passes)
  }
}
