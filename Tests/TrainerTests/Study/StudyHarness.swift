import DataKit
import TestSupport

@testable import Trainer

/// Studies of two tiny architectures on a tiny data set.
struct StudyHarness {
  let training: TrainingHarness

  init(_ input: InputKind = .pixels) throws { training = try TrainingHarness(input) }

  /// A study with the fields of `extra` over those that it needs.
  static func study(_ extra: String = "") throws -> Study {
    let json = """
      {"title": "tiny", "tasks": [{"name": "image", "pretrain": {"steps": 5}}],
       "architectures": [
        {"name": "Transformer", "presets": {"image": "transformer-image"}},
        {"name": "S4", "presets": {"image": "s4-image"}, "finetune": {"steps": 4}}],
       "starts": ["scratch", "masked"], "seeds": [1, 2],
       "scale": {"batchSize": 4, "width": 8, "depth": 1, "pretrainSteps": 6, "finetuneSteps": 6}}
      """
    let changes = try JSON.decode(JSONValue.self, from: Array("{\(extra)}".utf8))
    let merged = try JSON.decode(JSONValue.self, from: Array(json.utf8)).merged(with: changes)
    return try Study(decoding: JSON.encode(merged), from: "study.json")
  }

  func plan(_ study: Study) throws -> StudyPlan {
    try StudyPlan(study, shapes: ["image": TaskShape(training.dataSet)])
  }

  /// The folder with the run list of a study.
  func create(_ study: Study, _ name: String) throws -> StudyFolder {
    let folder = StudyFolder(training.path(name))
    try folder.create(
      plan(study),
      dataSets: ["image": training.dataSet],
      command: "compare",
      version: "0"
    )
    return folder
  }

  func worker(_ folder: StudyFolder, threads: Int = 1) -> StudyWorker {
    StudyWorker(folder, pool: WorkerPool(threads: threads))
  }

  /// The results without what depends on the machine.
  static func results(_ folder: StudyFolder) throws -> StudyResult {
    var result = try JSON.decode(StudyResult.self, from: readFile(folder.results))
    for index in result.cells.indices { result.cells[index].seconds = 0 }
    return result
  }
}
