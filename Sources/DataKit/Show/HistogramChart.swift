/// Bar charts in rows and columns, as an image.
public struct HistogramChart {
  /// One bar chart.
  public struct Panel: Sendable {
    /// What is counted, above the chart.
    public var title: String
    /// The height of each bar.
    public var counts: [Int]
    /// What the first bar stands for.
    public var first: String
    /// What the last bar stands for.
    public var last: String

    /// A chart.
    public init(title: String, counts: [Int], first: String, last: String) {
      self.title = title
      self.counts = counts
      self.first = first
      self.last = last
    }
  }

  private static let panelWidth = 480
  private static let barsHeight = 140
  private static let textHeight = 18
  private static let gap = 16

  private let rows: [[Panel]]

  /// A picture of rows of charts.
  public init(_ rows: [[Panel]]) { self.rows = rows }

  /// Draws the charts, each as high as its highest bar, and encodes them as an RGB PNG.
  public func png() throws -> [UInt8] {
    let columns = max(1, rows.map(\.count).max() ?? 0)
    let panelHeight = Self.barsHeight + 2 * Self.textHeight
    var canvas = Canvas(
      width: columns * (Self.panelWidth + Self.gap) + Self.gap,
      height: max(1, rows.count) * (panelHeight + Self.gap) + Self.gap
    )
    for (row, panels) in rows.enumerated() {
      for (column, panel) in panels.enumerated() {
        draw(
          panel,
          left: Self.gap + column * (Self.panelWidth + Self.gap),
          top: Self.gap + row * (panelHeight + Self.gap),
          on: &canvas
        )
      }
    }
    return try canvas.png()
  }

  private func draw(_ panel: Panel, left: Int, top: Int, on canvas: inout Canvas) {
    let right = left + Self.panelWidth
    let base = top + Self.textHeight + Self.barsHeight
    canvas.write(panel.title, left: left, top: top, right: right)
    canvas.fill(x: left..<right, y: base..<base + 1, .black)
    canvas.write(panel.first, left: left, top: base + 6, right: right)
    let lastWidth = Canvas.width(of: panel.last)
    canvas.write(panel.last, left: max(left, right - lastWidth), top: base + 6, right: right)
    guard let highest = panel.counts.max(), highest > 0 else { return }
    let peak = "highest bar: \(highest)"
    canvas.write(peak, left: right - Canvas.width(of: peak), top: top, right: right)
    for (bar, count) in panel.counts.enumerated() where count > 0 {
      let start = left + bar * Self.panelWidth / panel.counts.count
      let end = left + (bar + 1) * Self.panelWidth / panel.counts.count
      // A bar of few is still seen; wide bars stand apart.
      let share = Double(count) / Double(highest)
      let height = max(1, Int((share * Double(Self.barsHeight - 4)).rounded()))
      let space = end - start > 3 ? 1 : 0
      canvas.fill(x: start..<max(start + 1, end - space), y: base - height..<base, .blue)
    }
  }
}
