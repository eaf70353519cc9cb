/// A study, or some runs, as one page of HTML that needs nothing else: no network, no scripts.
///
/// Equal folders give equal bytes.
public struct Report {
  private let content: ReportContent
  private let pool: WorkerPool

  /// Reads a study or runs.
  ///
  /// - Parameters:
  ///   - places: the folder of one study, or the folders of runs.
  ///   - version: the version of the program; that of a study is its own.
  ///   - pool: the threads to compute kernels and reconstructions with.
  /// - Throws: ``RunError`` when a folder is neither, or damaged.
  public init(of places: [String], version: String, pool: WorkerPool) throws {
    content = try ReportContent(reading: places, version: version)
    self.pool = pool
  }

  /// How many runs are told of.
  public var runCount: Int { content.runs.count }

  /// The page.
  public func html() -> String {
    let (sections, notes) = sections()
    let head = Markup.element(
      "head",
      [:],
      .element("meta", ["charset": "utf-8"]),
      .element("meta", ["name": "viewport", "content": "width=device-width,initial-scale=1"]),
      .element("title", [:], Markup(content.result.title)),
      .element("style", [:], Markup(trusted: PageStyle.page))
    )
    let body = Markup.element(
      "body",
      [:],
      Overview(content).markup(),
      Self.contents(sections),
      .element("main", [:], Markup(sections.map { $0.markup() }), RunTable.notes(notes)),
      .element(
        "footer",
        [:],
        "Written by lra-train report. Every number comes from the run folders."
      )
    )
    return "<!DOCTYPE html>\n"
      + Markup.element("html", ["lang": "en"], head, "\n", body).source + "\n"
  }

  /// Links to the sections.
  private static func contents(_ sections: [Section]) -> Markup {
    .element(
      "nav",
      ["aria-label": "Contents"],
      .element(
        "ul",
        [:],
        Markup(
          sections.map {
            .element("li", [:], .element("a", ["href": "#\($0.id)"], Markup($0.title)))
          }
        )
      )
    )
  }

  /// The sections that there are data for, and why others are missing.
  private func sections() -> ([Section], notes: [String]) {
    var notes: [String] = []
    let sections = [
      Section.comparison(content), .curves(content), .fractions(content), .shares(content),
      .compute(content), .kernels(content, pool, &notes),
      .reconstructions(content, pool, &notes), .budget(content), .data(content), .runs(content),
      .configurations(content),
    ]
    return (sections.compactMap { $0 }, notes)
  }
}
