/// Whether pretraining and training from scratch had the same budget, counted in samples.
struct BudgetMatch {
  /// How the samples of a comparison's two sides are to each other.
  enum Kind: Hashable {
    /// Finetuning is as long as training from scratch, pretraining comes on top.
    case finetuningOnly
    /// Training from scratch is as long as both stages together.
    case both
    /// Training from scratch is longer than both stages together.
    case longer
    /// None of these.
    case unlike

    /// Compares the samples of pretraining and of finetuning after it with those from scratch.
    init(pretraining: Int, finetuning: Int, scratch: Int) {
      // Stages of one budget are rounded to whole steps each, and sides may have other batch sizes.
      let tolerance = 0.97...1.03
      // Of a short pretraining the sum is hardly more than finetuning alone: what is nearer counts.
      let isNearer = abs(scratch - finetuning) < abs(scratch - pretraining - finetuning)
      if isNearer, tolerance.contains(Double(scratch) / Double(max(1, finetuning))) {
        self = .finetuningOnly
        return
      }
      let ratio = Double(scratch) / Double(max(1, pretraining + finetuning))
      if tolerance.contains(ratio) {
        self = .both
      } else {
        self = ratio > tolerance.upperBound ? .longer : .unlike
      }
    }
  }

  private let kinds: Set<Kind>

  /// Reads the runs of every comparison; where one is not there, nothing is said of it.
  init(_ content: ReportContent) {
    func samples(_ names: [String]) -> Int? {
      content.runs(names).first.map { $0.steps * $0.configuration.batchSize }
    }
    self.init(
      Set(
        content.contrasts.compactMap { contrast -> Kind? in
          guard let before = samples(contrast.cell.pretrainings),
            let own = samples(contrast.cell.runs), let scratch = samples(contrast.scratch.runs)
          else { return nil }
          return Kind(pretraining: before, finetuning: own, scratch: scratch)
        }
      )
    )
  }

  /// The match of comparisons of these kinds.
  init(_ kinds: Set<Kind>) { self.kinds = kinds }

  /// In a sentence; nil when nothing is compared.
  var sentence: String? {
    switch kinds {
    case []: nil
    case [.finetuningOnly]:
      "Only finetuning is matched: from scratch and pretrained, a network is finetuned with the same "
        + "number of samples, and pretraining comes on top. There is no control that was trained from "
        + "scratch with as many samples as both stages together, so a gain may be that of more training."
    case [.both]:
      "Samples are matched: training from scratch sees as many as both stages together, to 3 %."
    case [.longer]:
      "Training from scratch sees more samples than both stages together."
    default:
      "Budgets are not the same in all comparisons: the table of budgets has the steps of each."
    }
  }
}
