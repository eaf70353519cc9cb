extension Section {
  /// Convolution kernels before and after training.
  static func kernels(_ content: ReportContent, _ pool: WorkerPool, _ notes: inout [String])
    -> Section?
  {
    var figures: [Markup] = []
    for (title, run) in candidates(content) {
      do {
        let checkpoint = try Checkpoint(reading: RunFolder.checkpointPath(at: run.folder.path))
        let comparison = try KernelComparison(of: checkpoint, pool: pool)
        figures.append(
          .figures(
            title,
            .paragraph(
              .element("code", [:], Markup(run.name))
                + ", sequences of \(NumberText.grouped(comparison.length)) positions"
            ),
            KernelDrawing(comparison).panels(of: title),
            grid: "grid-of small"
          )
        )
      } catch {
        notes.append("Kernels of \(run.name) are not shown: \(error)")
      }
    }
    guard !figures.isEmpty else { return nil }
    return Section(
      "kernels",
      "Convolution kernels",
      .paragraph(
        "The largest |K| over the channels of each layer, by how far back, or ahead, it reads (section "
          + "3.6 of the paper): how the best weights look beside those that the same seed began with. Both "
          + "axes are logarithmic; a slower fall means a longer memory."
      ),
      .legend([(.masked, "trained"), (.scratch, "at initialisation")]),
      Markup(figures)
    )
  }

  /// For each task, architecture and start with kernels, the run of the first seed that changed them
  /// first: the pretraining, or the finetuning from scratch.
  private static func candidates(_ content: ReportContent) -> [(String, RunRecord)] {
    let cells = content.mainCells
    var found: [(String, RunRecord)] = cells.compactMap { cell in
      let names = cell.pretrainings.isEmpty ? cell.runs : cell.pretrainings
      return content.runs(names).first.map {
        ("\(cell.task), \(cell.architecture), \(cell.start.title)", $0)
      }
    }
    if cells.isEmpty { found = content.runs.map { ($0.name, $0) } }
    return found.filter { Network.hasKernels($0.1.configuration.network) }
  }
}
