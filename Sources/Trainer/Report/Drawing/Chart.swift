/// A picture of values over other values, as SVG.
struct Chart {
  /// What is in the picture, a few words; written above it.
  var title: String
  /// What stands before the title for those who do not see the page around the picture.
  var context = ""
  /// What the picture says, in a sentence, for those who do not see it.
  var summary: String
  /// The axis along the bottom.
  var x: Axis
  /// The axis at the left.
  var y: Axis
  /// What is drawn, the first below the others.
  var series: [Series]
  /// Pairs of places that belong together, joined by a quiet line.
  var pairs: [[(x: Double, y: Double)]] = []
  /// The picture's size in units of the font's 11.
  var size = (width: 340.0, height: 232.0)
  /// Room at the right for names beside the last points.
  var labelRoom = 74.0

  private var left: Double { 46 }
  private var right: Double { size.width - labelRoom }
  private var top: Double { 40 }
  private var bottom: Double { size.height - 38 }

  /// The picture as an `svg` element that is as wide as its place allows.
  func markup() -> Markup {
    .element(
      "svg",
      [
        "viewBox": "0 0 \(Self.text(size.width)) \(Self.text(size.height))", "role": "img",
        "class": "chart",
      ],
      .element("title", [:], Markup(context.isEmpty ? title : "\(context): \(title)")),
      .element("desc", [:], Markup(summary)),
      drawing()
    )
  }

  /// The picture without the element around it, for a picture of several.
  func drawing() -> Markup {
    let title = Markup.element(
      "text",
      ["class": "title", "x": "0", "y": "12"],
      Markup(title)
    )
    return title + axes() + Markup(pairs.map(path)) + Markup(series.map(shape)) + labels()
  }

