import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct StudyFileTests {
  @Test(arguments: [
    (#""seeds": [1, 1]"#, "'seeds' has 1 twice"), (#""fractions": [0]"#, "'fractions' has 0.0"),
    (#""grid": {"learningRates": []}"#, "'grid.learningRates' is empty"),
    (#""grid": {"batchSizes": [0]}"#, "'grid.batchSizes' has 0"),
    (#""colour": 1"#, "'colour' is not a field of a study"),
    (#""scale": {"width": 7}"#, "scale: width is 7"),
    (#""tiedEpochs": {"epochs": 2, "shares": [1]}"#, "'tiedEpochs.shares' has 1.0"),
    (#""tasks": [{"name": "text"}]"#, "has a preset for 'image', no task here"),
  ])
  func `what makes no sense is refused by name`(extra: String, reason: String) throws {
    let base = """
      {"title": "t", "tasks": [{"name": "image"}], "seeds": [1], "starts": ["scratch", "masked"],
      "architectures": [{"name": "T", "presets": {"image": "transformer-image"}}]}
      """
    let json = try JSON.decode(JSONValue.self, from: Array(base.utf8))
      .merged(with: JSON.decode(JSONValue.self, from: Array("{\(extra)}".utf8)))
    let error = #expect(throws: RunError.self) {
      try Study(decoding: JSON.encode(json), from: "s.json")
    }
    #expect(error?.description.contains("s.json: ") == true)
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test func `every study of the repository expands at full and at reduced scale`() throws {
    let names = [
      "figure-3", "table-1", "table-2", "table-3", "table-7", "table-8", "table-9",
    ]
    for name in names {
      let path = Fixtures.root + "studies/" + name + ".json"
      for scale in [nil, StudyScale.tiny, .small] {
        var study = try Study(decoding: readFile(path), from: path)
        study.scale = scale
        let shapes = try Dictionary(
          uniqueKeysWithValues: study.tasks.map { task in
            (task.name, try #require(TaskShape.published(task.name), "\(task.name)"))
          }
        )
        let plan = try StudyPlan(study, shapes: shapes)
        #expect(Set(plan.runs.map(\.name)).count == plan.runs.count)
        var seen: Set<String> = []
        for run in plan.runs {
          #expect(seen.isSuperset(of: run.dependencies), "\(run.name)")
          seen.insert(run.name)
          let shape = try #require(shapes[run.cell.task]).shape
          #expect(throws: Never.self, "\(name) \(run.name)") {
            try run.configuration.fitted(to: shape).check()
          }
        }
      }
    }
  }

  @Test func `scales are read and said`() throws {
    let scale = try StudyScale(parsing: "tiny,steps=30,width=32")
    #expect(scale.pretrainSteps == 30 && scale.finetuneSteps == 30 && scale.width == 32)
    #expect(scale.samples == StudyScale.tiny.samples && scale.name == nil)
    #expect(try StudyScale(parsing: "depth=2").summary == "at most depth 2")
    for text in ["", "large", "width", "width=x", "width=0", "steps=3,tiny"] {
      #expect(throws: RunError.self, "\(text)") { try StudyScale(parsing: text) }
    }
  }

  @Test func `every preset can be shrunk`() throws {
    for preset in Preset.all {
      for stage in RunConfiguration.Stage.allCases {
        for width in [8, 16, 48, 64] {
          var scale = StudyScale()
          (scale.width, scale.depth) = (width, 1)
          let network = preset.configuration(for: stage).network.shrunk(scale)
          #expect(network.width <= width && network.depth == 1)
          #expect(throws: Never.self, "\(preset.name)") { try network.validate() }
        }
      }
    }
  }
}

@Suite struct StudyPlanTests {
  private let harness: StudyHarness

  init() throws { harness = try StudyHarness() }

  @Test func `a pretraining is shared by the grid, and other seeds wait for it`() throws {
    let runs = try harness.plan(
      StudyHarness.study(#""grid": {"learningRates": [0.01, 0.02], "batchSizes": [2, 4, 8]}"#)
    ).runs
    // Batches of 8 are cut to 4: four candidates and one run with the other seed.
    #expect(runs.count == 2 * (5 + 7))
    let pretrained = runs.filter { $0.cell.start == .masked && $0.cell.architecture == "S4" }
    let first = pretrained[0]
    #expect(first.name == "image-s4-masked-pretrain-seed-1")
    #expect(pretrained.filter { $0.pretraining == first.name }.count == 4)
    let last = try #require(pretrained.last)
    #expect(last.name == "image-s4-masked-finetune-seed-2")
    #expect(last.candidates == pretrained[1...4].map(\.name))
    #expect(pretrained[4].configuration.optimizer.learningRate == 0.02)
    #expect(pretrained[4].configuration.batchSize == 4)
  }

  @Test func `a grid of one value is for every seed`() throws {
    let runs = try harness.plan(
      StudyHarness.study(#""grid": {"learningRates": [0.03], "batchSizes": [2]}"#)
    ).runs.filter { $0.configuration.stage == .finetune }
    #expect(runs.count == 8)
    #expect(runs.allSatisfy { $0.configuration.optimizer.learningRate == 0.03 })
    #expect(runs.allSatisfy { $0.configuration.batchSize == 2 && !$0.isCandidate })
    #expect(Set(runs.map(\.seed)) == [1, 2])
  }

  @Test func `schedules that a study file names are left alone`() throws {
    let study = try StudyHarness.study(
      #""tasks": [{"name": "image", "finetune": {"steps": 6, "#
        + #""schedule": {"warmUpSteps": 3, "totalSteps": 5}}}]"#
    )
    let run = try #require(harness.plan(study).runs.first { $0.configuration.stage == .finetune })
    #expect(run.configuration.schedule.warmUpSteps == 3)
    #expect(run.configuration.schedule.totalSteps == 5)
  }

  @Test(arguments: [
    (#""tasks": [{"name": "image", "mask": "nonsense:"}]"#, "nonsense"),
    (
      #""architectures": [{"name": "M", "presets": {"image": "mega-image"}}], "starts": ["causal"]"#,
      "causal objective"
    ),
    (
      #""architectures": [{"name": "T", "presets": {"image": "transformer-image"}, "#
        + #""changes": {"network": {"width": 7}}}]"#, "width"
    ),
    (
      #""architectures": [{"name": "T", "starts": ["causal"], "#
        + #""presets": {"image": "transformer-image"}}]"#, "none of the study's starts"
    ),
    (
      #""architectures": [{"name": "a scratch", "starts": ["scratch"], "#
        + #""presets": {"image": "transformer-image"}}, {"name": "a-scratch-scratch", "#
        + #""presets": {"image": "transformer-image"}}], "tasks": [{"name": "Image"}]"#,
      "lower-case"
    ),
  ])
  func `what cannot be run is refused before anything is started`(
    extra: String,
    reason: String
  ) throws {
    let error = #expect(throws: RunError.self) { try harness.plan(StudyHarness.study(extra)) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test func `changes apply in order, and budgets are cut`() throws {
    let runs = try harness.plan(StudyHarness.study()).runs
    let steps = Dictionary(uniqueKeysWithValues: runs.map { ($0.name, $0.configuration.steps) })
    #expect(steps["image-transformer-masked-pretrain-seed-1"] == 5)
    #expect(steps["image-transformer-masked-finetune-seed-1"] == 6)
    #expect(steps["image-s4-masked-finetune-seed-2"] == 4)
    #expect(runs.allSatisfy { $0.configuration.network.width == 8 })
    #expect(runs.allSatisfy { $0.configuration.schedule.warmUpSteps <= 6 })
  }

  @Test func `architectures of one preset keep their proportions`() throws {
    let sizes = [(64, 2), (128, 4), (512, 8)].map { width, depth in
      #"{"name": "\#(width)", "presets": {"image": "transformer-rotary-image"}, "#
        + #""changes": {"network": {"width": \#(width), "depth": \#(depth)}}}"#
    }
    let study = try StudyHarness.study(
      #""architectures": [\#(sizes.joined(separator: ","))], "scale": {"width": 64, "depth": 4}"#
    )
    let networks = try harness.plan(study).runs.filter { $0.seed == 1 && $0.cell.start == .scratch }
      .map(\.configuration.network)
    #expect(networks.map(\.width) == [8, 16, 64])
    #expect(networks.map(\.depth) == [1, 2, 4])
  }

  @Test func `tied epochs are divided`() throws {
    let study = try StudyHarness.study(#""tiedEpochs": {"epochs": 2, "shares": [0, 0.4]}"#)
    let runs = try harness.plan(study).runs.filter {
      $0.seed == 1 && $0.cell.architecture == "Transformer"
    }
    // 22 samples in batches of 4 are 5 steps an epoch; the scale allows 6 in all.
    #expect(
      runs.map(\.name) == [
        "image-transformer-scratch-share-0.0-finetune-seed-1",
        "image-transformer-masked-share-0.4-pretrain-seed-1",
        "image-transformer-masked-share-0.4-finetune-seed-1",
      ]
    )
    #expect(runs.map(\.configuration.steps) == [6, 2, 4])
  }

  @Test func `fractions are nested, and causal runs are causal`() throws {
    let study = try StudyHarness.study(
      #""fractions": [0.1, 1], "starts": ["scratch", "causal"]"#
    )
    let runs = try harness.plan(study).runs
    let small = runs.filter { $0.cell.fraction == 0.1 }
    #expect(small.allSatisfy { $0.configuration.trainingSamples == 2 })
    #expect(small.allSatisfy { $0.configuration.batchSize == 2 })
    #expect(
      runs.filter { $0.cell.fraction == 1 }.allSatisfy { $0.configuration.trainingSamples == nil }
    )
    #expect(runs.allSatisfy { $0.configuration.network.isCausal == ($0.cell.start == .causal) })
    let split = try harness.training.dataSet.split(.train)
    var configuration = small[0].configuration
    let two = try #require(try configuration.subset(of: split))
    configuration.trainingSamples = 9
    let nine = try #require(try configuration.subset(of: split))
    #expect(Set(nine).isSuperset(of: two) && Set(nine).count == 9 && two.count == 2)
    #expect(nine == randomPermutation(count: 22, seed: 0)[..<9].sorted())
  }
}
