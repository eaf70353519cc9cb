/// Sound and time series as lines over time, one plot below the other.
public struct LinePlot {
  /// One plot.
  public struct Panel: Sendable {
    /// Values, [positions, channels], row-major.
    public var values: [Float]
    /// How many values a position has, each a line of its own colour and its own scale.
    public var channels: Int
    /// One byte per position, 1 where masked; empty marks nothing.
    public var mask: [UInt8]
    /// Text above the plot.
    public var caption: String

    /// A plot.
    public init(values: [Float], channels: Int, mask: [UInt8], caption: String) {
      self.values = values
      self.channels = channels
      self.mask = mask
      self.caption = caption
    }
  }

  private static let gap = 12
  private static let plotHeight = 120
  private static let captionHeight = 16
  private static let maskColour = Colour(250, 205, 205)

  private let plotWidth: Int

  /// Plots of so many columns each.
  public init(width: Int = 960) { plotWidth = width }

  /// Draws the plots and encodes them as an RGB PNG; positions that are masked have a red ground.
  public func png(_ panels: [Panel]) throws -> [UInt8] {
    let step = Self.captionHeight + Self.plotHeight + Self.gap
    var canvas = Canvas(
      width: plotWidth + 2 * Self.gap,
      height: max(1, panels.count) * step + Self.gap
    )
    for (index, panel) in panels.enumerated() {
      let top = Self.gap + index * step
      let right = Self.gap + plotWidth
      canvas.write(panel.caption, left: Self.gap, top: top, right: right)
      draw(panel, top: top + Self.captionHeight, on: &canvas)
    }
    return try canvas.png()
  }

  private func draw(_ panel: Panel, top: Int, on canvas: inout Canvas) {
    let count = panel.values.count / max(1, panel.channels)
    precondition(panel.mask.isEmpty || panel.mask.count == count, "a mask of another length")
    let bottom = top + Self.plotHeight
    for column in 0..<plotWidth {
      let range = positions(of: column, count: count)
      if !panel.mask.isEmpty, panel.mask[range].contains(1) {
        canvas.fill(x: Self.gap + column..<Self.gap + column + 1, y: top..<bottom, Self.maskColour)
      }
    }
    for channel in 0..<panel.channels {
      let colour = Colour.series[channel % Colour.series.count]
      let values = (0..<count).map { panel.values[$0 * panel.channels + channel] }
      drawLine(values, top: top, colour, on: &canvas)
    }
    let frame = Self.gap..<Self.gap + plotWidth
    canvas.fill(x: frame, y: top..<top + 1, .black)
    canvas.fill(x: frame, y: bottom - 1..<bottom, .black)
  }

  /// Each column spans the least and the greatest value of its positions and touches the column
  /// before it; what is not finite is left out.
  private func drawLine(_ values: [Float], top: Int, _ colour: Colour, on canvas: inout Canvas) {
    let finite = values.lazy.filter(\.isFinite)
    guard let least = finite.min(), let greatest = finite.max() else { return }
    let span = Double(greatest) - Double(least)
    func row(_ value: Float) -> Int {
      let share = span > 0 ? (Double(value) - Double(least)) / span : 0.5
      return top + 3 + Int(((1 - share) * Double(Self.plotHeight - 7)).rounded())
    }
    var before: Int?
    for column in 0..<plotWidth {
      let rows = values[positions(of: column, count: values.count)].filter(\.isFinite).map(row)
      guard let last = rows.last, var high = rows.min(), var low = rows.max() else { continue }
      if let before { (high, low) = (min(high, before), max(low, before)) }
      canvas.fill(x: Self.gap + column..<Self.gap + column + 1, y: high..<low + 1, colour)
      before = last
    }
  }

  /// The positions that a column shows; the one before it where there are fewer than columns.
  private func positions(of column: Int, count: Int) -> Range<Int> {
    let start = min(column * count / plotWidth, count)
    return start..<min(max(start + 1, (column + 1) * count / plotWidth), count)
  }
}
