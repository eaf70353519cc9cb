/// S4 and Transformers on sound, colour images and vital signs (the paper's table 3).
enum OtherPresets {
  static let all = speech + colour + ["hr", "rr", "spo2"].flatMap(vital)

  private static let scale =
    "sound from -1 to 1: own choice; --normalization unit or reference scales each time step"

  private static let speech = [
    PublishedTask.s4Speech.sensiblePreset("s4-speech").adding(scale).adding(twoSided)
      .adding("batch norm in pretraining too: own choice, so that finetuning can start from it"),
    PublishedTask.s4Speech.sensiblePreset("s4-causal-speech", causal: true).adding(scale)
      .adding(
        PublishedTask.found("0.0005, batch 16", pretraining: "0.001, batch 32", in: "table 6")
      ),
    paperS4Speech,
    PublishedTask.speech.sensiblePreset("transformer-speech").adding(scale).tuned(
      0.001,
      0.001,
      .max
    ),
    PublishedTask.speech.sensiblePreset("transformer-causal-speech", causal: true).adding(scale)
      .tuned(0.001, 0.001, .max),
    PublishedTask.speech.paperPreset("paper-transformer-speech").referenceScale,
  ]

  private static let twoSided =
    PublishedTask.found("0.005, batch 16", pretraining: "0.001, batch 32", in: "table 6")

  private static let paperS4Speech: Preset = {
    var preset = PublishedTask.s4Speech.paperPreset("paper-s4-speech").referenceScale.adding(
      "layer norm in pretraining, batch norm in finetuning: as published, so that finetuning cannot "
        + "start from these pretrained weights; s4-speech has batch norm in both"
    )
    preset.pretrain.network.norm = .layer
    return preset
  }()

  private static let colour = [
    PublishedTask.s4ImageColour.sensiblePreset("s4-image-colour"),
    PublishedTask.s4ImageColour.paperPreset("paper-s4-image-colour"),
    PublishedTask.imageColour.sensiblePreset("transformer-image-colour").tuned(0.001, 0.001, .mean),
    PublishedTask.imageColour.paperPreset("paper-transformer-image-colour"),
  ]

  private static func vital(_ sign: String) -> [Preset] {
    let (s4, attention) = (PublishedTask.s4Vital(sign), PublishedTask.vital(sign))
    return [
      s4.sensiblePreset("s4-bidmc-\(sign)"), s4.paperPreset("paper-s4-bidmc-\(sign)"),
      attention.sensiblePreset("transformer-bidmc-\(sign)")
        .tuned(sign == "spo2" ? 0.0001 : 0.0005, 0.0005, .max)
        .adding(
          "rotary positions in both stages: the paper's appendix C.1.6; the published file of "
            + "pretraining has sinusoids"
        ),
      sinusoidal(attention.paperPreset("paper-transformer-bidmc-\(sign)")),
    ]
  }

  /// Sinusoids in pretraining, rotary positions in finetuning.
  private static func sinusoidal(_ preset: Preset) -> Preset {
    var preset = preset.adding(
      "sinusoids in pretraining, rotary positions in finetuning: as published; finetuning cannot "
        + "start from these pretrained weights here, which takes positions for part of a network"
    )
    preset.pretrain.network.positions = .sinusoidal
    preset.pretrain.network.layers = .transformer(heads: 8, expand: 1)
    return preset
  }
}

extension Preset {
  /// The preset with the published normalization of sound by time step.
  fileprivate var referenceScale: Preset {
    var preset = adding(
      "normalization 'reference': that of the published code, with deviations that 1e-5 outweighs"
    )
    preset.pretrain.normalization = "reference"
    preset.finetune.normalization = "reference"
    return preset
  }
}
