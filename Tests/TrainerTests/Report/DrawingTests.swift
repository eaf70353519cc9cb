import Testing

@testable import Trainer

@Suite struct DrawingTests {
  @Test func `text is escaped wherever it stands`() {
    let hostile = "<script>\"&'\u{1B}\u{0}é"
    let safe = "&lt;script&gt;&quot;&amp;&#39;\u{FFFD}\u{FFFD}é"
    #expect(Markup(hostile).source == safe)
    #expect(("a \(hostile)" as Markup).source == "a " + safe)
    let element = Markup.element("p", ["title": hostile, "id": nil], "x", .element("br", [:]))
    #expect(element.source == "<p title=\"\(safe)\">x<br></p>")
    #expect(Markup(["a", "<"], separator: .element("br", [:])).source == "a<br>&lt;")
  }

  @Test func `numbers are written as people read them`() {
    #expect(NumberText.fixed(1234.56, 1) == "1,234.6")
    #expect(NumberText.fixed(-0.04, 1) == "0.0")
    #expect(NumberText.fixed(-0.06, 1) == "−0.1")
    #expect(NumberText.fixed(.nan, 1) == "–")
    #expect(NumberText.signed(2.34, 1) == "+2.3")
    #expect(NumberText.signed(0.001, 1) == "0.0")
    #expect(NumberText.short(2.5e7) == "2.5e7" && NumberText.short(0.05) == "0.05")
    #expect(NumberText.short(2e-4) == "2e−4")
    #expect(NumberText.axis(20_000) == "20k" && NumberText.axis(1000) == "1,000")
    #expect(NumberText.axis(5e9) == "5G" && NumberText.axis(2e12) == "2T")
    #expect(NumberText.time(5) == "5.0 s" && NumberText.time(3725) == "1 h 02 min")
    #expect(NumberText.chance(0.0004) == "p\u{A0}<\u{A0}0.001")
    #expect(NumberText.chance(0.74) == "p\u{A0}=\u{A0}0.74")
    #expect(NumberText.list(["a", "b", "c"]) == "a, b and c")
  }

  @Test(arguments: [(0.0, 119.0), (-3.0, 4.0), (0.131, 0.137), (5.0, 5.0), (0, 0), (1e-9, 3e-9)])
  func `linear axes have a few round numbers around the values`(least: Double, greatest: Double) {
    let axis = Axis("x", over: [least, .nan, greatest])
    #expect(axis.range.lowerBound <= least && axis.range.upperBound >= greatest)
    #expect((2...8).contains(axis.ticks.count))
    #expect(axis.position(of: axis.range.lowerBound) == 0)
    #expect(axis.position(of: axis.range.upperBound) == 1)
    #expect(axis.position(of: axis.range.upperBound + 1) == 1)
    #expect(Set(axis.ticks.map(\.text)).count == axis.ticks.count)
  }

  @Test func `logarithmic axes name powers of ten, or what they are told`() {
    let axis = Axis("x", over: [0, 1, 1e6], spread: .logarithmic)
    #expect(axis.ticks.map(\.text).contains("1") && axis.ticks.map(\.text).contains("1M"))
    let halfway = axis.position(of: 1000)
    #expect(abs(halfway - 0.5) < 1e-9)
    let named = Axis("x", over: [0.1, 1], spread: .logarithmic, named: [0.1, 1]) { "\($0)" }
    #expect(named.ticks.map(\.text) == ["0.1", "1.0"])
  }

  @Test func `a chart has a text for those who do not see it`() {
    let chart = Chart(
      title: "S4 <1>",
      context: "listops",
      summary: "It rises.",
      x: Axis("steps", over: [0, 10]),
      y: Axis("accuracy, %", over: [0, 40]),
      series: [
        Series(
          label: "masked",
          hue: .masked,
          form: .line,
          points: [.init(x: 0, y: 8, spread: 5...15), .init(x: 10, y: .nan), .init(x: 10, y: 40)]
        )
      ]
    )
    let source = chart.markup().source
    #expect(source.contains("role=\"img\""))
    #expect(source.contains("<title>listops: S4 &lt;1&gt;</title><desc>It rises.</desc>"))
    #expect(source.contains("class=\"band\"") && source.contains(">masked</text>"))
    // From a fifth of the height at the left to the top right corner.
    #expect(source.contains("d=\"M46 163.2L266 40\""))
  }

  @Test func `a curve in characters goes from corner to corner`() {
    let plot = BraillePlot(columns: 8, rows: 2)
    let lines = plot.lines([(0, 1), (50, 3)]) { "\($0)" }
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("3.0 ┤⠀") && lines[0].hasSuffix("⠉"))
    #expect(lines[1].hasPrefix("1.0 ┤⣀") && lines[1].hasSuffix("⠀"))
    #expect(lines[2] == "     0     50")
    #expect(plot.lines([(3, 1), (3, 2)]) { "\($0)" }.isEmpty)
    #expect(plot.lines([]) { "\($0)" }.isEmpty)
    #expect(plot.lines([(0, 1), (9, 1)]) { "\($0)" }.count == 3)
  }
}
