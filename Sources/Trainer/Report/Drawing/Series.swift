/// What one colour of a chart shows.
struct Series {
  /// A value and how far it spreads.
  struct Point {
    var x: Double
    var y: Double
    /// The least and the greatest value there; nil for a single one.
    var spread: ClosedRange<Double>?
  }

  /// How points are shown.
  enum Form {
    /// A line through them, with the spread as a band.
    case line
    /// A mark at each, with the spread as a bar, and a line through them.
    case marks
    /// A mark at each, with the spread as a bar.
    case dots
  }

  /// The name beside the last point; empty for none.
  var label: String
  /// The colour, one of ``Palette``.
  var hue: Palette.Hue
  /// Whether lines are broken.
  var isDashed = false
  /// How points are shown.
  var form: Form
  /// In the order of x.
  var points: [Point]

  /// All values that have to be seen.
  var heights: [Double] {
    points.flatMap { [$0.y] + ($0.spread.map { [$0.lowerBound, $0.upperBound] } ?? []) }
  }
}

/// The colours of charts: names of CSS variables, whose values fit light and dark pages.
enum Palette {
  /// What a colour stands for.
  enum Hue: String, CaseIterable {
    /// Training from scratch, or the initial state.
    case scratch
    /// Masked pretraining, or the trained state.
    case masked
    /// Causal pretraining.
    case causal
    /// Where nothing is compared.
    case plain

    init(_ start: Study.Start) {
      self =
        switch start {
        case .scratch: .scratch
        case .masked: .masked
        case .causal: .causal
        }
    }

    /// For light pages; told apart by people who see few colours, and by their lightness.
    var light: String {
      switch self {
      case .scratch: "#b8590a"
      case .masked: "#1a5fb4"
      case .causal: "#0f7b62"
      case .plain: "#5b4b8a"
      }
    }

    /// For dark pages.
    var dark: String {
      switch self {
      case .scratch: "#f0a058"
      case .masked: "#7cb4f7"
      case .causal: "#5fd0ae"
      case .plain: "#b9a7ec"
      }
    }
  }

  /// The variables of one colour scheme.
  static func variables(isDark: Bool) -> String {
    Hue.allCases.map { "--\($0.rawValue):\(isDark ? $0.dark : $0.light)" }.joined(separator: ";")
  }

  /// What gives the parts of charts their colours; the same in a page and in a file of its own.
  static let rules: String = {
    let hues = Hue.allCases.map { ".\($0.rawValue){--hue:var(--\($0.rawValue))}" }.joined()
    return hues + """
      svg text{font-family:inherit;font-size:11px;fill:var(--quiet)}
      svg .title{font-size:12px;font-weight:600;fill:var(--ink)}
      svg .grid{stroke:var(--line);stroke-width:1}svg .base{stroke:var(--quiet);stroke-width:1}
      svg .curve{fill:none;stroke:var(--hue);stroke-width:1.8;stroke-linejoin:round}
      svg .dashed{stroke-dasharray:5 3}
      svg .band{fill:var(--hue);opacity:.16;stroke:none}
      svg .bar{stroke:var(--hue);stroke-width:1.2;fill:none}
      svg .mark{fill:var(--hue);stroke:var(--paper);stroke-width:1}
      svg .label{fill:var(--hue);font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:3px}
      svg .pair{stroke:var(--quiet);stroke-width:1;stroke-dasharray:2 3;fill:none}
      """
  }()
}
