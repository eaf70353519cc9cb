internal import RealModule

/// Kernels as small charts: a panel for each layer and direction.
public struct KernelDrawing {
  private let comparison: KernelComparison
  private let name: String
  private let referenceName: String

  /// A drawing of a comparison whose sides are called `name` and `referenceName`.
  public init(
    _ comparison: KernelComparison,
    name: String = "trained",
    referenceName: String = "initial"
  ) {
    self.comparison = comparison
    self.name = name
    self.referenceName = referenceName
  }

  /// A picture of all panels, as an SVG file that is read in light and dark.
  public func svg(title: String) -> String {
    let charts = charts()
    let columns = charts.contains { $0.direction == .after } ? 2 : min(3, charts.count)
    let rows = (charts.count + columns - 1) / columns
    let (width, height) = (Self.size.width + 12, Self.size.height + 12)
    let panels = charts.enumerated().map { index, chart in
      let place = (x: Double(index % columns) * width, y: Double(index / columns) * height + 24)
      return Markup.element(
        "g",
        ["transform": "translate(\(Chart.text(place.x)) \(Chart.text(place.y)))"],
        chart.chart.drawing()
      )
    }
    let (fullWidth, fullHeight) = (Double(columns) * width, Double(rows) * height + 24)
    let picture = Markup.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "role": "img",
        "viewBox": "-8 -8 \(Chart.text(fullWidth + 16)) \(Chart.text(fullHeight + 16))",
        "width": Chart.text(fullWidth + 16), "height": Chart.text(fullHeight + 16),
      ],
      .element("title", [:], Markup(title)),
      .element("desc", [:], Markup(charts.map(\.chart.summary).joined(separator: " "))),
      .element("style", [:], Markup(trusted: PageStyle.picture)),
      .element(
        "rect",
        [
          "class": "page", "x": "-8", "y": "-8", "width": Chart.text(fullWidth + 16),
          "height": Chart.text(fullHeight + 16),
        ]
      ),
      .element("text", ["class": "title", "x": "0", "y": "8"], Markup(title)),
      Markup(panels)
    )
    return picture.source + "\n"
  }

  /// The panels for a page, in rows of whole layers.
  func panels(of context: String) -> [Markup] {
    charts().map { panel in
      var chart = panel.chart
      chart.context = context
      return chart.markup()
    }
  }

  private static let size = (width: 290.0, height: 190.0)

  private func charts() -> [(direction: KernelMagnitude.Direction, chart: Chart)] {
    let sides = zip(comparison.trained, comparison.reference).map { trained, reference in
      (trained, Self.points(trained), Self.points(reference))
    }
    // Below a millionth of the largest value there is nothing but rounding.
    let greatest = sides.flatMap { $0.1 + $0.2 }.map(\.y).max() ?? 1
    let floor = max(greatest * 1e-6, .leastNormalMagnitude)
    let y = Axis(
      "max |K|",
      over: sides.flatMap { $0.1 + $0.2 }.map { max($0.y, floor) },
      spread: .logarithmic
    )
    return sides.map { trained, after, before in
      let chart = Chart(
        title: "layer \(trained.layer + 1), "
          + (trained.direction == .before ? "positions before" : "positions after"),
        summary: summary(trained, after, before),
        x: Axis(
          trained.firstShift == 0 ? "position in the kernel, 1 = here" : "positions ahead",
          over: after.map(\.x),
          spread: .logarithmic
        ),
        y: y,
        series: [
          Series(label: referenceName, hue: .scratch, isDashed: true, form: .line, points: before),
          Series(label: name, hue: .masked, form: .line, points: after),
        ],
        size: Self.size,
        labelRoom: 70
      )
      return (trained.direction, chart)
    }
  }

  /// The greatest value of each of about 60 ranges of distances, equally wide by their logarithm.
  private static func points(_ kernel: KernelMagnitude) -> [Series.Point] {
    let count = kernel.values.count
    let ratio = Double.pow(Double(max(count, 2)), 1.0 / 60)
    var points: [Series.Point] = []
    var first = 0
    while first < count {
      let end = min(count, max(first + 1, Int((Double(first + 1) * ratio).rounded()) - 1))
      let value = kernel.values[first..<end].max() ?? 0
      points.append(Series.Point(x: Double(first + 1), y: Double(value)))
      first = end
    }
    return points
  }

  private func summary(
    _ kernel: KernelMagnitude,
    _ after: [Series.Point],
    _ before: [Series.Point]
  ) -> String {
    func ends(_ points: [Series.Point]) -> String {
      [points.first, points.last].compactMap { $0 }.map { NumberText.short($0.y) }
        .joined(separator: " to ")
    }
    return "Layer \(kernel.layer + 1): from the nearest to the farthest position, \(name) "
      + "\(ends(after)), \(referenceName) \(ends(before))."
  }
}
