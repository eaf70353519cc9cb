import DataKit
import Foundation
import TestSupport
import Testing

@Suite struct TrainToolTests {
  private let folder: TemporaryFolder
  private let program = Program("lra-train")

  /// Small enough for a debug build.
  private static let tiny = """
    {"network": {"width": 8, "depth": 1, "layers": [{"attention": {"heads": 2, "causal": false, \
    "rotary": false}}, {"feedForward": {"expand": 2}}]}, "batchSize": 4, "reportSteps": 2, \
    "schedule": {"warmUpSteps": 2}}
    """

  init() throws {
    folder = TemporaryFolder()
    try TinyDataSet.write(.pixels, to: folder.path + "/data")
    try Self.tiny.write(toFile: folder.path + "/tiny.json", atomically: true, encoding: .utf8)
  }

  private func run(_ line: String) throws -> Program.Result {
    try program.run(line.split(separator: " ").map(String.init), in: folder.path)
  }

  private static let base = "--data data --preset transformer-image --config tiny.json"

  private func files(_ run: String) throws -> [Data] {
    try ["last", "best"].map { name in
      try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/runs/\(run)/\(name).safetensors"))
    }
  }

  @Test func `pretrain, finetune and evaluate work in a row`() throws {
    let pretrain = try run("pretrain \(Self.base) --run masked --steps 6")
    #expect(pretrain.exitCode == 0, "\(pretrain.errors)")
    #expect(pretrain.output.hasPrefix("run runs/masked\nvalidation loss "))
    let finetune = try run(
      "finetune --data data --from masked --run tuned --steps 6 --batch-size 4"
    )
    #expect(finetune.exitCode == 0, "\(finetune.errors)")
    #expect(finetune.errors.contains("adapted: enc.weight"))
    #expect(finetune.errors.contains("initialised: dec."))
    let evaluate = try run("evaluate --run tuned --split test --quiet")
    #expect(evaluate.exitCode == 0 && evaluate.errors.isEmpty)
    let last = evaluate.output.split(separator: "\n").last ?? ""
    #expect(last.hasPrefix("test accuracy 0.") || last.hasPrefix("test accuracy 1."))
    let json = try run("evaluate --run tuned --split test --json --quiet")
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(object?["samples"] as? Int == 9)
    let names = try fileNames(in: folder.path + "/runs/tuned")
    for name in [
      "best.safetensors", "config.json", "last.safetensors", "metrics.jsonl", "summary.json",
    ] {
      #expect(names.contains(name))
    }
    #expect(names.contains { $0.hasPrefix("events.out.tfevents.") })
  }

