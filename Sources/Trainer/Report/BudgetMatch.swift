/// Whether pretraining and training from scratch had the same budget.
struct BudgetMatch {
  private enum Kind: Hashable {
    /// Finetuning is as long as training from scratch, pretraining comes on top.
    case finetuningOnly
    /// Training from scratch is as long as both stages together, or longer.
    case both
    /// Neither.
    case unlike
  }

  private let kinds: Set<Kind>

  /// Reads the runs of every comparison; where one is not there, nothing is said of it.
  init(_ content: ReportContent) {
    func samples(_ names: [String]) -> Int? {
      content.runs(names).first.map { $0.steps * $0.configuration.batchSize }
    }
    kinds = Set(
      content.contrasts.compactMap { contrast -> Kind? in
        guard let before = samples(contrast.cell.pretrainings),
          let own = samples(contrast.cell.runs), let scratch = samples(contrast.scratch.runs)
        else { return nil }
        // Two stages of a shared budget are rounded to whole steps each.
        if Double(scratch) >= 0.97 * Double(before + own) { return .both }
        return scratch == own ? .finetuningOnly : .unlike
      }
    )
  }

  /// In a sentence; nil when nothing is compared.
  var sentence: String? {
    switch kinds {
    case []: nil
    case [.finetuningOnly]:
      "Only finetuning is matched: from scratch and pretrained, a network is finetuned with the same "
        + "number of samples, and pretraining comes on top. There is no control of equal compute, "
        + "trained from scratch for as long as both stages together, so a gain may be that of more "
        + "training."
    case [.both]:
      "Compute is matched: training from scratch sees as many samples as both stages together."
    default:
      "Budgets are not the same in all comparisons: the table of budgets has the steps of each."
    }
  }
}
