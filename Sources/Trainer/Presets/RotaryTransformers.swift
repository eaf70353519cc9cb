/// The larger Transformers with rotary positions of the paper's table 2.
///
/// The published repository has no file for them in Long Range Arena. Rates and pooling are those of
/// the paper's table 4.
enum RotaryTransformers {
  static let all = [
    image.sensiblePreset("transformer-rotary-image").tuned(0.001, 0.001, .mean),
    rotary(.text, "text").tuned(0.0005, 0.0005, .mean),
    rotary(.listops, "listops").tuned(0.0001, 0.001, .mean),
    rotary(.retrieval, "retrieval").tuned(0.0005, 0.005, .mean),
    rotary(.pathfinder, "pathfinder").tuned(0.0005, 0.001, .mean),
    rotary(.pathx, "pathx").tuned(0.0005, 0.001, .max),
    rotary(.pathx256, "pathx256").adding(
      "the paper calls Path-X-256 infeasible for Transformers; this is here to try"
    ),
  ]

  /// The paper's appendix C.1.6: the same setup for grey and for colour images.
  private static let image: PublishedTask = {
    var task = PublishedTask.imageColour
    (task.task, task.shape) = ("image", .image)
    task.published = PublishedNames()
    task.remarks = [
      "every number: published \(PublishedTask.imageColour.published.words), which are for colour; "
        + "the paper, appendix C.1.6, has the same setup for both"
    ]
    return task
  }()

  private static func rotary(_ task: PublishedTask, _ name: String) -> Preset {
    task.rotary(
      "sizes, batches, epochs, warm-up, weight decay: own choice, those of \(task.published.words) "
        + "with rotary positions instead of sinusoids"
    ).sensiblePreset("transformer-rotary-\(name)")
  }
}
