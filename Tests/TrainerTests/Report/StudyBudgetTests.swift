import Testing

@testable import Trainer

@Suite struct StudyBudgetTests {
  private func lines(_ extra: String) throws -> [String] {
    StudyBudget(try StudyHarness.study(extra)).lines
  }

  @Test func `lengths of presets stand beside lengths alone`() throws {
    let task = try #require(
      lines(
        #""tasks": [{"name": "image", "finetune": "#
          + #"{"steps": 400, "epochs": null, "validation": {"everySteps": 200}}}]"#
      ).first
    )
    #expect(task.hasPrefix("image, finetuning: no limit of epochs, steps 400 (presets: "))
    #expect(task.hasSuffix("), steps between validations 200"))
    #expect(!task.contains("null"))
  }

  @Test func `causal presets count where the study has causal starts`() throws {
    let study = try StudyHarness.study(
      #""starts": ["causal"], "tasks": [{"name": "image", "pretrain": {"batchSize": 5}}], "#
        + #""architectures": [{"name": "T", "presets": {"image": "transformer-image"}, "#
        + #""causalPresets": {"image": "transformer-causal-image"}}]"#
    )
    let size = try Preset.named("transformer-causal-image").configuration(for: .pretrain).batchSize
    #expect(
      StudyBudget(study).lines
        == ["image, pretraining: batch size 5 (presets: \(NumberText.grouped(size)))"]
    )
  }
}
