extension Section {
  /// Convolution kernels, like beside like.
  static func kernels(_ content: ReportContent, _ pool: WorkerPool, _ notes: inout [String])
    -> Section?
  {
    var figures: [Markup] = []
    for pair in KernelFigure.all(content) {
      do {
        figures.append(try pair.markup(content, pool))
      } catch {
        notes.append("Kernels of \(pair.run.name) are not shown: \(error)")
      }
    }
    guard !figures.isEmpty else { return nil }
    return Section(
      "kernels",
      "Convolution kernels",
      .paragraph(
        "The largest |K| over the channels of each layer, by how far back, or ahead, it reads, of the "
          + "first seed. The pretrained network is compared with its own initialization, as in section "
          + "3.6 of Amos, Berant and Gupta; where networks were finetuned both from scratch and after "
          + "pretraining, those are compared with each other, too, unless only one of them is causal. "
          + "Weights are the best on validation; the step they are of stands above each figure. Both "
          + "axes are logarithmic; a slower fall means a longer memory."
      ),
      Markup(figures)
    )
  }
}

/// The kernels of a run beside others that they can be compared with.
struct KernelFigure {
  /// Above the figure.
  let title: String
  /// Whose kernels are drawn with a full line.
  let run: RunRecord
  /// What is told of `run` in the legend.
  let name: String
  /// The run with the broken line; the initialization of `run` when nil.
  let other: RunRecord?
  /// What is told of `other`.
  let otherName: String

  /// For each task and architecture with kernels: every pretraining against its initialization, then
  /// finetuning after it against finetuning from scratch where both read the same directions; where
  /// nothing is pretrained, training from scratch against its initialization.
  static func all(_ content: ReportContent) -> [KernelFigure] {
    let cells = content.mainCells
    if cells.isEmpty { return content.runs.filter(hasKernels).map { alone($0.name, $0) } }
    var pairs: [KernelFigure] = []
    for cell in cells {
      let place = "\(cell.task), \(cell.architecture)"
      guard let run = content.runs(cell.runs).first, hasKernels(run) else { continue }
      guard cell.start != .scratch else {
        let isPretrained = cells.contains {
          $0.task == cell.task && $0.architecture == cell.architecture && $0.start != .scratch
            && !content.runs($0.pretrainings).isEmpty
        }
        if !isPretrained { pairs.append(alone(place + ": trained from scratch", run)) }
        continue
      }
      if let pretraining = content.runs(cell.pretrainings).first {
        pairs.append(alone("\(place): after \(cell.start.title), before finetuning", pretraining))
      }
      // A causal network's kernels read back only, so they are not beside those of both directions.
      if let scratch = content.scratch(of: cell), let first = content.runs(scratch.runs).first,
        first.configuration.network.isCausal == run.configuration.network.isCausal
      {
        pairs.append(
          KernelFigure(
            title: "\(place): after finetuning, with \(cell.start.title) and from scratch",
            run: run,
            name: "pretrained",
            other: first,
            otherName: "scratch"
          )
        )
      }
    }
    return pairs
  }

  private static func alone(_ title: String, _ run: RunRecord) -> KernelFigure {
    KernelFigure(title: title, run: run, name: "trained", other: nil, otherName: "initial")
  }

  private static func hasKernels(_ run: RunRecord) -> Bool {
    Network.hasKernels(run.configuration.network)
  }

  func markup(_ content: ReportContent, _ pool: WorkerPool) throws -> Markup {
    let checkpoint = try Self.checkpoint(run)
    let comparison = try KernelComparison(
      of: checkpoint,
      against: other.map(Self.checkpoint),
      length: try? content.dataSet(of: run.configuration).longestSequence(),
      pool: pool
    )
    let words = other.map { "against \(Self.words($0))" } ?? "against its initialization"
    let positions = "\(NumberText.grouped(comparison.length)) positions"
    let sequences =
      comparison.isDataMissing
      ? "the data set was not found: \(positions), the most that the network is made for"
      : "sequences of \(positions)"
    return .figures(
      title,
      .paragraph(
        Markup("\(Self.words(run)), \(words); \(sequences)")
      ) + .legend([(.masked, name), (.scratch, otherName)]),
      KernelDrawing(comparison, name: name, referenceName: otherName).panels(of: title),
      grid: "grid-of small"
    )
  }

  private static func checkpoint(_ run: RunRecord) throws -> Checkpoint {
    try Checkpoint(reading: RunFolder.checkpointPath(at: run.folder.path))
  }

  /// "runs/a at step 300 of 400".
  private static func words(_ run: RunRecord) -> String {
    guard let summary = run.summary, let step = summary.bestStep else { return run.name }
    return
      "\(run.name) at step \(NumberText.grouped(step)) of \(NumberText.grouped(summary.totalSteps))"
  }
}