  @Test func `a terminated run saves, exits with 130 and goes on bit for bit`() throws {
    let line = "pretrain \(Self.base) --epochs 80 --seed 3"
    #expect(try run("\(line) --run whole --quiet").exitCode == 0)
    let parts = "\(line) --run parts".split(separator: " ").map(String.init)
    let stopped = try program.run(parts, in: folder.path) {
      $0.contains("validation after step 10")
    }
    #expect(stopped.exitCode == 130, "\(stopped.errors)")
    #expect(stopped.errors.contains("interrupted after step "))
    #expect(stopped.output.isEmpty)
    let resumed = try run("pretrain --run parts --resume")
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("going on from step "))
    #expect(try files("parts") == files("whole"))
  }

  @Test func `resuming with other settings is refused`() throws {
    #expect(try run("pretrain \(Self.base) --run a --steps 2").exitCode == 0)
    let result = try run("pretrain \(Self.base) --run a --resume --learning-rate 0.5")
    #expect(result.exitCode == 1)
    #expect(
      result.errors.contains(
        "error: runs/a: the run was started with optimizer.learningRate 0.001, the options say 0.5\n"
      )
    )
  }

  @Test func `faults of the world are one sentence and exit with 1`() throws {
    let missing = try run("pretrain --data nowhere --preset transformer-image")
    #expect(missing.exitCode == 1)
    #expect(missing.errors.hasPrefix("error: nowhere: not a data set"))
    #expect(missing.output.isEmpty)
    let unknown = try run("finetune --data data --preset transformer-imgae")
    #expect(unknown.exitCode == 1)
    #expect(unknown.errors.contains("hint: did you mean 'transformer-image'"))
    let noRun = try run("evaluate --run nothing")
    #expect(noRun.exitCode == 1)
    #expect(noRun.errors.hasPrefix("error: runs/nothing: neither a run nor a checkpoint"))
    #expect(try !fileNames(in: folder.path).contains("runs"))
  }

  @Test func `a checkpoint of another architecture is refused`() throws {
    #expect(try run("pretrain \(Self.base) --run small --steps 1").exitCode == 0)
    let result = try run(
      "finetune --data data --preset transformer-image --from small --run b --batch-size 4"
    )
    #expect(result.exitCode == 1)
    #expect(result.errors.contains("another architecture: width is 8 there, 64 in this network"))
    #expect(try fileNames(in: folder.path + "/runs") == ["small"])
  }

  @Test func `a checkpoint that is cut is refused`() throws {
    #expect(try run("pretrain \(Self.base) --run a --steps 1").exitCode == 0)
    let path = folder.path + "/runs/a/best.safetensors"
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try bytes.prefix(bytes.count - 100).write(to: URL(fileURLWithPath: path))
    let result = try run("evaluate --run a")
    #expect(result.exitCode == 1)
    #expect(result.errors.hasPrefix("error: runs/a/best.safetensors: "))
    #expect(result.errors.split(separator: "\n").count == 1)
  }

  @Test func `exported weights come back as a run of their own`() throws {
    #expect(try run("finetune \(Self.base) --run a --steps 4 --class-token").exitCode == 0)
    let exported = try run("export --run a --format safetensors -o a.safetensors")
    #expect(exported.exitCode == 0, "\(exported.errors)")
    #expect(exported.output.hasPrefix("weights a.safetensors\ntensors "))
    let imported = try run("import --from a.safetensors --output b")
    #expect(imported.exitCode == 0, "\(imported.errors)")
    #expect(imported.output.hasPrefix("run runs/b\nnames exported\nloaded "))
    #expect(try run("export --run b -o b.safetensors").exitCode == 0)
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name))
    }
    #expect(try bytes("a.safetensors") == bytes("b.safetensors"))
    let scores = try ["a", "b"].map { name in
      try run("evaluate --run \(name) --split test --quiet").output.split(separator: "\n")
        .dropFirst()
    }
    #expect(scores[0].count == 3 && scores[0] == scores[1])
    let again = try run("import --from a.safetensors --output b")
    #expect(again.exitCode == 1 && again.errors.contains("--force"))
    let shard = "data/train-00000-of-00001.safetensors"
    #expect(try run("import --from \(shard) --preset transformer-image -o b --force").exitCode == 1)
    #expect(try run("evaluate --run b --split test --quiet").exitCode == 0)
    let preset = try run("import --from a.safetensors --preset transformer-image -o c")
    #expect(preset.exitCode == 64)
  }

  /// A GPT-NeoX model of one layer of zeros, for networks of width 16.
  private func writeModel(_ path: String) throws {
    let shapes = [
      "embed_in.weight": [20, 16], "final_layer_norm.weight": [16], "final_layer_norm.bias": [16],
      "layers.0.input_layernorm.weight": [16], "layers.0.input_layernorm.bias": [16],
      "layers.0.post_attention_layernorm.weight": [16],
      "layers.0.post_attention_layernorm.bias": [16],
      "layers.0.attention.query_key_value.weight": [48, 16],
      "layers.0.attention.query_key_value.bias": [48],
      "layers.0.attention.dense.weight": [16, 16], "layers.0.attention.dense.bias": [16],
      "layers.0.mlp.dense_h_to_4h.weight": [64, 16], "layers.0.mlp.dense_h_to_4h.bias": [64],
      "layers.0.mlp.dense_4h_to_h.weight": [16, 64], "layers.0.mlp.dense_4h_to_h.bias": [16],
    ]
    let tensors = shapes.sorted { $0.key < $1.key }.map { name, shape in
      TensorData(
        name: "gpt_neox." + name,
        elementType: .float16,
        shape: shape,
        bytes: Array(repeating: 0, count: 2 * shape.reduce(1, *))
      )
    }
    try SafetensorsWriter.write(tensors, metadata: ["format": "pt"], layout: .packed, to: path)
  }

  @Test func `a GPT-NeoX model is trained on, directly and imported`() throws {
    try writeModel(folder.path + "/neox.safetensors")
    let small = """
      {"network": {"width": 16, "depth": 1, "layers": [{"attention": {"heads": 2, "causal": true, \
      "rotary": true}}, {"feedForward": {"expand": 4}}], "rotary": {"fraction": 0.5, "pairing": \
      "halves"}}, "batchSize": 4, "schedule": {"warmUpSteps": 2}}
      """
    try small.write(toFile: folder.path + "/small.json", atomically: true, encoding: .utf8)
    let preset = "--preset pythia-70m-image --config small.json"
    let direct = try run("finetune --data data \(preset) --from neox.safetensors --run a --steps 2")
    #expect(direct.exitCode == 0, "\(direct.errors)")
    #expect(direct.errors.contains("loaded: 18 tensors"))
    #expect(direct.errors.contains("dropped: gpt_neox.embed_in.weight\n"))
    let imported = try run(
      "import --from neox.safetensors \(preset) --stage pretrain -o n.safetensors"
    )
    #expect(imported.exitCode == 0, "\(imported.errors)")
    #expect(imported.output.contains("names gpt-neox\nloaded 18 tensors\n"))
    let pretrained = try run(
      "pretrain --data data \(preset) --from n.safetensors --run b --steps 2"
    )
    #expect(pretrained.exitCode == 0, "\(pretrained.errors)")
    let unnamed = try run("finetune --data data --from neox.safetensors --run c")
    #expect(unnamed.exitCode == 1 && unnamed.errors.contains("hint: name a preset"))
    let kept = try run("import --from neox.safetensors \(preset) --keep-embeddings -o d")
    #expect(kept.exitCode == 64)
    let homeless = try run("evaluate --run n.safetensors")
    #expect(homeless.exitCode == 64 && homeless.errors.contains("name one with '--data'"))
  }

  @Test func `wrong usage exits with 64`() throws {
    for line in [
      "pretrain", "pretrain --data data --epochs 0", "finetune --data data --resume --force",
      "pretrain --data data --objective causal --mask x", "evaluate --run a --split none", "plan",
    ] {
      #expect(try run(line).exitCode == 64, "\(line)")
    }
  }

  @Test func `presets and plans can be read by programs`() throws {
    let presets = try run("presets --json").output.split(separator: "\n")
    #expect(presets.count >= 14)
    for line in presets {
      #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
    }
    let plan = try run("plan --preset transformer-image --stage finetune --json")
    let object = try JSONSerialization.jsonObject(with: Data(plan.output.utf8)) as? [String: Any]
    #expect(object?["parameters"] as? Int == 105_482)
    #expect(object?["batchSize"] as? Int == 50)
  }
}
