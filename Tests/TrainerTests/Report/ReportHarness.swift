import DataKit
import TestSupport

@testable import Trainer

/// Runs of a masked pretraining and of finetuning with and without it, and a study of them.
struct ReportHarness {
  let harness: TrainingHarness
  static let seeds: [UInt64] = [1, 2]

  /// Trains; `network` is that of both stages.
  init(_ input: InputKind = .tokens, network: NetworkConfiguration = TrainingHarness.network())
    throws
  {
    harness = try TrainingHarness(input)
    for seed in Self.seeds {
      func run(_ name: String, _ configuration: RunConfiguration) throws {
        _ = try harness.start(configuration, "study/runs/\(name)-\(seed)").run()
      }
      let adjust: (inout RunConfiguration) -> Void = { $0.seed = seed }
      try run(
        "pretrain",
        harness.configuration(.pretrain, Objective(.masked), network: network, adjust: adjust)
      )
      try run("scratch", harness.configuration(network: network, adjust: adjust))
      let from = harness.path("study/runs/pretrain-\(seed)/best.safetensors")
      try run(
        "tuned",
        harness.configuration(network: network) {
          ($0.seed, $0.from) = (seed, from)
        }
      )
    }
  }

  var study: String { harness.path("study") }

  func run(_ name: String) -> String { harness.path("study/runs/\(name)") }

  /// A cell of these runs.
  static func cell(
    _ start: Study.Start,
    _ values: [Double],
    architecture: String = "S4",
    task: String = "tiny",
    metric: String = "accuracy",
    p: Double? = nil,
    runs: [String] = [],
    pretrainings: [String] = []
  ) -> StudyResult.Cell {
    StudyResult.Cell(
      task: task,
      architecture: architecture,
      start: start,
      metric: metric,
      values: values,
      seeds: Array(seeds.prefix(values.count)),
      mean: values.mean,
      deviation: values.deviation,
      pValue: p,
      learningRate: 0.01,
      batchSize: 4,
      isChosen: true,
      parameters: 1234,
      seconds: 12,
      operations: 0,
      runs: runs,
      pretrainings: pretrainings
    )
  }

  /// The result of a study of these cells.
  static func result(_ cells: [StudyResult.Cell], title: String = "A study") -> StudyResult {
    StudyResult(
      title: title,
      source: "table 1",
      question: "Which is better?",
      scale: "At most 9 steps.",
      command: "lra-train compare a.json",
      version: "9.9.9",
      tasks: [
        .init(
          name: "tiny",
          data: "data",
          digest: "0123abcd",
          samples: ["train": 22, "validation": 7, "test": 9],
          used: ["train": 11, "validation": 7, "test": 9],
          validation: "validation",
          provenance: ["a.tar.gz, SHA-256 ffee"]
        )
      ],
      cells: cells,
      unfinished: [
        .init(run: "late", failure: nil), .init(run: "lost", failure: "not finite <here>"),
      ]
    )
  }

  /// Writes the study's results with the values given.
  func write(scratch: [Double], tuned: [Double], p: Double?, title: String = "A study") throws {
    var result = Self.result(
      [
        Self.cell(.scratch, scratch, runs: Self.seeds.map { "runs/scratch-\($0)" }),
        Self.cell(
          .masked,
          tuned,
          p: p,
          runs: Self.seeds.map { "runs/tuned-\($0)" },
          pretrainings: Self.seeds.map { "runs/pretrain-\($0)" }
        ),
      ],
      title: title
    )
    result.tasks[0].description = TaskDescription(
      harness.dataSet.manifest,
      words: "whether a text begins with four",
      folder: "data"
    )
    result.notes = ["The inputs were made by hand."]
    result.cells[1].candidates = [0.01, 0.02].map { rate in
      .init(
        run: rate == 0.01 ? "runs/tuned-1" : "runs/other",
        learningRate: rate,
        batchSize: 4,
        monitor: "accuracy",
        validation: 0.5
      )
    }
    try AtomicFile.write(JSON.encode(result, pretty: true), to: study + "/results.json")
  }

  func page(_ places: [String], threads: Int = 1) throws -> String {
    try Report(of: places, version: "1.2.3", pool: WorkerPool(threads: threads)).html()
  }
}
