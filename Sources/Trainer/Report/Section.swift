/// A part of the page under a heading of its own.
struct Section {
  /// The name in links.
  let id: String
  /// The heading.
  let title: String
  /// What stands under it.
  let body: Markup

  /// A section of some parts.
  init(_ id: String, _ title: String, _ parts: Markup...) {
    self.id = id
    self.title = title
    body = Markup(parts)
  }

  /// The section with its heading.
  func markup() -> Markup {
    .element(
      "section",
      ["id": id, "aria-labelledby": "h-\(id)"],
      .element("h2", ["id": "h-\(id)"], Markup(title)),
      body
    )
  }
}

extension Markup {
  /// A paragraph.
  static func paragraph(_ text: Markup, class name: String? = nil) -> Markup {
    .element("p", ["class": name], text)
  }

  /// A table that scrolls inside its own box where the page is too narrow for it.
  static func table(_ name: String, caption: Markup, _ content: Markup...) -> Markup {
    .element(
      "div",
      ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": name],
      .element(
        "table",
        [:],
        .element("caption", [:], caption),
        Markup(content)
      )
    )
  }

  /// A row of headings for columns.
  static func headings(_ names: [(text: String, isNumber: Bool)]) -> Markup {
    .element(
      "thead",
      [:],
      .element(
        "tr",
        [:],
        Markup(
          names.map {
            .element("th", ["scope": "col", "class": $0.isNumber ? "n" : nil], Markup($0.text))
          }
        )
      )
    )
  }

  /// A cell of text.
  static func cell(_ content: Markup) -> Markup { .element("td", [:], content) }

  /// A cell of a number.
  static func number(_ content: Markup) -> Markup { .element("td", ["class": "n"], content) }

  /// Pictures side by side, as many as have room, with a line under a heading.
  static func figures(
    _ title: String,
    _ note: Markup = "",
    _ pictures: [Markup],
    grid: String = "grid-of"
  ) -> Markup {
    .element(
      "figure",
      [:],
      .element("figcaption", [:], .element("h3", [:], Markup(title)), note),
      .element("div", ["class": grid], Markup(pictures))
    )
  }

  /// What the colours stand for.
  static func legend(_ entries: [(hue: Palette.Hue, text: String)]) -> Markup {
    .element(
      "ul",
      ["class": "legend"],
      Markup(
        entries.map {
          .element("li", ["class": $0.hue.rawValue], .element("i", [:]), Markup($0.text))
        }
      )
    )
  }
}
