import Foundation
import TestSupport
import Testing

@testable import Trainer

/// Damaged descriptions and tensors end in one sentence, never in a trap.
@Suite struct GoldenRefusalTests {
  private func sentence(
    _ name: String,
    _ change: (inout GoldenCopy) throws -> Void
  ) throws -> String? {
    var copy = try GoldenCopy(name)
    try change(&copy)
    return copy.refusal()
  }

  @Test(arguments: [
    ("window", 0), ("window", -8), ("window", 1 << 62), ("back", -1), ("back", 1 << 62),
    ("fwd", -1), ("causal", 1),
  ])
  func `windows that cut nothing are refused`(key: String, value: Int) throws {
    let found = try sentence("op_attention") { copy in
      switch key {
      case "window": try copy.describe("window", as: value)
      case "causal": try copy.describe("variants", 2, "causal", as: true)
      default: try copy.describe("variants", 2, key, as: value)
      }
    }
    #expect(found?.hasPrefix("'local_b1f1' has windows of ") == true, "\(found ?? "none")")
  }

  @Test func `schedules beyond all steps are refused`() throws {
    #expect(
      try sentence("op_optim") {
        try $0.describe("cosine_warmup", "warmup", as: -(1 << 62))
        try $0.describe("cosine_warmup", "total", as: Int.max)
      }
        == "'config' has schedules of [4, -4611686018427387904, 9223372036854775807] steps, expected "
        + "-2^40 ... 2^40"
    )
    let found = try sentence("mega_laplace_chunk_bn") {
      try $0.describe("optimizer", "schedule", "warmup", as: -(1 << 62))
      try $0.describe("optimizer", "schedule", "total", as: Int.max)
    }
    #expect(found?.contains("expected -2^40 ... 2^40") == true, "\(found ?? "none")")
  }

  @Test func `tensors without values are refused`() throws {
    #expect(
      try sentence("op_conv") {
        for name in ["k", "dk"] { $0.tensors["one.L32k32.\(name)"] = .floats([], [3, 0]) }
      } == "'one.L32k32.k' has shape [3, 0], expected some values"
    )
    #expect(
      try sentence("op_basic") {
        for name in ["x", "y", "dx", "dy"] { $0.tensors["softmax.\(name)"] = .floats([], [5, 0]) }
      } == "'softmax.x' has shape [5, 0], expected some values"
    )
  }

  @Test func `kernels of other sizes than described are refused`() throws {
    #expect(
      try sentence("op_s4_kernel") { try $0.describe("variants", 0, "length", as: 65_536) }
        == "'even.y' has 256 values, expected 524288"
    )
    #expect(
      try sentence("op_s4_kernel") { try $0.describe("variants", 0, "N", as: 0) }
        == "'even' has sizes of kernels, expected 1 ... 65536, rank 1 ... 1024"
    )
    #expect(
      try sentence("op_diag_kernels") {
        for name in ["N", "H", "S", "length"] { try $0.describe(name, as: 65_536) }
      }?.contains(" values, expected ") == true
    )
  }

  @Test func `more states than can be solved for are refused`() throws {
    var copy = GoldenCopy(case: "op_init")
    copy.tensors["legs100000.A"] = .floats([1, 2, 3, 4], [2, 2])
    #expect(copy.refusal() == "'legs100000' has 100000 states, expected at most 512")
    copy.tensors = ["legs4.A": .floats([1, 2, 3, 4], [2, 2])]
    #expect(copy.refusal() == "'legs4.A' has 4 values, expected 16")
  }

  @Test func `a truncation of no length is refused`() throws {
    let name = "buf.blocks.0.layer.len"
    for length: Int32 in [-1, .min, .max, 1 << 20 + 1] {
      #expect(
        try sentence("s4_path_bn_last") { $0.tensors[name] = .integers([length], []) }
          == "'\(name)' is \(length), expected one length of 0 ... 1048576"
      )
    }
    #expect(
      try sentence("s4_path_bn_last") { $0.tensors[name] = .integers([48, 48]) }
        == "'\(name)' is 48, 48, expected one length of 0 ... 1048576"
    )
    let real = try sentence("s4_path_bn_last") { $0.tensors[name] = .floats([.nan], []) }
    #expect(real?.contains("is F32, expected I32") == true)
  }

  @Test func `what a network would need is asked for before it is made`() throws {
    // 2^40 bytes of embedding are not allocated for a file of a few.
    #expect(
      try sentence("tf_listops_cls") { try $0.describe("model", "encoder", "vocab", as: 1 << 24) }
        == "'w.enc.weight' has shape [19, 16], expected [16777216, 16]"
    )
    #expect(
      try sentence("tf_listops_cls") { try $0.describe("length", as: 1 << 20) }
        == "'act.enc' has shape [3, 40, 16], expected [3, 1048576, 16]"
    )
    #expect(
      try sentence("s4d_lin") { try $0.describe("model", "layers", 0, "l_max", as: 1 << 21) }
        == "'l_max' is 2097152, expected at most 1048576"
    )
  }

  @Test func `what is no golden file is named`() throws {
    let folder = Fixtures.path("golden")
    let json = Fixtures.path("golden/data_vocab.json")
    func sentence(_ path: String) -> String? {
      do {
        _ = try GoldenFile(path: path)
        return nil
      } catch { return String(describing: error) }
    }
    #expect(
      sentence(json)
        == "\(json): not a safetensors file, expected a golden file in that format"
    )
    #expect(
      sentence(folder)
        == "\(folder): a folder, expected golden files, such as \(folder)/*.safetensors"
    )
    #expect(sentence(folder + "/none")?.hasSuffix("No such file or directory") == true)
  }
}