  private func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    (
      left + self.x.position(of: x) * (right - left),
      bottom - self.y.position(of: y) * (bottom - top)
    )
  }

  // MARK: Axes

  private func axes() -> Markup {
    var parts: [Markup] = []
    for tick in y.ticks {
      let height = place(x.range.lowerBound, tick.value).y
      parts.append(line("grid", (left, height), (right, height)))
      parts.append(text(tick.text, left - 6, height + 3.5, anchor: "end"))
    }
    parts.append(line("base", (left, bottom), (right, bottom)))
    // Names that would run into the one to their right are left out.
    var free = Double.infinity
    for tick in x.ticks.sorted(by: { $0.value > $1.value }) {
      let position = place(tick.value, y.range.lowerBound).x
      parts.append(line("base", (position, bottom), (position, bottom + 4)))
      let half = 3.3 * Double(tick.text.count)
      guard position + half + 4 < free else { continue }
      parts.append(text(tick.text, position, bottom + 16, anchor: "middle"))
      free = position - half
    }
    parts.append(text(x.label, (left + right) / 2, bottom + 32, anchor: "middle"))
    parts.append(text(y.label, 0, 27, anchor: "start"))
    return Markup(parts)
  }

  private func line(
    _ name: String,
    _ from: (Double, Double),
    _ to: (Double, Double)
  ) -> Markup {
    .element(
      "line",
      [
        "class": name, "x1": Self.text(from.0), "y1": Self.text(from.1), "x2": Self.text(to.0),
        "y2": Self.text(to.1),
      ]
    )
  }

  private func text(_ text: String, _ x: Double, _ y: Double, anchor: String) -> Markup {
    .element(
      "text",
      ["x": Self.text(x), "y": Self.text(y), "text-anchor": anchor],
      Markup(text)
    )
  }

  // MARK: Series

  private func shape(_ series: Series) -> Markup {
    let points = series.points.filter { $0.y.isFinite }
    var parts: [Markup] = []
    if series.form == .line, points.contains(where: { $0.spread != nil }) {
      parts.append(band(points))
    }
    if series.form != .dots, points.count > 1 {
      parts.append(
        .element(
          "path",
          [
            "class": "curve" + (series.isDashed ? " dashed" : ""),
            "d": Self.path(points.map { place($0.x, $0.y) }),
          ]
        )
      )
    }
    if series.form != .line || points.count == 1 {
      parts += points.flatMap { marks($0, series.hue) }
    }
    return .element("g", ["class": series.hue.rawValue], Markup(parts))
  }

  private func band(_ points: [Series.Point]) -> Markup {
    let upper = points.map { place($0.x, $0.spread?.upperBound ?? $0.y) }
    let lower = points.reversed().map { place($0.x, $0.spread?.lowerBound ?? $0.y) }
    return .element("path", ["class": "band", "d": Self.path(upper + lower) + "Z"])
  }

  private func marks(_ point: Series.Point, _ hue: Palette.Hue) -> [Markup] {
    let (x, y) = place(point.x, point.y)
    var parts: [Markup] = []
    if let spread = point.spread {
      let (high, low) = (
        place(point.x, spread.upperBound).y, place(point.x, spread.lowerBound).y
      )
      let bar =
        Self.path([(x, high), (x, low)]) + Self.path([(x - 3, high), (x + 3, high)])
        + Self.path([(x - 3, low), (x + 3, low)])
      parts.append(.element("path", ["class": "bar", "d": bar]))
    }
    parts.append(mark(hue, x, y))
    return parts
  }

  /// A shape for each colour, so that colour is not all that tells them apart.
  private func mark(_ hue: Palette.Hue, _ x: Double, _ y: Double) -> Markup {
    let corners: [(Double, Double)]
    switch hue {
    case .scratch: corners = [(-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)]
    case .causal: corners = [(0, -4.8), (4.4, 3.4), (-4.4, 3.4)]
    case .masked, .plain:
      return .element(
        "circle",
        ["class": "mark", "cx": Self.text(x), "cy": Self.text(y), "r": "4.2"]
      )
    }
    return .element(
      "path",
      ["class": "mark", "d": Self.path(corners.map { (x + $0.0, y + $0.1) }) + "Z"]
    )
  }

  private func path(_ pair: [(x: Double, y: Double)]) -> Markup {
    .element("path", ["class": "pair", "d": Self.path(pair.map { place($0.x, $0.y) })])
  }

  // MARK: Names

  /// The names beside the last points, moved apart where they would overlap.
  private func labels() -> Markup {
    var named: [(series: Series, x: Double, y: Double)] = series.compactMap { series in
      guard !series.label.isEmpty, let last = series.points.last(where: { $0.y.isFinite }) else {
        return nil
      }
      let (x, y) = place(last.x, last.y)
      return (series, x, y)
    }
    named.sort { ($0.y, $0.series.label) < ($1.y, $1.series.label) }
    let distance = 14.0
    for index in named.indices.dropFirst() {
      named[index].y = max(named[index].y, named[index - 1].y + distance)
    }
    var limit = bottom + 2
    for index in named.indices.reversed() {
      named[index].y = min(named[index].y, limit)
      limit = named[index].y - distance
    }
    return Markup(
      named.map { name in
        let isDot = name.series.form == .dots
        // The name of a dot in the right half stands at its left, where there is room.
        let isLeft = isDot && name.x > (left + right) / 2
        let x = isDot ? name.x + (isLeft ? -8 : 8) : right + 6
        return .element(
          "text",
          [
            "class": "label \(name.series.hue.rawValue)", "x": Self.text(x),
            "y": Self.text(name.y + 3.5), "text-anchor": isLeft ? "end" : nil,
          ],
          Markup(name.series.label)
        )
      }
    )
  }

  // MARK: Text of drawings

  private static func path(_ points: [(x: Double, y: Double)]) -> String {
    points.enumerated().map { index, point in
      (index == 0 ? "M" : "L") + text(point.x) + " " + text(point.y)
    }.joined()
  }

  /// A coordinate to a tenth of a unit.
  static func text(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let rest = tenths.magnitude % 10
    return sign + "\(tenths.magnitude / 10)" + (rest == 0 ? "" : ".\(rest)")
  }
}
