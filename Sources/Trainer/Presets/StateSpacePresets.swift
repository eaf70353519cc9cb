/// S4, S4D and DLR on Long Range Arena: as published, with the sensible choices, and with random
/// initialization (the paper's tables 2 and 7).
///
/// Rates and batches are those of the published files, which train from scratch as well; the paper's
/// best ones after pretraining are among the sources.
enum StateSpacePresets {
  static let all: [Preset] =
    published.flatMap { family, place, task in
      let name = "\(family)-\(place)"
      let sensible = [name, "\(family)-random-\(place)"].map { name in
        let preset = task.sensiblePreset(name)
        return task.task == "pathfinder128" ? preset.poolingMaximum : preset
      }
      return [sensible[0], sensible[1].random, task.paperPreset("paper-\(name)")]
    } + others

  private static let published: [(family: String, place: String, task: PublishedTask)] = [
    ("s4", "image", .s4Image), ("s4", "text", .s4Text), ("s4", "listops", .s4Listops),
    ("s4", "retrieval", .s4Retrieval), ("s4", "pathfinder", .s4Pathfinder),
    ("s4", "pathx", .s4PathX), ("s4d", "image", .s4dImage), ("dlr", "image", .dlrImage),
    ("dlr", "text", .dlrText), ("dlr", "listops", .dlrListops), ("dlr", "pathx", .dlrPathX),
  ]

  private static let others = [
    PublishedTask.s4PathX256.sensiblePreset("s4-pathx256"),
    PublishedTask.s4PathXSmall.sensiblePreset("s4-pathx-small"),
    PublishedTask.s4PathXSmall.paperPreset("paper-s4-pathx-small"),
    PublishedTask.s4dPathXSmall.sensiblePreset("s4d-pathx-small"),
    PublishedTask.s4dPathXSmall.paperPreset("paper-s4d-pathx-small"),
  ]
}

extension Preset {
  /// The preset with every number of the network drawn from N(0, 0.1^2).
  fileprivate var random: Preset {
    var preset = adding(
      "every number of the network starts from N(0, 0.1^2): the paper's appendix C.1.3"
    )
    preset.summary += ", all numbers start as N(0, 0.1^2)"
    preset.pretrain.network.normalInitialization = 0.1
    preset.finetune.network.normalInitialization = 0.1
    return preset
  }

  /// The preset with a maximum over positions.
  fileprivate var poolingMaximum: Preset {
    var preset = adding(
      "max pooling: the paper's appendix C.1.3, for Path-X; its code has mean pooling"
    )
    preset.finetune.network.pooling = .max
    return preset
  }
}
