/// The Transformers of Long Range Arena as the published code runs them.
///
/// Against the plain presets: the four attention projections start as copies of one, warm-up starts
/// from rate 0, the last partial batch is not scored, learning rates and pooling are those of the
/// files (0.05 for text, ListOps and retrieval). Pretraining on text and retrieval has no output
/// layer: its cross entropy runs over the channels of the last norm.
enum PaperTransformers {
  static let all = [
    PublishedTask.image.paperPreset("paper-transformer-image"),
    PublishedTask.text.paperPreset("paper-transformer-text"),
    PublishedTask.listops.paperPreset("paper-transformer-listops"),
    PublishedTask.retrieval.paperPreset("paper-transformer-retrieval"),
    PublishedTask.pathfinder.paperPreset("paper-transformer-pathfinder"),
    PublishedTask.pathx.paperPreset("paper-transformer-pathx"), pathx256,
    PublishedTask.localPathfinder.paperPreset("paper-transformer-local-pathfinder"),
  ]

  private static let pathx256: Preset = {
    var preset = PublishedTask.pathx256.paperPreset("paper-transformer-pathx256").adding(
      "8 layers in pretraining, 4 in finetuning: as published, so that finetuning cannot start from "
        + "these pretrained weights; transformer-pathx256 has 4 in both"
    ).adding(
      "sinusoids for 65,536 positions: the published table ends at 16,384, so that its code cannot "
        + "run this network"
    )
    preset.pretrain.network.depth = 8
    return preset
  }()
}
