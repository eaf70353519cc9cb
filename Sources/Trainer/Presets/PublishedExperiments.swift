/// The experiments that a preset's stages follow, by the names of their files under
/// configs/experiment (those of Long Range Arena without the folder lra).
public struct PublishedNames: Sendable, Equatable {
  /// The experiment of pretraining, where there is one.
  public var pretrain: String?
  /// The experiment of finetuning, where there is one.
  public var finetune: String?

  /// The names of both stages.
  public init(pretrain: String? = nil, finetune: String? = nil) {
    self.pretrain = pretrain
    self.finetune = finetune
  }

  /// The experiment of a stage.
  public subscript(stage: RunConfiguration.Stage) -> String? {
    stage == .pretrain ? pretrain : finetune
  }

  /// "a and b", or the one there is.
  var words: String { [finetune, pretrain].compactMap(\.self).joined(separator: " and ") }
}

/// The networks that the published code builds, by experiment.
///
/// IdoAmos/not-from-scratch, the code of Amos, Berant and Gupta, "Never train from scratch"
/// (ICLR 2024), configs/experiment/lra; vocabularies of 136 (text), 99 (retrieval) and 19 tokens.
public enum PublishedExperiments {
  /// The trainable numbers of every experiment that the published code can build.
  public static let parameters: [String: Int] = [
    "dlr-lra-cifar": 15_763_466,
    "dlr-lra-cifar-mlm": 15_759_361,
    "dlr-lra-imdb": 7_133_698,
    "dlr-lra-imdb-mlm": 7_133_184,
    "dlr-lra-listops": 4_481_674,
    "dlr-lra-listops-mlm": 4_482_835,
    "dlr-lra-pathx": 7_099_394,
    "dlr-lra-pathx-mlm": 7_099_394,
    "mega/aan": 871_938,
    "mega/aan-mlm": 806_016,
    "mega/cifar": 2_729_090,
    "mega/cifar-mlm": 2_727_801,
    "mega/cifar-mlm-l1": 100_801,
    "mega/imdb": 19_248_642,
    "mega/imdb-mlm": 18_984_960,
    "mega/listops": 612_404,
    "mega/listops-mlm": 18_934_803,
    "mega/pathfinder-mlm-l1": 3_160_577,
    "mega/pathx-mlm": 432_000,
    "mega/pathx-small": 399_106,
    "s4-lra-aan": 1_575_938,
    "s4-lra-aan-mlm": 1_313_024,
    "s4-lra-cifar": 3_565_834,
    "s4-lra-cifar-mlm": 3_561_729,
    "s4-lra-imdb": 1_323_010,
    "s4-lra-imdb-mlm": 1_322_496,
    "s4-lra-listops": 599_690,
    "s4-lra-listops-mlm": 600_851,
    "s4-lra-pathfinder": 1_288_706,
    "s4-lra-pathfinder-mlm": 1_288_706,
    "s4-lra-pathx": 1_288_706,
    "s4-lra-pathx-mlm": 1_288_706,
    "s4-lra-pathx-small": 199_490,
    "s4d-lra-cifar": 3_565_066,
    "s4d-lra-pathx-small": 174_914,
    "transformer-local-lra-pathfinder-mlm-small": 3_160_577,
    "transformer-lra-aan": 871_938,
    "transformer-lra-aan-mlm": 806_016,
    "transformer-lra-cifar": 105_482,
    "transformer-lra-cifar-mlm": 100_801,
    "transformer-lra-imdb": 19_248_642,
    "transformer-lra-imdb-mlm": 18_984_960,
    "transformer-lra-listops": 18_930_186,
    "transformer-lra-listops-mlm": 18_934_803,
    "transformer-lra-pathfinder": 399_106,
    "transformer-lra-pathfinder-mlm": 399_106,
    "transformer-lra-pathx-mlm-small": 432_000,
    "transformer-lra-pathx-small": 399_106,
    "transformer-lra-pathx256": 793_858,
    "transformer-lra-pathx256-mlm": 1_619_840,
  ]

  /// The experiments for pretraining on grey images whose file has a mask ratio of 0: without one on
  /// the command line they build the network of finetuning, which learns no denoising.
  public static let withoutMasks: Set<String> = [
    "dlr-lra-pathx-mlm", "s4-lra-pathfinder-mlm", "s4-lra-pathx-mlm",
    "transformer-lra-pathfinder-mlm",
  ]

  /// The trainable numbers of an experiment when masks are drawn, nil when they are not known.
  ///
  /// - Parameters:
  ///   - name: the experiment.
  ///   - width: its channels. With masks, a network of ``withoutMasks`` has an input channel more and
  ///     256 outputs instead of 2.
  /// - Returns: the count, or nil.
  public static func maskedParameters(_ name: String, width: Int) -> Int? {
    parameters[name].map { count in
      withoutMasks.contains(name) ? count + width + (256 - 2) * (width + 1) : count
    }
  }
}
