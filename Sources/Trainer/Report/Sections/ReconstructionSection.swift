internal import DataKit
internal import FoundationEssentials

extension Section {
  /// Samples of the validation split, masked and restored by what was pretrained on masks.
  static func reconstructions(_ content: ReportContent, _ pool: WorkerPool, _ notes: inout [String])
    -> Section?
  {
    var figures: [Markup] = []
    for (title, run) in candidates(content) {
      do {
        guard let figure = try ReconstructionFigure(title, run, content, pool)?.markup() else {
          continue
        }
        figures.append(figure)
      } catch {
        notes.append("Reconstructions of \(run.name) are not shown: \(error)")
      }
    }
    guard !figures.isEmpty else { return nil }
    return Section(
      "reconstructions",
      "Reconstructions",
      .paragraph(
        "The first samples of the validation split, masked, and what the best weights of masked "
          + "pretraining make of them. The masks are those of every validation; nothing was chosen by eye."
      ),
      Markup(figures)
    )
  }

  /// The first seed's masked pretraining of each task and architecture.
  private static func candidates(_ content: ReportContent) -> [(title: String, run: RunRecord)] {
    let cells = content.mainCells.filter { $0.start == .masked }
    let pretrained = cells.compactMap { cell in
      content.runs(cell.pretrainings).first.map { ("\(cell.task), \(cell.architecture)", $0) }
    }
    let runs = cells.isEmpty ? content.runs.map { ($0.configuration.preset, $0) } : pretrained
    return runs.filter { $0.1.isPretraining && $0.1.configuration.objective.kind == .masked }
  }
}

/// What one run restores.
struct ReconstructionFigure {
  private let title: String
  private let run: RunRecord
  private let manifest: Manifest
  private let samples: [Reconstruction]

  /// Tokens of a sample that are shown.
  private static let shownTokens = 160

  /// Restores the first samples; nil when they are neither tokens nor images.
  ///
  /// - Throws: when the data set or the checkpoint cannot be used, or the data set is another one.
  init?(_ title: String, _ run: RunRecord, _ content: ReportContent, _ pool: WorkerPool) throws {
    let configuration = run.configuration
    let dataSet = try content.dataSet(of: configuration)
    let checkpoint = try Checkpoint(reading: RunFolder.checkpointPath(at: run.folder.path))
    try configuration.check()
    let source = try BatchSource(
      dataSet.split(.validation),
      of: dataSet,
      configuration.objective,
      masks: configuration.maskSet(of: dataSet),
      normalization: configuration.normalization
    )
    guard let reconstructor = Reconstructor(source, of: dataSet) else { return nil }
    let network = Network(checkpoint.configuration.network, pool: pool)
    try checkpoint.restore(network)
    let count = min(source.split.count, dataSet.manifest.input == .pixels ? 6 : 3)
    (self.title, self.run, manifest) = (title, run, dataSet.manifest)
    samples = try reconstructor.restore(0..<count, by: network)
  }

  func markup() throws -> Markup {
    let items = try samples.map { sample -> Markup in
      switch sample.content {
      case .image(let image): try picture(image, sample.sample)
      case .tokens(let tokens): text(tokens, sample)
      }
    }
    let isImage = manifest.input == .pixels
    return .element(
      "figure",
      [:],
      .element(
        "figcaption",
        [:],
        .element("h3", [:], Markup(title)),
        .paragraph(
          .element("code", [:], Markup(run.name))
            + Markup(
              isImage
                ? ": original, masked, and restored"
                : ": masked elements underlined where restored, struck out where not, followed by what "
                  + "stood there"
            )
        )
      ),
      .element("div", ["class": isImage ? "strips" : "texts"], Markup(items))
    )
  }

  private func picture(_ image: Reconstruction.Image, _ sample: Int) throws -> Markup {
    let strip = image.strip
    let png = try encodePNG(
      strip.pixels,
      width: strip.width,
      height: image.height,
      channels: image.channels
    )
    let hidden = image.mask.reduce(0) { $0 + Int($1) }
    return .element(
      "img",
      [
        "src": "data:image/png;base64," + Data(png).base64EncodedString(),
        "width": "\(strip.width)",
        "height": "\(image.height)",
        "alt":
          "Sample \(sample): original, with \(hidden) of \(image.mask.count) pixels masked, and "
          + "restored",
      ]
    )
  }

  private func text(_ tokens: [Reconstruction.Token], _ sample: Reconstruction) -> Markup {
    let isSpaced = ["listops", "words"].contains(manifest.vocabulary?.tokenizer ?? "")
    let shown = tokens.prefix(Self.shownTokens).map { token -> Markup in
      guard let prediction = token.prediction else { return Markup(name(token.token)) }
      guard prediction != token.token else {
        return .element("ins", ["title": "masked, restored"], Markup(name(prediction)))
      }
      return .element("del", ["title": "predicted"], Markup(name(prediction)))
        + .element("mark", ["title": "masked"], Markup(name(token.token)))
    }
    let hits = sample.hits ?? (0, 0)
    return .element(
      "p",
      ["class": "tokens"],
      Markup(shown, separator: isSpaced ? " " : ""),
      tokens.count > Self.shownTokens ? " …" : "",
      .element("small", [:], " \(hits.count) of \(hits.of) restored")
    )
  }

  private func name(_ token: Int32) -> String {
    let tokens = manifest.vocabulary?.tokens ?? []
    guard tokens.indices.contains(Int(token)) else { return "<id \(token)>" }
    let name = tokens[Int(token)]
    return manifest.vocabulary?.tokenizer == "listops" && name == "X" ? "]" : name
  }
}
